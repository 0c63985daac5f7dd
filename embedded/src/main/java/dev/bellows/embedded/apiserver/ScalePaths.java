package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.StringJoiner;

/**
 * Where a kind keeps what its {@code scale} shows.
 *
 * @param wanted the number that is wanted
 * @param present the number that is there
 * @param selector the pods' selector, as text; empty where the kind has a label selector in its
 *     spec
 */
record ScalePaths(List<String> wanted, List<String> present, List<String> selector) {
  /** Of the built-in kinds. */
  static final ScalePaths BUILT_IN =
      new ScalePaths(List.of("spec", "replicas"), List.of("status", "replicas"), List.of());

  /** As a CustomResourceDefinition's {@code subresources.scale} says. */
  static ScalePaths of(JsonNode scale) {
    return new ScalePaths(
        path(scale.path("specReplicasPath")),
        path(scale.path("statusReplicasPath")),
        path(scale.path("labelSelectorPath")));
  }

  /** {@code .spec.replicas}: such paths have plain fields only. */
  private static List<String> path(JsonNode text) {
    String path = text.asText("");
    return path.isEmpty() ? List.of() : List.of(path.substring(1).split("\\.", -1));
  }

  int wantedOf(ObjectNode object) {
    return at(object, wanted).asInt(0);
  }

  int presentOf(ObjectNode object) {
    return at(object, present).asInt(0);
  }

  void setWanted(ObjectNode object, int replicas) {
    ObjectNode at = object;
    for (String field : wanted.subList(0, wanted.size() - 1)) {
      at = Json.child(at, field);
    }
    at.put(wanted.getLast(), replicas);
  }

  String selectorOf(ObjectNode object) {
    if (!selector.isEmpty()) {
      return at(object, selector).asText("");
    }
    StringJoiner text = new StringJoiner(",");
    for (var pair : object.path("spec").path("selector").path("matchLabels").properties()) {
      text.add(pair.getKey() + "=" + pair.getValue().asText());
    }
    return text.toString();
  }

  private static JsonNode at(ObjectNode object, List<String> path) {
    JsonNode at = object;
    for (String field : path) {
      at = at.path(field);
    }
    return at;
  }
}
