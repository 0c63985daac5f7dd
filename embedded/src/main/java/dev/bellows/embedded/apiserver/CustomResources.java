package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Reads CustomResourceDefinitions. */
final class CustomResources {
  private CustomResources() {}

  /** The kind that a stored definition defines. */
  static Resource of(ObjectNode definition) {
    JsonNode spec = definition.path("spec");
    JsonNode names = spec.path("names");
    List<String> served = new ArrayList<>();
    Set<String> subresources = new LinkedHashSet<>();
    JsonNode stored = definition.path("none");
    for (JsonNode version : spec.path("versions")) {
      if (version.path("served").asBoolean()) {
        served.add(version.path("name").asText());
      }
      if (version.path("storage").asBoolean()) {
        stored = version;
        version.path("subresources").fieldNames().forEachRemaining(subresources::add);
      }
    }
    List<String> selectable = new ArrayList<>();
    for (JsonNode field : stored.path("selectableFields")) {
      selectable.add(field.path("jsonPath").asText().replaceFirst("^\\.", ""));
    }
    ResourceType type =
        new ResourceType(
            spec.path("group").asText(),
            stored.path("name").asText(),
            names.path("kind").asText(),
            names.path("plural").asText(),
            spec.path("scope").asText().equals("Namespaced"));
    return new Resource(
        type,
        List.copyOf(served),
        names.path("singular").asText(type.kind().toLowerCase(Locale.ROOT)),
        texts(names.path("shortNames")),
        texts(names.path("categories")),
        Set.copyOf(subresources),
        true,
        selectable,
        Resource.Origin.CUSTOM,
        new CustomShape(spec.path("versions"), stored),
        KindRules.NONE);
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(each -> texts.add(each.asText()));
    return List.copyOf(texts);
  }
}
