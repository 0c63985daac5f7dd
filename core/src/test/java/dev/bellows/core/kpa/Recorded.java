package dev.bellows.core.kpa;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.core.kpa.AutoscalerConfig.Parsed;
import java.util.Map;
import java.util.TreeMap;

/** Turns recorded inputs into values. */
public final class Recorded {
  private Recorded() {}

  /** An object of texts. */
  public static Map<String, String> strings(JsonNode object) {
    Map<String, String> strings = new TreeMap<>();
    object.properties().forEach(each -> strings.put(each.getKey(), each.getValue().asText()));
    return strings;
  }

  /** The data of a valid config-autoscaler. */
  public static AutoscalerConfig config(JsonNode data) {
    return switch (AutoscalerConfig.parse(strings(data))) {
      case Parsed.Good(AutoscalerConfig config) -> config;
      case Parsed.Bad(String errorText) -> throw new AssertionError(errorText);
    };
  }
}
