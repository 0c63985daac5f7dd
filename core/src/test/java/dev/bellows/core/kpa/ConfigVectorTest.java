package dev.bellows.core.kpa;

import static dev.bellows.core.golden.Golden.close;
import static dev.bellows.core.golden.Golden.number;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.core.golden.Golden;
import dev.bellows.core.golden.Golden.Agrees;
import dev.bellows.core.golden.Golden.Disagrees;
import dev.bellows.core.golden.Golden.Verdict;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Recorded readings of config-autoscaler. */
class ConfigVectorTest {
  @Test
  void readsConfigurationAsRecorded() {
    Golden.replay("config", ConfigVectorTest::judge);
  }

  private static Verdict judge(JsonNode recorded) {
    boolean error = recorded.path("error").asBoolean();
    return switch (AutoscalerConfig.parse(Recorded.strings(recorded.path("data")))) {
      case AutoscalerConfig.Parsed.Good(AutoscalerConfig config) ->
          error
              ? new Disagrees("expected '" + recorded.path("errorText").asText() + "', got none")
              : compare(recorded.path("config"), config);
      case AutoscalerConfig.Parsed.Bad(String errorText) ->
          error
              ? compareError(recorded, errorText)
              : new Disagrees("expected none, got " + errorText);
    };
  }

  private static Verdict compareError(JsonNode recorded, String errorText) {
    String expected = recorded.path("errorText").asText();
    if (recorded.path("errorStage").asText().equals("parse")) {
      // What follows the key is the wording of Go's own parsers: see the file's header.
      expected = expected.substring(0, expected.indexOf("\": ") + 2);
      errorText = errorText.substring(0, errorText.indexOf("\": ") + 2);
    }
    return expected.equals(errorText)
        ? new Agrees()
        : new Disagrees("expected '" + expected + "', got '" + errorText + "'");
  }

  private static Verdict compare(JsonNode expected, AutoscalerConfig config) {
    Map<String, Object> actual =
        Map.ofEntries(
            Map.entry("enableScaleToZero", config.enableScaleToZero()),
            Map.entry(
                "containerConcurrencyTargetFraction", config.containerConcurrencyTargetFraction()),
            Map.entry(
                "containerConcurrencyTargetDefault", config.containerConcurrencyTargetDefault()),
            Map.entry("targetUtilization", AutoscalerConfig.RPS_TARGET_UTILIZATION),
            Map.entry("rpsTargetDefault", config.rpsTargetDefault()),
            Map.entry("targetBurstCapacity", config.targetBurstCapacity()),
            Map.entry("activatorCapacity", config.activatorCapacity()),
            Map.entry("allowZeroInitialScale", config.allowZeroInitialScale()),
            Map.entry("initialScale", config.initialScale()),
            Map.entry("minScale", config.minScale()),
            Map.entry("maxScale", config.maxScale()),
            Map.entry("maxScaleLimit", config.maxScaleLimit()),
            Map.entry("maxScaleUpRate", config.maxScaleUpRate()),
            Map.entry("maxScaleDownRate", config.maxScaleDownRate()),
            Map.entry("stableWindowNs", config.stableWindow()),
            Map.entry("panicWindowPercentage", config.panicWindowPercentage()),
            Map.entry("panicThresholdPercentage", config.panicThresholdPercentage()),
            Map.entry("scaleToZeroGracePeriodNs", config.scaleToZeroGracePeriod()),
            Map.entry("scaleToZeroPodRetentionPeriodNs", config.scaleToZeroPodRetentionPeriod()),
            Map.entry("scaleDownDelayNs", config.scaleDownDelay()),
            Map.entry("podAutoscalerClass", config.podAutoscalerClass()));
    for (Map.Entry<String, JsonNode> field : expected.properties()) {
      Object value = actual.get(field.getKey());
      boolean same =
          switch (value) {
            case Boolean flag -> flag == field.getValue().asBoolean();
            case Integer integer -> integer == field.getValue().asInt();
            case Duration duration -> duration.toNanos() == field.getValue().asLong();
            case String text -> text.equals(field.getValue().asText());
            case Double number -> close(number(field.getValue()), number);
            case null, default -> false;
          };
      if (!same) {
        return new Disagrees(field.getKey() + ": expected " + field.getValue() + ", got " + value);
      }
    }
    return new Agrees();
  }
}
