package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.UUID;

/**
 * A request as webhooks are told of it.
 *
 * @param operation {@code CREATE}, {@code UPDATE}, {@code DELETE} or {@code CONNECT}
 * @param resource what the request's path names
 * @param version the version that it names
 * @param subresource {@code status}, {@code exec}, …; empty for the object itself
 * @param kind of the object that is sent, as {@code group/version/kind}; empty if it is the
 *     resource's own
 * @param namespace empty for what has none
 * @param name empty if it is not given yet
 * @param object the state to come, as it is stored; missing on deletion
 * @param old the present state; missing on creation
 * @param options who asks, and how
 */
record WebhookRequest(
    String operation,
    Resource resource,
    String version,
    String subresource,
    String kind,
    String namespace,
    String name,
    JsonNode object,
    JsonNode old,
    WriteOptions options) {
  private static final String REVIEWS = "admission.k8s.io/";

  /** Of a write of a stored object. */
  static WebhookRequest of(AdmissionChain.Write write) {
    Resource resource = write.resource();
    ObjectNode object = write.object();
    ObjectMeta meta = ObjectMeta.of(object);
    JsonNode missing = MissingNode.getInstance();
    boolean scale = write.part() == Subresource.SCALE;
    JsonNode before = write.old().isPresent() ? write.old().get() : missing;
    JsonNode after = write.operation() == AdmissionStep.Operation.DELETE ? missing : object;
    String version = write.options().form().version();
    return new WebhookRequest(
        write.operation().name(),
        resource,
        resource.versions().contains(version) ? version : resource.type().version(),
        write.part().path(),
        scale ? "autoscaling/v1/Scale" : "",
        meta.namespace(),
        meta.name(),
        scale ? Scales.of(resource, object) : after,
        scale && before instanceof ObjectNode present ? Scales.of(resource, present) : before,
        write.options());
  }

  /**
   * Of what is done to an object by way of a subresource that is not stored.
   *
   * @param sent of a kind of its own
   */
  static WebhookRequest at(
      String operation, Resource resource, ApiPath path, ObjectNode sent, WriteOptions options) {
    String apiVersion = Json.text(sent, "apiVersion");
    String kind =
        (apiVersion.contains("/") ? apiVersion : "/" + apiVersion) + "/" + Json.text(sent, "kind");
    return new WebhookRequest(
        operation,
        resource,
        path.version(),
        path.subresource(),
        kind,
        path.namespace(),
        path.name(),
        sent,
        MissingNode.getInstance(),
        options);
  }

  /** With another state to come, if there is one. */
  WebhookRequest with(Optional<JsonNode> other) {
    return new WebhookRequest(
        operation,
        resource,
        version,
        subresource,
        kind,
        namespace,
        name,
        other.orElse(object),
        old,
        options);
  }

  /** An object as a webhook sees it. */
  JsonNode shown(JsonNode stored, String in) {
    if (!kind.isEmpty() || !(stored instanceof ObjectNode object)) {
      return stored;
    }
    ObjectNode converted = resource.conversion(in).fromStored(object.deepCopy());
    return converted.put("apiVersion", resource.apiVersion(in));
  }

  /** What a webhook has made of an object that it saw. */
  ObjectNode stored(ObjectNode shown, String in) {
    if (!kind.isEmpty()) {
      return shown;
    }
    ObjectNode object = resource.conversion(in).toStored(shown);
    return object.put("apiVersion", resource.type().apiVersion());
  }

  /**
   * The question to a webhook.
   *
   * @param in the version in which it sees the object
   */
  ObjectNode review(Webhook webhook, UUID uid, String in) {
    ObjectNode review = Json.object();
    review.put("kind", "AdmissionReview").put("apiVersion", REVIEWS + webhook.version());
    ObjectNode request = review.putObject("request");
    request.put("uid", uid.toString());
    request.set("kind", kind(in));
    request.set("resource", resource(in));
    if (!subresource.isEmpty()) {
      request.put("subResource", subresource);
    }
    request.set("requestKind", kind(version));
    request.set("requestResource", resource(version));
    if (!subresource.isEmpty()) {
      request.put("requestSubResource", subresource);
    }
    if (!name.isEmpty()) {
      request.put("name", name);
    }
    if (!namespace.isEmpty()) {
      request.put("namespace", namespace);
    }
    request.put("operation", operation);
    request.set("userInfo", options.user().json());
    set(request, "object", shown(object, in));
    set(request, "oldObject", shown(old, in));
    request.put("dryRun", options.dryRun());
    set(request, "options", optionsOfRequest());
    return review;
  }

  private static void set(ObjectNode request, String field, JsonNode value) {
    if (value.isMissingNode()) {
      request.putNull(field);
    } else {
      request.set(field, value);
    }
  }

  private ObjectNode kind(String in) {
    ResourceType type = resource.type();
    String[] parts =
        kind.isEmpty() ? new String[] {type.group(), in, type.kind()} : kind.split("/", -1);
    return Json.object().put("group", parts[0]).put("version", parts[1]).put("kind", parts[2]);
  }

  private ObjectNode resource(String in) {
    ResourceType type = resource.type();
    return Json.object()
        .put("group", type.group())
        .put("version", in)
        .put("resource", type.plural());
  }

  private JsonNode optionsOfRequest() {
    String kindOfOptions =
        switch (operation) {
          case "CREATE" -> "CreateOptions";
          case "UPDATE" -> "UpdateOptions"; // of a patch, too
          case "DELETE" -> "DeleteOptions";
          default -> "";
        };
    if (kindOfOptions.isEmpty()) {
      return MissingNode.getInstance();
    }
    ObjectNode json = Json.object();
    json.put("kind", kindOfOptions).put("apiVersion", "meta.k8s.io/v1");
    if (options.dryRun()) {
      json.putArray("dryRun").add("All");
    }
    if (!operation.equals("DELETE")) {
      json.put("fieldManager", options.fieldManager());
    }
    return json;
  }
}
