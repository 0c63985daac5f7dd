package dev.bellows.api.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.config.ExampleChecksum;
import dev.bellows.api.config.SystemConfig;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Refuses settings that the system could not read. */
final class ConfigMapAdmission {
  private ConfigMapAdmission() {}

  /** Whether a ConfigMap holds settings of the system. */
  static boolean concerns(ObjectNode configMap) {
    JsonNode metadata = configMap.path("metadata");
    return metadata.path("namespace").asText().equals(SystemConfig.NAMESPACE)
        && metadata.path("labels").path("app.kubernetes.io/name").asText().equals("knative-serving")
        && SystemConfig.knows(metadata.path("name").asText());
  }

  /** Why the settings are refused; empty if they are good. */
  static Optional<String> refusal(ObjectNode configMap, SystemConfig inForce) {
    Map<String, String> data = new LinkedHashMap<>();
    configMap
        .path("data")
        .properties()
        .forEach(each -> data.put(each.getKey(), each.getValue().asText()));
    return exampleRefusal(configMap, data)
        .or(() ->
            switch (inForce.with(configMap.at("/metadata/name").asText(), data)) {
              case SystemConfig.Change.Accepted _ -> Optional.empty();
              case SystemConfig.Change.Refused(String message) -> Optional.of(message);
            });
  }

  private static Optional<String> exampleRefusal(ObjectNode configMap, Map<String, String> data) {
    String example = data.get(ExampleChecksum.KEY);
    JsonNode checksum =
        configMap.path("metadata").path("annotations").path(ExampleChecksum.ANNOTATION);
    if (example == null
        || checksum.isMissingNode()
        || checksum.asText().equals(ExampleChecksum.of(example))) {
      return Optional.empty();
    }
    return Optional.of(
        "the update modifies a key in \"_example\" which is probably not what you want. Instead,"
            + " copy the respective setting to the top-level of the ConfigMap, directly below"
            + " \"data\"");
  }
}
