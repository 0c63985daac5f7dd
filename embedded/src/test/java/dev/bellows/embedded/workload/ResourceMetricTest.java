package dev.bellows.embedded.workload;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.Json;
import dev.bellows.embedded.apiserver.PodUsage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ResourceMetricTest {
  private static final String HALF =
      "{'type': 'Resource', 'resource': {'name': 'cpu', 'target': {'type': 'Utilization',"
          + " 'averageUtilization': 50}}}";

  private final List<ObjectNode> pods = new ArrayList<>();
  private final Map<String, PodUsage> usages = new HashMap<>();

  private static ObjectNode json(String text) {
    return Json.read(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private void pod(String name, boolean ready, String request, long millicores) {
    pods.add(
        json(
            "{'metadata': {'name': '%1$s', 'uid': '%1$s'}, 'spec': {'containers': [{'name': 'c',"
                    .formatted(name)
                + " 'resources': {'requests': {"
                + request
                + "}}}]}, 'status': {'conditions': [{'type': 'Ready', 'status': '"
                + (ready ? "True" : "False")
                + "'}]}}"));
    if (millicores >= 0) {
      usages.put(
          name,
          new PodUsage(
              Instant.EPOCH,
              Duration.ofSeconds(1),
              Map.of("c", new PodUsage.Part(millicores * 1_000_000, 64 << 20))));
    }
  }

  private ResourceMetric.Outcome of(String metric, int current) {
    return ResourceMetric.of(json(metric), pods, usages, current);
  }

  @Test
  void asManyPodsAsBringTheShareToItsTarget() {
    pod("a", true, "'cpu': '100m'", 90);
    pod("b", true, "'cpu': '100m'", 70);
    ResourceMetric.Outcome outcome = of(HALF, 2);
    assertThat(outcome.replicas()).contains(4); // 160 % of one request, at 50 % each: 3.2
    assertThat(
            outcome.current().path("resource").path("current").path("averageUtilization").asInt())
        .isEqualTo(80);
  }

  @Test
  void aTenthBesideTheTargetChangesNothing() {
    pod("a", true, "'cpu': '100m'", 54);
    assertThat(of(HALF, 1).replicas()).contains(1);
  }

  @Test
  void aPodThatIsNotReadyIsTakenToUseNothingWhenMoreAreAskedFor() {
    pod("a", true, "'cpu': '100m'", 100);
    pod("b", false, "'cpu': '100m'", 100);
    assertThat(of(HALF, 2).replicas()).contains(2);
  }

  @Test
  void aPodThatIsNotMeasuredIsTakenToUseAllItAsksForWhenFewerAre() {
    pod("a", true, "'cpu': '100m'", 0);
    pod("b", true, "'cpu': '100m'", -1);
    assertThat(of(HALF, 2).replicas()).contains(2);
  }

  @Test
  void aPodThatAsksForNothingHasNoShare() {
    pod("a", true, "", 100);
    ResourceMetric.Outcome outcome = of(HALF, 1);
    assertThat(outcome.replicas()).isEmpty();
    assertThat(outcome.problem()).contains("missing request for cpu").contains("Pod a");
  }

  @Test
  void memoryIsMeasuredByItsAverage() {
    pod("a", true, "", 0);
    assertThat(
            of(
                    "{'type': 'Resource', 'resource': {'name': 'memory', 'target': {'type':"
                        + " 'AverageValue', 'averageValue': '32Mi'}}}",
                    1)
                .replicas())
        .contains(2);
  }

  @Test
  void whatNothingMeasuresIsSaid() {
    pod("a", true, "", 0);
    assertThat(of("{'type': 'External'}", 1).problem())
        .isEqualTo("nothing here provides metrics of type External");
  }
}
