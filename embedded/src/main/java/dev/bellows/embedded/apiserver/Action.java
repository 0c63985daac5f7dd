package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Locale;

/** What someone wants to do, as RBAC asks. */
sealed interface Action {
  /**
   * A verb on objects.
   *
   * @param verb {@code get}, {@code list}, {@code deletecollection}, …
   * @param group empty for the core group
   * @param plural the resource
   * @param subresource empty for the objects themselves
   * @param namespace empty for all, or for what is cluster-scoped
   * @param name empty for the whole collection; of a list or watch, the name that its field
   *     selector asks for
   */
  record OnObjects(
      String verb, String group, String plural, String subresource, String namespace, String name)
      implements Action {
    /** {@code pods/log}. */
    String resource() {
      return subresource.isEmpty() ? plural : plural + "/" + subresource;
    }
  }

  /**
   * A verb on a path that is no object's.
   *
   * @param verb {@code get}, …
   * @param path {@code /metrics}
   */
  record OnPath(String verb, String path) implements Action {}

  /** What a request asks for. */
  static Action of(ApiPath path, ApiRequest request) {
    boolean one = !path.name().isEmpty();
    String verb =
        switch (request.method()) {
          case "GET", "HEAD" -> one ? "get" : request.flag("watch") ? "watch" : "list";
          case "POST" -> "create";
          case "PUT" -> "update";
          case "PATCH" -> "patch";
          case "DELETE" -> one ? "delete" : "deletecollection";
          default -> request.method().toLowerCase(Locale.ROOT);
        };
    boolean selects = verb.equals("list") || verb.equals("watch");
    return new OnObjects(
        verb,
        path.group(),
        path.plural(),
        path.subresource(),
        path.namespace(),
        selects ? selectedName(request.parameter("fieldSelector")) : path.name());
  }

  /** A list of what has one name is allowed to whom that name is: then they can follow it. */
  private static String selectedName(String fieldSelector) {
    for (String term : fieldSelector.split(",", -1)) {
      String[] sides = term.strip().split("==?", 2);
      if (sides.length == 2 && sides[0].strip().equals("metadata.name")) {
        return sides[1].strip();
      }
    }
    return "";
  }

  /** What a request for a path asks for. */
  static Action of(ApiRequest request) {
    return new OnPath(request.method().toLowerCase(Locale.ROOT), request.path());
  }

  /**
   * What an access review asks about.
   *
   * @throws ApiException 422 if it asks for nothing, or for two things
   */
  static Action of(JsonNode spec) {
    JsonNode object = spec.path("resourceAttributes");
    JsonNode path = spec.path("nonResourceAttributes");
    if (object.isObject() == path.isObject()) {
      throw ApiException.invalid(
          new ResourceType("authorization.k8s.io", "v1", "", "", false),
          "",
          List.of(
              new Cause(
                  "FieldValueInvalid",
                  "spec.resourceAttributes",
                  "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes"
                      + " must be specified")));
    }
    if (path.isObject()) {
      return new OnPath(path.path("verb").asText(""), path.path("path").asText(""));
    }
    return new OnObjects(
        object.path("verb").asText(""),
        object.path("group").asText(""),
        object.path("resource").asText(""),
        object.path("subresource").asText(""),
        object.path("namespace").asText(""),
        object.path("name").asText(""));
  }
}
