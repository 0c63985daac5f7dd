package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What labels, annotations and owner references may look like. */
final class MetadataRules {
  private static final int MAX_ANNOTATION_BYTES = 256 << 10;
  private static final Set<String> STANDARD_FINALIZERS =
      Set.of("kubernetes", "orphan", "foregroundDeletion");

  private MetadataRules() {}

  static void check(ObjectMeta meta, List<Cause> causes) {
    Checks checks = new Checks(causes);
    checks.labels("metadata.labels", meta.node().path("labels"));
    long bytes = 0;
    for (Map.Entry<String, JsonNode> annotation : meta.node().path("annotations").properties()) {
      Checks.qualified(Checks.lower(annotation.getKey()))
          .forEach(why -> checks.invalid("metadata.annotations", annotation.getKey(), why));
      bytes += annotation.getKey().length();
      bytes += annotation.getValue().asText().getBytes(StandardCharsets.UTF_8).length;
    }
    if (bytes > MAX_ANNOTATION_BYTES) {
      causes.add(
          new Cause(
              "FieldValueTooLong",
              "metadata.annotations",
              "Too long: may not be more than " + MAX_ANNOTATION_BYTES + " bytes"));
    }
    owners(meta.node().path("ownerReferences"), checks);
  }

  private static void owners(JsonNode owners, Checks checks) {
    List<JsonNode> controllers = new ArrayList<>();
    Checks.each(
        owners,
        "metadata.ownerReferences",
        (at, owner) -> {
          String version = owner.path("apiVersion").asText("");
          if (version.chars().filter(c -> c == '/').count() > 1) {
            checks.invalid(
                "metadata.ownerReferences.apiVersion", version, "version must not be empty");
          }
          for (String field : List.of("apiVersion", "kind", "name", "uid")) {
            if (owner.path(field).asText("").isEmpty()) {
              checks.invalid(at + "." + field, "", "must not be empty");
            }
          }
          if (owner.path("controller").asBoolean()) {
            controllers.add(owner);
          }
        });
    if (controllers.size() > 1) {
      checks.invalid(
          "metadata.ownerReferences",
          owners,
          "Only one reference can have Controller set to true. Found \"true\" in references for "
              + named(controllers.get(0))
              + " and "
              + named(controllers.get(1)));
    }
  }

  private static String named(JsonNode owner) {
    return owner.path("kind").asText() + "/" + owner.path("name").asText();
  }

  /** Of built-in kinds; a custom kind's finalizers may have any name. */
  static void checkFinalizers(ObjectMeta meta, List<Cause> causes) {
    List<String> finalizers = meta.finalizers();
    for (int i = 0; i < finalizers.size(); i++) {
      String name = finalizers.get(i);
      new Checks(causes).qualified("metadata.finalizers", name);
      if (!name.contains("/") && !STANDARD_FINALIZERS.contains(name)) {
        causes.add(
            Cause.invalid(
                "metadata.finalizers[" + i + "]",
                name,
                "name is neither a standard finalizer name nor is it fully qualified"));
      }
    }
  }
}
