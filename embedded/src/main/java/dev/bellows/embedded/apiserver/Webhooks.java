package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.store.Entry;
import dev.bellows.embedded.store.Key;
import dev.bellows.embedded.store.ObjectStore;
import java.io.IOException;
import java.io.Serial;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The webhooks of MutatingWebhookConfigurations and ValidatingWebhookConfigurations, as they are
 * stored at the moment. They are asked on the requester's time, while nothing is held that another
 * request would need: a webhook may well ask back.
 */
final class Webhooks {
  /** Questions under way; one more waits, as long as its webhook's limit allows. */
  static final int MAX_CALLS = 128;

  /** For all webhooks that one request meets, as kube-apiserver's limit on a request. */
  static final Duration MAX_TIME = Duration.ofSeconds(34);

  /** Of one warning that a webhook gives, in characters. */
  static final int MAX_WARNING = 256;

  /** Warnings of one answer that are passed on. */
  static final int MAX_WARNINGS = 16;

  private static final int DENIED = 400;
  private static final Set<ResourceType> EXEMPT =
      Set.of(
          ResourceTypes.MUTATING_WEBHOOK_CONFIGURATIONS,
          ResourceTypes.VALIDATING_WEBHOOK_CONFIGURATIONS);

  /** What only the server writes of an object: no webhook changes it. */
  private static final List<String> SERVERS =
      List.of(
          "name",
          "namespace",
          "uid",
          "resourceVersion",
          "creationTimestamp",
          "generation",
          "deletionTimestamp",
          "deletionGracePeriodSeconds");

  private final ObjectStore store;
  private final WebhookTargets targets;
  private final Rbac rbac;
  private final WebhookClient client = new WebhookClient();
  private final Semaphore calls = new Semaphore(MAX_CALLS, true);
  private volatile List<Webhook> mutating = List.of();
  private volatile List<Webhook> validating = List.of();

  Webhooks(ObjectStore store) {
    this.store = store;
    this.targets = new WebhookTargets(store);
    this.rbac = new Rbac(store);
    refresh();
  }

  /** A webhook could not be asked, or its answer is of no use. */
  private static final class CallException extends IOException {
    @Serial private static final long serialVersionUID = 1L;

    CallException(String message) {
      super(message);
    }

    CallException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** Time that is left of a request's. */
  private record Deadline(long nanoTime) {
    static Deadline now() {
      return new Deadline(System.nanoTime() + MAX_TIME.toNanos());
    }

    Duration of(Duration limit) {
      long left = Math.max(0, nanoTime - System.nanoTime());
      return Duration.ofNanos(Math.min(left, limit.toNanos()));
    }
  }

  /** Whether a kind is one whose writes must be noted here. */
  static boolean areConfiguredBy(ResourceType type) {
    return EXEMPT.contains(type);
  }

  /** Reads the configurations again; called after each write of one. */
  synchronized void refresh() {
    mutating = read(ResourceTypes.MUTATING_WEBHOOK_CONFIGURATIONS);
    validating = read(ResourceTypes.VALIDATING_WEBHOOK_CONFIGURATIONS);
  }

  private List<Webhook> read(ResourceType type) {
    List<Entry> entries = new ArrayList<>(store.list(type.resource(), null).entries());
    entries.sort(Comparator.comparing(entry -> entry.key().name()));
    List<Webhook> all = new ArrayList<>();
    entries.forEach(entry -> all.addAll(Webhook.all(Json.read(entry.value()))));
    return List.copyOf(all);
  }

  /** Whether there may be one that wants to hear of a kind. */
  boolean concern(ResourceType type) {
    return !(mutating.isEmpty() && validating.isEmpty()) && !EXEMPT.contains(type);
  }

  /**
   * Lets those that change objects do so, one after the other; those that want it see once more
   * what others have changed after them.
   *
   * @return the object as it is now; empty if nobody has changed it
   * @throws ApiException as a webhook refuses, or 500 if one could not be asked
   */
  Optional<JsonNode> mutate(WebhookRequest request) {
    Deadline deadline = Deadline.now();
    Optional<JsonNode> object = Optional.empty();
    Set<Integer> asked = new LinkedHashSet<>();
    Set<Integer> again = new LinkedHashSet<>();
    List<Webhook> all = mutating;
    for (int i = 0; i < all.size(); i++) {
      Optional<JsonNode> changed = mutate(all.get(i), request.with(object), deadline);
      if (changed.isPresent()) {
        object = changed;
        again.addAll(asked);
      }
      if (all.get(i).again()) {
        asked.add(i);
      }
    }
    for (int i : again) {
      Optional<JsonNode> changed = mutate(all.get(i), request.with(object), deadline);
      object = changed.isPresent() ? changed : object;
    }
    return object;
  }

