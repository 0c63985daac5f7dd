package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.quantity.ResourceAmount;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a pod's volumes may look like. */
final class VolumeChecks {
  private static final int MIN_TOKEN_SECONDS = 600;
  private static final List<String> FIELDS =
      List.of(
          "metadata.annotations",
          "metadata.labels",
          "metadata.name",
          "metadata.namespace",
          "metadata.uid");
  private static final List<String> HOST_PATHS =
      List.of(
          "",
          "BlockDevice",
          "CharDevice",
          "Directory",
          "DirectoryOrCreate",
          "File",
          "FileOrCreate",
          "Socket");

  private final Checks checks;
  private final ContainerChecks containers;

  VolumeChecks(Checks checks) {
    this.checks = checks;
    this.containers = new ContainerChecks(checks, Set.of(), false);
  }

  /** All volumes of a pod; answers their names. */
  Set<String> volumes(JsonNode volumes, String path) {
    Set<String> names = new HashSet<>();
    Checks.each(
        volumes,
        path,
        (at, volume) -> {
          source(volume, at);
          String name = volume.path("name").asText("");
          if (checks.required(at + ".name", volume.path("name"))) {
            int before = checks.causes().size();
            checks.label(at + ".name", volume.path("name"));
            if (checks.causes().size() == before && !names.add(name)) {
              checks.duplicate(at + ".name", '"' + name + '"');
            }
          }
        });
    return names;
  }

  private void source(JsonNode volume, String path) {
    List<String> kinds = new ArrayList<>();
    for (Map.Entry<String, JsonNode> each : volume.properties()) {
      if (each.getValue() instanceof ObjectNode) {
        kinds.add(each.getKey());
      }
    }
    // Kubernetes looks at the kinds in this order, and names the later ones as too many.
    List<String> order =
        List.of(
            "emptyDir",
            "hostPath",
            "secret",
            "persistentVolumeClaim",
            "downwardAPI",
            "configMap",
            "projected");
    kinds.sort((a, b) -> Integer.compare(rank(order, a), rank(order, b)));
    if (kinds.isEmpty()) {
      checks.missing(path, "must specify a volume type");
      return;
    }
    for (String more : kinds.subList(1, kinds.size())) {
      checks.forbidden(path + "." + more, "may not specify more than 1 volume type");
    }
    JsonNode source = volume.path(kinds.getFirst());
    String at = path + "." + kinds.getFirst();
    switch (kinds.getFirst()) {
      case "emptyDir" -> {
        boolean negative =
            ResourceAmount.parse(source.path("sizeLimit").asText(""))
                .filter(ResourceAmount::isNegative)
                .isPresent();
        if (negative) {
          checks.forbidden(at + ".sizeLimit", "SizeLimit field must be a valid resource quantity");
        }
      }
      case "hostPath" -> {
        if (checks.required(at + ".path", source.path("path"))) {
          checks.noWayUp(at + ".path", source.path("path").asText());
        }
        checks.oneOf(at + ".type", source.path("type"), HOST_PATHS);
      }
      case "secret" -> files(source, at, "secretName");
      case "configMap" -> files(source, at, "name");
      case "persistentVolumeClaim" -> checks.required(at + ".claimName", source.path("claimName"));
      case "downwardAPI" -> downward(source, at);
      case "projected" -> projected(source, at);
      default -> {} // kinds that no pod here can have; the kubelet says so
    }
  }

  private static int rank(List<String> order, String kind) {
    int rank = order.indexOf(kind);
    return rank < 0 ? order.size() : rank;
  }

  private void files(JsonNode source, String path, String name) {
    checks.required(path + "." + name, source.path(name));
    checks.mode(path + ".defaultMode", source.path("defaultMode"));
    items(source, path);
  }

  private void items(JsonNode source, String path) {
    Checks.each(
        source.path("items"),
        path + ".items",
        (at, item) -> {
          checks.required(at + ".key", item.path("key"));
          if (checks.required(at + ".path", item.path("path"))) {
            checks.fileBelow(at + ".path", item.path("path").asText());
          }
          checks.mode(at + ".mode", item.path("mode"));
        });
  }

  private void downward(JsonNode source, String path) {
    checks.mode(path + ".defaultMode", source.path("defaultMode"));
    for (JsonNode item : source.path("items")) {
      if (checks.required(path + ".path", item.path("path"))) {
        checks.fileBelow(path + ".path", item.path("path").asText());
      }
      boolean field = item.path("fieldRef").isObject();
      boolean resource = item.path("resourceFieldRef").isObject();
      if (field) {
        containers.field(item.path("fieldRef"), path + ".fieldRef", FIELDS);
        if (resource) {
          checks.invalid(
              path,
              "resource",
              "fieldRef and resourceFieldRef can not be specified simultaneously");
        }
      } else if (resource) {
        containers.ofResource(item.path("resourceFieldRef"), path + ".resourceFieldRef");
      } else {
        checks.missing(path, "one of fieldRef and resourceFieldRef is required");
      }
      checks.mode(path + ".mode", item.path("mode"));
    }
  }

  private void projected(JsonNode source, String path) {
    checks.mode(path + ".defaultMode", source.path("defaultMode"));
    Checks.each(
        source.path("sources"),
        path + ".sources",
        (at, part) -> {
          for (String kind : List.of("secret", "configMap")) {
            if (part.path(kind).isObject()) {
              checks.required(at + "." + kind + ".name", part.path(kind).path("name"));
              items(part.path(kind), at + "." + kind);
            }
          }
          if (part.path("downwardAPI").isObject()) {
            downward(part.path("downwardAPI"), at + ".downwardAPI");
          }
          JsonNode token = part.path("serviceAccountToken");
          if (token.isObject()) {
            JsonNode seconds = token.path("expirationSeconds");
            if (seconds.isNumber() && seconds.asLong() < MIN_TOKEN_SECONDS) {
              checks.invalid(
                  at + ".serviceAccountToken.expirationSeconds",
                  seconds,
                  "may not specify a duration less than 10 minutes");
            }
            if (checks.required(path + ".path", token.path("path"))) {
              checks.fileBelow(path + ".path", token.path("path").asText());
            }
          }
        });
  }
}
