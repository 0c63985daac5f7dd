package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Serial;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** A request that the API refuses, with the Status that Kubernetes answers it with. */
public final class ApiException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private final int code;
  private final String reason;
  private final transient ObjectNode details;

  private ApiException(int code, String reason, String message, ObjectNode details) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  /** The HTTP status code. */
  public int code() {
    return code;
  }

  /** Kubernetes' word for the code: {@code NotFound}, {@code Conflict}, … */
  public String reason() {
    return reason;
  }

  /** The text for the user; never null. */
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }

  /** The {@code Status} object that a client is sent. */
  public ObjectNode status() {
    ObjectNode status = Json.object();
    status.put("kind", "Status").put("apiVersion", "v1");
    status.putObject("metadata");
    status.put("status", "Failure").put("message", getMessage());
    if (!reason.isEmpty()) {
      status.put("reason", reason);
    }
    if (!details.isEmpty()) {
      status.set("details", details.deepCopy());
    }
    return status.put("code", code);
  }

  /** 404 for an object. */
  public static ApiException notFound(ResourceType type, String name) {
    return new ApiException(
        404, "NotFound", type.resource() + " \"" + name + "\" not found", details(type, name));
  }

  /** 404 for a path that nothing serves. */
  public static ApiException noSuchResource() {
    return new ApiException(
        404, "NotFound", "the server could not find the requested resource", Json.object());
  }

  /** 409 for the creation of what is there already. */
  public static ApiException alreadyExists(ResourceType type, String name) {
    return new ApiException(
        409,
        "AlreadyExists",
        type.resource() + " \"" + name + "\" already exists",
        details(type, name));
  }

  /** 409 for a write that is based on an old state, or a precondition that does not hold. */
  public static ApiException conflict(ResourceType type, String name, String why) {
    return new ApiException(
        409,
        "Conflict",
        "Operation cannot be fulfilled on " + type.resource() + " \"" + name + "\": " + why,
        details(type, name));
  }

  /** 409 for an old resourceVersion. */
  public static ApiException stale(ResourceType type, String name) {
    return conflict(
        type,
        name,
        "the object has been modified; please apply your changes to the latest version and try"
            + " again");
  }

  /** 409 for the deletion of another object than the one that is there. */
  static ApiException precondition(ResourceType type, String name, String why) {
    ObjectNode details = Json.object();
    details.put("name", name);
    if (!type.group().isEmpty()) {
      details.put("group", type.group());
    }
    details.put("kind", type.kind());
    return new ApiException(
        409,
        "Conflict",
        "Operation cannot be fulfilled on " + type.groupKind() + " \"" + name + "\": " + why,
        details);
  }

  /** 409 of server-side apply: other managers own the fields. */
  static ApiException applyConflict(List<Cause> causes) {
    StringBuilder message = new StringBuilder("Apply failed with ").append(causes.size());
    if (causes.size() == 1) {
      Cause only = causes.getFirst();
      message.append(" conflict: ").append(only.message()).append(": ").append(only.field());
    } else {
      TreeMap<String, List<String>> fields = new TreeMap<>();
      for (Cause cause : causes) {
        fields.computeIfAbsent(cause.message(), none -> new ArrayList<>()).add(cause.field());
      }
      List<String> lines = new ArrayList<>();
      fields.forEach((conflict, paths) -> {
        lines.add(conflict.replaceFirst("conflict", "conflicts") + ":");
        paths.forEach(path -> lines.add("- " + path));
      });
      message.append(" conflicts: ").append(String.join("\n", lines));
    }
    ObjectNode details = Json.object();
    causes(details, causes);
    return new ApiException(409, "Conflict", message.toString(), details);
  }

  /** 400. */
  public static ApiException badRequest(String message) {
    return new ApiException(400, "BadRequest", message, Json.object());
  }

  /** 403, as an admission refuses. */
  public static ApiException forbidden(ResourceType type, String name, String why) {
    return new ApiException(
        403,
        "Forbidden",
        type.resource() + " \"" + name + "\" is forbidden: " + why,
        details(type, name));
  }

  /**
   * As a webhook refuses.
   *
   * @param details that it gives, if any
   */
  static ApiException denied(int code, String reason, String message, JsonNode details) {
    return new ApiException(
        code, reason, message, details instanceof ObjectNode given ? given : Json.object());
  }

  /** 403, as authorization refuses. */
  static ApiException notAllowed(String user, Action action) {
    ObjectNode details = Json.object();
    String message =
        switch (action) {
          case Action.OnPath path ->
              "forbidden: User \""
                  + user
                  + "\" cannot "
                  + path.verb()
                  + " path \""
                  + path.path()
                  + "\"";
          case Action.OnObjects objects -> {
            if (!objects.name().isEmpty()) {
              details.put("name", objects.name());
            }
            if (!objects.group().isEmpty()) {
              details.put("group", objects.group());
            }
            details.put("kind", objects.plural());
            yield objects.plural()
                + (objects.group().isEmpty() ? "" : "." + objects.group())
                + (objects.name().isEmpty() ? "" : " \"" + objects.name() + "\"")
                + " is forbidden: User \""
                + user
                + "\" cannot "
                + objects.verb()
                + " resource \""
                + objects.resource()
                + "\" in API group \""
                + objects.group()
                + "\""
                + (objects.namespace().isEmpty()
                    ? " at the cluster scope"
                    : " in the namespace \"" + objects.namespace() + "\"");
          }
        };
    return new ApiException(403, "Forbidden", message, details);
  }

  /** 405. */
  public static ApiException methodNotAllowed() {
    return new ApiException(
        405,
        "MethodNotAllowed",
        "the server does not allow this method on the requested resource",
        Json.object());
  }

  /** 410 for history that is no longer kept. */
  public static ApiException expired(String message) {
    return new ApiException(410, "Expired", message, Json.object());
  }

  /** 422 with every field that is wrong; the messages follow Kubernetes' form. */
  public static ApiException invalid(ResourceType type, String name, List<Cause> causes) {
    ObjectNode details = Json.object();
    details.put("name", name);
    if (!type.group().isEmpty()) {
      details.put("group", type.group());
    }
    details.put("kind", type.kind());
    causes(details, causes);
    return new ApiException(
        422,
        "Invalid",
        type.groupKind() + " \"" + name + "\" is invalid: " + list(causes),
        details);
  }

  /** 422 with every option of a request that is wrong. */
  static ApiException invalidOptions(String kind, List<Cause> causes) {
    ObjectNode details = Json.object();
    details.put("group", "meta.k8s.io").put("kind", kind);
    causes(details, causes);
    return new ApiException(
        422, "Invalid", kind + ".meta.k8s.io \"\" is invalid: " + list(causes), details);
  }

  private static String list(List<Cause> causes) {
    List<String> texts = causes.stream().map(Cause::toString).distinct().toList();
    return texts.size() == 1 ? texts.getFirst() : "[" + String.join(", ", texts) + "]";
  }

  /**
   * Any other refusal; an empty reason is left out, as kube-apiserver does of unforeseen faults.
   */
  public static ApiException of(int code, String reason, String message) {
    return new ApiException(code, reason, message, Json.object());
  }

  /** 429: one of the server's bounds is met just now. */
  static ApiException tooManyRequests() {
    return of(429, "TooManyRequests", "Too many requests, please try again later.");
  }

  /** 500: the fault is the server's. */
  public static ApiException internal(String message) {
    return new ApiException(
        500, "InternalError", "Internal error occurred: " + message, Json.object());
  }

  private static ObjectNode details(ResourceType type, String name) {
    ObjectNode details = Json.object();
    details.put("name", name);
    if (!type.group().isEmpty()) {
      details.put("group", type.group());
    }
    return details.put("kind", type.plural());
  }

  private static void causes(ObjectNode details, List<Cause> causes) {
    ArrayNode list = details.putArray("causes");
    for (Cause cause : causes) {
      list.addObject()
          .put("reason", cause.reason())
          .put("message", cause.message())
          .put("field", cause.field());
    }
  }
}