  /** The object as a webhook has changed it; empty if it has not. */
  private Optional<JsonNode> mutate(Webhook webhook, WebhookRequest request, Deadline deadline) {
    Optional<String> version = wanted(webhook, request);
    if (version.isEmpty()) {
      return Optional.empty();
    }
    String in = version.get();
    try {
      JsonNode answer = ask(webhook, request, in, deadline);
      allow(webhook, request, answer);
      if (!answer.hasNonNull("patch")) {
        return Optional.empty();
      }
      if (!(request.shown(request.object(), in) instanceof ObjectNode shown)) {
        throw new CallException("a patch of nothing");
      }
      ObjectNode patched = patched(webhook, answer, shown);
      ObjectNode kept = keepServers(request.object(), request.stored(patched, in));
      return Json.same(request.object(), kept) ? Optional.empty() : Optional.of(kept);
    } catch (CallException e) {
      failed(webhook, e);
      return Optional.empty();
    }
  }

  private static ObjectNode patched(Webhook webhook, JsonNode answer, ObjectNode shown)
      throws CallException {
    boolean known = answer.path("patchType").asText().equals("JSONPatch");
    if (!known && webhook.version().equals("v1")) {
      throw new CallException("webhook returned response.patch but not response.patchType");
    }
    try {
      JsonNode operations = Json.parse(answer.path("patch").binaryValue());
      if (operations instanceof ArrayNode list) {
        return JsonPatch.apply(list, shown);
      }
      throw new CallException("a JSON patch is a list of operations");
    } catch (CallException e) {
      throw e;
    } catch (ApiException | IOException e) {
      throw ApiException.internal(String.valueOf(e.getMessage()));
    }
  }

  private static ObjectNode keepServers(JsonNode before, ObjectNode after) {
    ObjectNode meta = ObjectMeta.of(after).node();
    for (String field : SERVERS) {
      JsonNode value = before.path("metadata").path(field);
      if (value.isMissingNode()) {
        meta.remove(field);
      } else {
        meta.set(field, value);
      }
    }
    after.set("kind", before.path("kind"));
    return after;
  }

