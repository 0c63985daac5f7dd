package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;

/** Test data in YAML: short to write and to read. */
final class Yaml {
  private Yaml() {}

  static ObjectNode object(String yaml) {
    return Bodies.object(yaml.getBytes(StandardCharsets.UTF_8), "application/yaml");
  }
}
