package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.store.Entry;
import dev.bellows.embedded.store.Key;
import dev.bellows.embedded.store.ObjectStore;
import dev.bellows.embedded.store.Snapshot;
import dev.bellows.embedded.store.StoreException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Answers lists: selectors, pages, resourceVersion. A list takes its share of the memory for lists
 * before it is made, and gives it back when the client has taken it.
 */
final class ListRequest {
  /** Of all lists at once that are being made or sent. */
  static final int MAX_BYTES = 64 << 20;

  /** Of these, for others than the owner and Bellows' own parts. */
  static final int MAX_BYTES_OF_OTHERS = 24 << 20;

  /** What an object that is read takes, times its bytes. */
  private static final int READ = 6;

  /** How long a list waits for others to be sent. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Resource resource;
  private final @Nullable String namespace;
  private final ApiRequest request;
  private final Views views;
  private final Predicate<JsonNode> selected;
  private final boolean selecting;

  /** How the stored bytes of every object of the kind begin. */
  private final byte[] kind;

  ListRequest(Resource resource, @Nullable String namespace, ApiRequest request, Views views) {
    this.resource = resource;
    this.namespace = namespace;
    this.request = request;
    this.views = views;
    this.selecting =
        !request.parameter("labelSelector").isEmpty()
            || !request.parameter("fieldSelector").isEmpty();
    this.selected = selector(resource, request);
    this.kind = beginning(resource.type());
  }

  static Predicate<JsonNode> selector(Resource resource, ApiRequest request) {
    return Selectors.labels(request.parameter("labelSelector"))
        .and(Selectors.fields(resource, request.parameter("fieldSelector")));
  }

  /** Where a page begins, as the token for the client holds it. */
  private record Continue(long revision, Key after) {
    String token() {
      ObjectNode token = Json.object();
      token.put("v", "meta.k8s.io/v1").put("rv", revision);
      token.put("start", after.namespace() + "/" + after.name());
      return Base64.getUrlEncoder().withoutPadding().encodeToString(Json.bytes(token));
    }

    static Continue of(String token, String resource) {
      try {
        ObjectNode read = Json.read(Base64.getUrlDecoder().decode(token));
        String start = Json.text(read, "start");
        int slash = start.indexOf('/');
        return new Continue(
            read.path("rv").asLong(),
            new Key(resource, start.substring(0, slash), start.substring(slash + 1)));
      } catch (IllegalArgumentException | IllegalStateException | IndexOutOfBoundsException e) {
        throw ApiException.badRequest("continue key is not valid: " + e.getMessage());
      }
    }
  }

  /**
   * Answers.
   *
   * @param memory for all lists of a server
   */
  void answer(ObjectStore store, ByteBudget memory) {
    requireConsistent();
    // A list from the cache comes as a whole, as informers count on.
    long limit =
        request.parameter("resourceVersion").equals("0") ? 0 : request.number("limit").orElse(0);
    Snapshot snapshot = snapshot(store);
    List<Entry> entries = snapshot.entries();
    String token = request.parameter("continue");
    if (!token.isEmpty()) {
      Key after = Continue.of(token, resource.type().resource()).after();
      entries = entries.stream().filter(entry -> entry.key().compareTo(after) > 0).toList();
    }
    ObjectNode meta = Json.object();
    meta.put("resourceVersion", Long.toString(snapshot.revision()));
    if (views.isPlain() && !selecting) {
      List<Entry> page = page(entries, limit, snapshot.revision(), meta);
      try (ByteBudget.Share _ = memory.take(bytes(page), PATIENCE)) {
        request.answer().send(200, "application/json", plain(page, meta));
      }
      return;
    }
    try (ByteBudget.Share _ = memory.take(READ * bytes(entries), PATIENCE)) {
      answerRead(entries, limit, snapshot.revision(), meta);
    }
  }

  private static long bytes(List<Entry> entries) {
    long bytes = 0;
    for (Entry entry : entries) {
      bytes += entry.value().length + 1;
    }
    return bytes;
  }

  private void answerRead(List<Entry> entries, long limit, long revision, ObjectNode meta) {
    List<ObjectNode> objects = new ArrayList<>();
    List<Entry> chosen = new ArrayList<>();
    for (Entry entry : entries) {
      ObjectNode object = Json.read(entry.value());
      if (selected.test(object)) {
        chosen.add(entry);
        objects.add(object);
      }
    }
    int shown = page(chosen, limit, revision, meta).size();
    if (selecting) {
      meta.remove(
          "remainingItemCount"); // Kubernetes does not count what a selector has to look for
    }
    request.answer().json(200, views.list(objects.subList(0, shown), meta));
  }