  /**
   * Lets those that judge objects do so, all at once.
   *
   * @throws ApiException as the first of them refuses, or 500 if it could not be asked
   */
  void validate(WebhookRequest request) {
    Deadline deadline = Deadline.now();
    List<FutureTask<Void>> tasks = new ArrayList<>();
    for (Webhook webhook : validating) {
      Optional<String> version = wanted(webhook, request);
      if (version.isPresent()) {
        tasks.add(new FutureTask<>(() -> judge(webhook, request, version.get(), deadline), null));
      }
    }
    if (tasks.size() == 1) {
      tasks.getFirst().run();
    } else {
      tasks.forEach(task -> Thread.ofVirtual().name("webhook-judge").start(task));
    }
    for (FutureTask<Void> task : tasks) {
      try {
        task.get();
      } catch (ExecutionException e) {
        throw e.getCause() instanceof ApiException refusal
            ? refusal
            : new IllegalStateException("asking a webhook", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw ApiException.internal("interrupted");
      }
    }
  }

  private void judge(Webhook webhook, WebhookRequest request, String in, Deadline deadline) {
    try {
      allow(webhook, request, ask(webhook, request, in, deadline));
    } catch (CallException e) {
      failed(webhook, e);
    }
  }

  /** The version in which it wants to hear of a request; empty if it does not. */
  private Optional<String> wanted(Webhook webhook, WebhookRequest request) {
    Optional<String> version = webhook.versionOf(request);
    return version.isPresent()
            && webhook.selects(request, labelsOfNamespace(request))
            && (webhook.conditions().isEmpty() || meets(webhook, request, version.get()))
        ? version
        : Optional.empty();
  }

  private boolean meets(Webhook webhook, WebhookRequest request, String in) {
    try {
      return webhook
          .conditions()
          .hold(
              request,
              request.review(webhook, UUID.randomUUID(), in),
              new Rights(rbac, request.options().user()));
    } catch (MatchConditions.EvaluationFailure e) {
      if (webhook.mandatory()) {
        throw ApiException.forbidden(request.resource().type(), request.name(), e.getMessage());
      }
      return false;
    }
  }

  private JsonNode labelsOfNamespace(WebhookRequest request) {
    if (request.resource().type().equals(ResourceTypes.NAMESPACES)) {
      JsonNode namespace = request.object().isObject() ? request.object() : request.old();
      return labels(namespace);
    }
    if (request.namespace().isEmpty()) {
      return MissingNode.getInstance();
    }
    return store
        .get(new Key(ResourceTypes.NAMESPACES.resource(), "", request.namespace()))
        .map(entry -> labels(Json.read(entry.value())))
        .orElse(Json.object());
  }

  private static JsonNode labels(JsonNode object) {
    return object.path("metadata").path("labels") instanceof ObjectNode labels
        ? labels
        : Json.object();
  }

  private JsonNode ask(Webhook webhook, WebhookRequest request, String in, Deadline deadline)
      throws CallException {
    UUID uid = UUID.randomUUID();
    Duration limit = deadline.of(webhook.limit());
    String query = "timeout=" + Math.max(1, limit.toSeconds()) + "s";
    byte[] question = Json.bytes(request.review(webhook, uid, in));
    String where = webhook.client().path("url").asText("");
    byte[] body;
    try {
      WebhookClient.Target target = targets.of(webhook.client(), query);
      where = "https://" + target.name() + ":" + target.address().getPort() + target.path();
      body = answer(webhook, target, question, limit);
    } catch (IOException e) {
      throw new CallException(
          "failed to call webhook: Post \"" + where + "\": " + e.getMessage(), e);
    }
    return response(webhook, uid, body);
  }

  private byte[] answer(
      Webhook webhook, WebhookClient.Target target, byte[] question, Duration limit)
      throws IOException {
    Deadline deadline = new Deadline(System.nanoTime() + limit.toNanos());
    try {
      if (!calls.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new IOException("context deadline exceeded: too many webhooks are being asked");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    try {
      String authority = webhook.client().path("caBundle").asText("");
      return client.ask(target, authority, question, deadline.of(limit));
    } finally {
      calls.release();
    }
  }

  private static JsonNode response(Webhook webhook, UUID uid, byte[] body) throws CallException {
    JsonNode review;
    try {
      review = Json.parse(body);
    } catch (IOException e) {
      throw new CallException("failed to call webhook: " + e.getMessage(), e);
    }
    JsonNode response = review.path("response");
    if (!response.isObject()) {
      throw new CallException("webhook response was absent");
    }
    if (webhook.version().equals("v1")) {
      expect("kind=AdmissionReview", "kind=" + review.path("kind").asText());
      expect("apiVersion=admission.k8s.io/v1", "apiVersion=" + review.path("apiVersion").asText());
      expect("response.uid=" + uid, "response.uid=" + response.path("uid").asText());
    }
    return response;
  }

  private static void expect(String wanted, String given) throws CallException {
    if (!wanted.equals(given)) {
      String value = given.substring(given.indexOf('=') + 1);
      String shown = given.startsWith("response.uid") ? "\"" + value + "\"" : value;
      String expected =
          wanted.startsWith("response.uid")
              ? "response.uid=\"" + wanted.substring(wanted.indexOf('=') + 1) + "\""
              : wanted;
      throw new CallException(
          "received invalid webhook response: expected " + expected + ", got " + shown);
    }
  }

  /** Passes its warnings on, and refuses as it refuses. */
  private static void allow(Webhook webhook, WebhookRequest request, JsonNode response) {
    int told = 0;
    for (JsonNode warning : response.path("warnings")) {
      if (told++ < MAX_WARNINGS) {
        request.options().warnings().accept(printable(warning.asText()));
      }
    }
    if (response.path("allowed").asBoolean()) {
      return;
    }
    JsonNode status = response.path("status");
    String message = status.path("message").asText("");
    String reason = status.path("reason").asText("");
    String why = message.isEmpty() ? reason : message;
    String by = "admission webhook \"" + webhook.name() + "\" denied the request";
    throw ApiException.denied(
        Math.max(DENIED, status.path("code").asInt()),
        reason,
        why.isEmpty() ? by + " without explanation" : by + ": " + why,
        status.path("details"));
  }

  private static String printable(String text) {
    String plain = text.replaceAll("\\p{Cntrl}", " ");
    return plain.length() > MAX_WARNING ? plain.substring(0, MAX_WARNING) : plain;
  }

  private static void failed(Webhook webhook, CallException e) {
    if (webhook.mandatory()) {
      throw ApiException.internal(
          "failed calling webhook \"" + webhook.name() + "\": " + e.getMessage());
    }
  }
}
