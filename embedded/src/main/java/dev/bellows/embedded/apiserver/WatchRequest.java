package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.store.Change;
import dev.bellows.embedded.store.Entry;
import dev.bellows.embedded.store.Feed;
import dev.bellows.embedded.store.Snapshot;
import dev.bellows.embedded.store.StoreException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Answers watches. The watch's own thread follows the store's history and writes to the client; a
 * client that takes too little is cut off, or falls behind the history and is told 410.
 */
final class WatchRequest {
  private static final Duration BOOKMARK_EVERY = Duration.ofSeconds(60);
  private static final long MIN_TIMEOUT_SECONDS = 1800;
  private static final String INITIAL_EVENTS_END = "k8s.io/initial-events-end";

  private final Resource resource;
  private final @Nullable String namespace;
  private final ApiRequest request;
  private final Views views;
  private final Predicate<JsonNode> selected;
  private final boolean selecting;
  private final boolean bookmarks;
  private boolean first = true;

  WatchRequest(Resource resource, @Nullable String namespace, ApiRequest request, Views views) {
    this.resource = resource;
    this.namespace = namespace;
    this.request = request;
    this.views = views;
    this.selecting =
        !request.parameter("labelSelector").isEmpty()
            || !request.parameter("fieldSelector").isEmpty();
    this.selected = ListRequest.selector(resource, request);
    this.bookmarks = request.flag("allowWatchBookmarks");
  }

  void answer(Registry registry) {
    String since = request.parameter("resourceVersion");
    boolean initial = request.flag("sendInitialEvents");
    if (initial
        && (!bookmarks || !request.parameter("resourceVersionMatch").equals("NotOlderThan"))) {
      throw ApiException.invalidOptions(
          "ListOptions",
          List.of(
              Cause.forbidden(
                  "resourceVersionMatch",
                  "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")));
    }
    if (!since.isEmpty() && !ListRequest.isVersion(since)) {
      throw ApiException.of(500, "", ListRequest.notAVersion(since));
    }
    boolean fromState =
        request.parameter("sendInitialEvents").isEmpty()
            ? since.isEmpty() || since.equals("0")
            : initial;
    Snapshot state =
        fromState || since.isEmpty() || since.equals("0")
            ? registry.store().list(resource.type().resource(), namespace)
            : new Snapshot(Long.parseLong(since), List.of());
    Feed feed;
    try {
      feed = registry.follow(resource.type(), state.revision());
    } catch (ApiException gone) {
      try (Answer.Stream stream = request.answer().stream(contentType())) {
        error(stream, gone);
      } catch (Answer.ClientGone e) {
        return; // it will find out by itself
      }
      return;
    }
    try (feed;
        Answer.Stream stream = request.answer().stream(contentType())) {
      stream.onClose(feed::close);
      if (fromState) {
        for (Entry entry : state.entries()) {
          ObjectNode object = Json.read(entry.value());
          if (selected.test(object)) {
            event(stream, "ADDED", object);
          }
        }
      }
      if (initial) {
        bookmark(stream, state.revision(), true);
      }
      follow(feed, stream);
    } catch (Answer.ClientGone e) {
      return; // nobody is left to be told
    }
  }

  private static String contentType() {
    return "application/json";
  }

  private void follow(Feed feed, Answer.Stream stream) throws Answer.ClientGone {
    // As kube-apiserver: spread, so that clients do not all come back at once.
    long seconds =
        request
            .number("timeoutSeconds")
            .orElse(
                MIN_TIMEOUT_SECONDS + ThreadLocalRandom.current().nextLong(MIN_TIMEOUT_SECONDS));
    long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    try {
      while (!stream.isClosed()) {
        long left = end - System.nanoTime();
        if (left <= 0) {
          return;
        }
        List<Change> changes =
            feed.next(Duration.ofNanos(Math.min(left, BOOKMARK_EVERY.toNanos())));
        for (Change change : changes) {
          String of = change.entry().key().namespace();
          if (namespace == null || namespace.equals(of)) {
            tell(stream, change);
          }
        }
        if (changes.isEmpty() && bookmarks && !feed.isClosed()) {
          bookmark(stream, feed.revision(), false);
        }
      }
    } catch (StoreException.Gone e) {
      error(stream, ApiException.expired(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void tell(Answer.Stream stream, Change change) throws Answer.ClientGone {
    Entry entry = change.entry();
    if (!selecting) {
      if (views.isPlain()) {
        plain(stream, Registry.type(change).name(), entry.value());
      } else {
        event(stream, Registry.type(change).name(), Json.read(entry.value()));
      }
      return;
    }
    ObjectNode object = Json.read(entry.value());
    boolean is = !(change instanceof Change.Removed) && selected.test(object);
    boolean was =
        change.before().map(before -> selected.test(Json.read(before.value()))).orElse(false);
    if (is) {
      String type = was ? "MODIFIED" : "ADDED";
      if (views.isPlain()) {
        plain(stream, type, entry.value());
      } else {
        event(stream, type, object);
      }
    } else if (was) {
      // Its last state that was selected, at the version at which it ceased to be.
      ObjectNode last =
          change instanceof Change.Removed
              ? object
              : Json.read(change.before().orElseThrow().value());
      ObjectMeta.of(last).node().put("resourceVersion", Long.toString(entry.version()));
      event(stream, "DELETED", last);
    }
  }

  private static void plain(Answer.Stream stream, String type, byte[] object)
      throws Answer.ClientGone {
    byte[] head = ("{\"type\":\"" + type + "\",\"object\":").getBytes(StandardCharsets.US_ASCII);
    byte[] event = Arrays.copyOf(head, head.length + object.length + 2);
    System.arraycopy(object, 0, event, head.length, object.length);
    event[event.length - 2] = '}';
    event[event.length - 1] = '\n';
    stream.write(event);
  }

  private void event(Answer.Stream stream, String type, ObjectNode object)
      throws Answer.ClientGone {
    plain(stream, type, Json.bytes(views.event(object, first)));
    first = false;
  }

  private void bookmark(Answer.Stream stream, long revision, boolean initialEventsEnd)
      throws Answer.ClientGone {
    ObjectNode object = Json.object();
    object.put("kind", views.kind()).put("apiVersion", views.apiVersion());
    ObjectNode meta = object.putObject("metadata");
    meta.put("resourceVersion", Long.toString(revision)).putNull("creationTimestamp");
    if (initialEventsEnd) {
      meta.putObject("annotations").put(INITIAL_EVENTS_END, "true");
    }
    plain(stream, "BOOKMARK", Json.bytes(object));
  }

  private static void error(Answer.Stream stream, ApiException e) throws Answer.ClientGone {
    plain(stream, "ERROR", Json.bytes(e.status()));
  }
}