  private void requireConsistent() {
    boolean version = !request.parameter("resourceVersion").isEmpty();
    boolean paging = !request.parameter("continue").isEmpty();
    if (!request.parameter("resourceVersionMatch").isEmpty() && !version) {
      throw ApiException.invalidOptions(
          "ListOptions",
          List.of(
              Cause.forbidden(
                  "resourceVersionMatch",
                  "resourceVersionMatch is forbidden unless resourceVersion is provided")));
    }
    if (paging && version && !request.parameter("resourceVersion").equals("0")) {
      throw ApiException.badRequest(
          "specifying resource version is not allowed when using continue");
    }
  }

  private static List<Entry> page(List<Entry> entries, long limit, long revision, ObjectNode meta) {
    if (limit <= 0 || entries.size() <= limit) {
      return entries;
    }
    List<Entry> page = entries.subList(0, (int) limit);
    meta.put("continue", new Continue(revision, page.getLast().key()).token());
    meta.put("remainingItemCount", entries.size() - limit);
    return page;
  }

  private Snapshot snapshot(ObjectStore store) {
    String token = request.parameter("continue");
    String wanted = request.parameter("resourceVersion");
    String match = request.parameter("resourceVersionMatch");
    String name = resource.type().resource();
    try {
      if (!token.isEmpty()) {
        return store.listAt(name, namespace, Continue.of(token, name).revision());
      }
      long version = wanted.isEmpty() ? 0 : version(wanted);
      if (version > store.revision()) {
        throw ApiException.of(
            504,
            "Timeout",
            "Too large resource version: " + version + ", current: " + store.revision());
      }
      boolean exact =
          match.equals("Exact")
              || (match.isEmpty() && version > 0 && request.number("limit").orElse(0) > 0);
      return exact ? store.listAt(name, namespace, version) : store.list(name, namespace);
    } catch (StoreException.Gone e) {
      throw ApiException.expired(
          token.isEmpty()
              ? e.getMessage()
              : "The provided continue parameter is too old to display a consistent list result."
                  + " You must start a new list without the continue parameter.");
    }
  }

  /**
   * Reads a resourceVersion.
   *
   * @throws ApiException 400 if it is none
   */
  private static long version(String text) {
    if (!isVersion(text)) {
      throw ApiException.badRequest("invalid resource version: " + notAVersion(text));
    }
    return Long.parseLong(text);
  }

  static boolean isVersion(String text) {
    return text.matches("[0-9]{1,18}");
  }

  static String notAVersion(String text) {
    return "resourceVersion: Invalid value: \""
        + text
        + "\": strconv.ParseUint: parsing \""
        + text
        + "\": invalid syntax";
  }

  private static byte[] beginning(ResourceType type) {
    return ("{\"kind\":\"" + type.kind() + "\",\"apiVersion\":\"" + type.apiVersion() + "\",")
        .getBytes(StandardCharsets.UTF_8);
  }

  /** An object of a built-in kind leaves its kind to the list's, as kube-apiserver's do. */
  private void item(byte[] value, ByteArrayOutputStream out) {
    int start = resource.isCustom() ? 0 : endOf(kind, value);
    if (start > 0) {
      out.write('{');
    }
    out.write(value, start, value.length - start);
  }

  /** Where a text goes on that begins as expected; 0 if it begins otherwise. */
  private static int endOf(byte[] expected, byte[] value) {
    boolean begins =
        value.length > expected.length
            && Arrays.equals(expected, 0, expected.length, value, 0, expected.length);
    return begins ? expected.length : 0;
  }

  /** The list's bytes made of the objects' bytes: nothing is read and written again. */
  private byte[] plain(List<Entry> entries, ObjectNode meta) {
    byte[] head =
        ("{\"kind\":\""
                + resource.listKind()
                + "\",\"apiVersion\":\""
                + resource.type().apiVersion()
                + "\",\"metadata\":"
                + meta
                + ",\"items\":[")
            .getBytes(StandardCharsets.UTF_8);
    // As long as it can become, so that it is never copied.
    ByteArrayOutputStream out =
        new ByteArrayOutputStream(Math.toIntExact(head.length + bytes(entries) + 3));
    out.writeBytes(head);
    for (int i = 0; i < entries.size(); i++) {
      if (i > 0) {
        out.write(',');
      }
      item(entries.get(i).value(), out);
    }
    out.writeBytes("]}\n".getBytes(StandardCharsets.UTF_8));
    return out.toByteArray();
  }
}
