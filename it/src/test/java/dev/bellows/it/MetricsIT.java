package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What pods use is measured: {@code kubectl top}, and HorizontalPodAutoscalers that act on it. */
class MetricsIT {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @TempDir private static Path directory;
  private static BellowsProcess bellows;

  @BeforeAll
  static void start() throws IOException {
    Command.require("kubectl");
    bellows = BellowsProcess.start(directory.resolve("data"));
    bellows.bellows("image", "add", "busy", "--", "sh", "-c", "while :; do :; done").succeeded();
    Path manifest = directory.resolve("busy.yaml");
    Files.writeString(
        manifest,
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: busy}
        spec:
          selector: {matchLabels: {app: busy}}
          template:
            metadata: {labels: {app: busy}}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
              - {name: main, image: busy, resources: {requests: {cpu: 5m}}}
        ---
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: busy}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: busy}
          maxReplicas: 2
          metrics:
          - type: Resource
            resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}
        """);
    bellows.kubectl("apply", "-f", manifest.toString()).succeeded();
  }

  @AfterAll
  static void stop() {
    if (bellows != null) {
      bellows.close();
    }
  }

  @Test
  void topTellsWhatPodsAndTheNodeUse() {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(
                    bellows
                        .kubectl("top", "pods", "--containers", "-l", "app=busy", "--no-headers")
                        .succeeded()
                        .output())
                .containsPattern("busy-\\S+ +main +[1-9][0-9]*m +[1-9][0-9]*Mi"));
    assertThat(bellows.kubectl("top", "nodes", "--no-headers").succeeded().output())
        .containsPattern("bellows +[1-9][0-9]*m +[0-9]+% +[1-9][0-9]*Mi +[0-9]+%");
  }

  @Test
  void anAutoscalerAddsPodsWhereMoreIsUsedThanAimedAt() {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          assertThat(
                  bellows
                      .kubectl("get", "deploy/busy", "-o", "jsonpath={.spec.replicas}")
                      .succeeded()
                      .output())
              .isEqualTo("2");
          assertThat(bellows.kubectl("get", "hpa/busy", "--no-headers").succeeded().output())
              .containsPattern("Deployment/busy +cpu: [0-9]+%/50% +1 +2 +2 ");
        });
  }
}
