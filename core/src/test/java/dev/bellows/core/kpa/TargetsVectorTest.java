package dev.bellows.core.kpa;

import static dev.bellows.core.golden.Golden.close;
import static dev.bellows.core.golden.Golden.number;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.core.golden.Golden;
import dev.bellows.core.golden.Golden.Agrees;
import dev.bellows.core.golden.Golden.Disagrees;
import dev.bellows.core.golden.Golden.Verdict;
import org.junit.jupiter.api.Test;

/** Recorded resolutions of annotations, spec and configuration into targets and specs. */
class TargetsVectorTest {
  @Test
  void resolvesTargetsAsRecorded() {
    Golden.replay("targets", TargetsVectorTest::judge);
  }

  private static Verdict judge(JsonNode recorded) {
    ScalingSettings settings = Recorded.settings(recorded);
    ScalingAnnotations annotations = settings.annotations();
    MetricSpec metric = settings.metricSpec("rev-private");
    Verdict strings =
        Recorded.compare(
            recorded.path("class").asText()
                + " "
                + recorded.path("metric").asText()
                + " "
                + recorded.path("metricSpec"),
            annotations.autoscalerClass()
                + " "
                + annotations.metric()
                + " {\"stableWindowMs\":%d,\"panicWindowMs\":%d,\"aggregationAlgorithm\":\"%s\",\"scrapeTarget\":\"%s\"}"
                    .formatted(
                        metric.stableWindow().toMillis(),
                        metric.panicWindow().toMillis(),
                        annotations.metricAggregationAlgorithm(),
                        metric.scrapeTarget()));
    if (!(strings instanceof Agrees)) {
      return strings;
    }
    if (!close(number(recorded.path("target")), settings.target())
        || !close(number(recorded.path("total")), settings.total())) {
      return new Disagrees(
          "expected %s of %s, got %s of %s"
              .formatted(
                  recorded.path("target"),
                  recorded.path("total"),
                  settings.target(),
                  settings.total()));
    }
    return Recorded.compareDecider(recorded.path("decider"), settings.deciderSpec());
  }
}
