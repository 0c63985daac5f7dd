package dev.bellows.core.kpa;

import static dev.bellows.core.golden.Golden.close;
import static dev.bellows.core.golden.Golden.number;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.core.golden.Golden.Agrees;
import dev.bellows.core.golden.Golden.Disagrees;
import dev.bellows.core.golden.Golden.Verdict;
import dev.bellows.core.kpa.AutoscalerConfig.Parsed;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/** Turns recorded inputs into values, and compares values with recorded outputs. */
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

  /** Settings from the fields config, annotations, reachability and containerConcurrency. */
  public static ScalingSettings settings(JsonNode recorded) {
    return settings(recorded.path("config"), recorded);
  }

  /** The same, with the configuration elsewhere. */
  public static ScalingSettings settings(JsonNode config, JsonNode pa) {
    return new ScalingSettings(
        config(config),
        new ScalingAnnotations(strings(pa.path("annotations"))),
        Reachability.of(pa.path("reachability").asText()),
        pa.path("containerConcurrency").asLong());
  }

  /** A decider's spec. */
  public static DeciderSpec decider(JsonNode spec) {
    return new DeciderSpec(
        spec.path("scalingMetric").asText(),
        number(spec.path("targetValue")),
        number(spec.path("totalValue")),
        number(spec.path("targetBurstCapacity")),
        number(spec.path("activatorCapacity")),
        number(spec.path("panicThreshold")),
        number(spec.path("maxScaleUpRate")),
        number(spec.path("maxScaleDownRate")),
        Duration.ofMillis(spec.path("stableWindowMs").asLong()),
        Duration.ofMillis(spec.path("scaleDownDelayMs").asLong()),
        spec.path("initialScale").asInt(),
        spec.path("activationScale").asInt(),
        spec.path("reachable").asBoolean());
  }

  /** Compares a decider's spec, doubles to the tolerance of the recordings. */
  public static Verdict compareDecider(JsonNode recorded, DeciderSpec actual) {
    DeciderSpec expected = decider(recorded);
    boolean same =
        expected.scalingMetric().equals(actual.scalingMetric())
            && close(expected.targetValue(), actual.targetValue())
            && close(expected.totalValue(), actual.totalValue())
            && close(expected.targetBurstCapacity(), actual.targetBurstCapacity())
            && close(expected.activatorCapacity(), actual.activatorCapacity())
            && close(expected.panicThreshold(), actual.panicThreshold())
            && close(expected.maxScaleUpRate(), actual.maxScaleUpRate())
            && close(expected.maxScaleDownRate(), actual.maxScaleDownRate())
            && expected.stableWindow().equals(actual.stableWindow())
            && expected.scaleDownDelay().equals(actual.scaleDownDelay())
            && expected.initialScale() == actual.initialScale()
            && expected.activationScale() == actual.activationScale()
            && expected.reachable() == actual.reachable();
    return same ? new Agrees() : new Disagrees("expected " + expected + ", got " + actual);
  }

  /** Compares two texts. */
  public static Verdict compare(Object expected, Object actual) {
    return expected.equals(actual)
        ? new Agrees()
        : new Disagrees("expected " + expected + ", got " + actual);
  }
}
