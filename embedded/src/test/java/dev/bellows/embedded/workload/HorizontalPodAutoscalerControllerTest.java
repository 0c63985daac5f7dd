package dev.bellows.embedded.workload;

import static dev.bellows.embedded.workload.ObjectsOfACluster.condition;
import static dev.bellows.embedded.workload.ObjectsOfACluster.yaml;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.Patch;
import dev.bellows.embedded.apiserver.ResourceTypes;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bounds are kept, and nobody pretends that load is measured. */
class HorizontalPodAutoscalerControllerTest {
  @TempDir Path home;
  private ObjectsOfACluster cluster;

  @BeforeEach
  void open() {
    cluster = new ObjectsOfACluster(home, Clock.systemUTC(), new Placement("here")).start();
    cluster.registry.create(
        ResourceTypes.DEPLOYMENTS,
        yaml(
            """
            metadata: {name: web, namespace: default}
            spec:
              replicas: 1
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: c, image: one}]}
            """));
    cluster.registry.create(
        ResourceTypes.HORIZONTAL_POD_AUTOSCALERS,
        yaml(
            """
            metadata: {name: web, namespace: default}
            spec:
              minReplicas: 2
              maxReplicas: 4
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
            """));
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void replicasAreRaisedAndLoweredToTheBoundsAndCounted() {
    await().untilAsserted(() -> assertThat(replicas()).isEqualTo(2));
    await()
        .untilAsserted(() -> {
          assertThat(autoscaler().path("status").path("currentReplicas").asInt()).isEqualTo(2);
          assertThat(autoscaler().path("status").path("desiredReplicas").asInt()).isEqualTo(2);
        });
    assertThat(condition(autoscaler(), "ScalingActive")).isEqualTo("False FailedGetResourceMetric");
    ask(9);
    await().untilAsserted(() -> assertThat(replicas()).isEqualTo(4));
  }

  @Test
  void aDeploymentSetToZeroIsLeftAlone() {
    await().untilAsserted(() -> assertThat(replicas()).isEqualTo(2));
    ask(0);
    await()
        .untilAsserted(() ->
            assertThat(condition(autoscaler(), "ScalingActive"))
                .isEqualTo("False ScalingDisabled"));
    assertThat(replicas()).isZero();
  }

  private void ask(int replicas) {
    cluster.registry.patch(
        ResourceTypes.DEPLOYMENTS,
        "default",
        "web",
        new Patch.Merge(yaml("spec: {replicas: " + replicas + "}")));
  }

  private int replicas() {
    return cluster
        .registry
        .get(ResourceTypes.DEPLOYMENTS, "default", "web")
        .path("spec")
        .path("replicas")
        .asInt();
  }

  private ObjectNode autoscaler() {
    return cluster.registry.get(ResourceTypes.HORIZONTAL_POD_AUTOSCALERS, "default", "web");
  }
}
