package dev.bellows.embedded.workload;

import static dev.bellows.embedded.workload.ObjectsOfACluster.yaml;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RolloutTest {
  private static Deployment deployment(int replicas, String strategy) {
    return new Deployment(yaml("spec: {replicas: %d, strategy: %s}".formatted(replicas, strategy)));
  }

  private static ReplicaSet replicaSet(
      String name, int replicas, int available, String annotations) {
    return new ReplicaSet(
        yaml(
            """
            metadata: {name: %s, creationTimestamp: "2026-01-01T00:00:00Z", annotations: %s}
            spec: {replicas: %d}
            status: {replicas: %d, availableReplicas: %d}
            """
                .formatted(name, annotations, replicas, replicas, available)));
  }

  private static ReplicaSet replicaSet(String name, int replicas, int available) {
    return replicaSet(name, replicas, available, "{}");
  }

  @Test
  void percentagesRoundUpForSurgeAndDownForUnavailable() {
    Deployment ten = deployment(10, "{rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}");
    assertThat(ten.maxSurge()).isEqualTo(3);
    assertThat(ten.maxUnavailable()).isEqualTo(2);
    Deployment one = deployment(1, "{rollingUpdate: {maxSurge: 0, maxUnavailable: 25%}}");
    assertThat(one.maxUnavailable()).isEqualTo(1);
  }

  @Test
  void theNewGrowsByTheSurgeAndTheOldWaits() {
    assertThat(
            Rollout.plan(
                deployment(4, "{rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}"),
                replicaSet("new", 0, 0),
                List.of(replicaSet("old", 4, 4))))
        .isEqualTo(Map.of("new", 1));
  }

  @Test
  void theOldShrinksAsTheNewBecomesAvailable() {
    Deployment four = deployment(4, "{rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}");
    assertThat(Rollout.plan(four, replicaSet("new", 1, 0), List.of(replicaSet("old", 4, 4))))
        .isEmpty();
    assertThat(Rollout.plan(four, replicaSet("new", 1, 1), List.of(replicaSet("old", 4, 4))))
        .isEqualTo(Map.of("old", 3));
  }

  @Test
  void oldPodsThatServeNobodyGoFirst() {
    assertThat(
            Rollout.plan(
                deployment(4, "{rollingUpdate: {maxSurge: 1, maxUnavailable: 1}}"),
                replicaSet("new", 2, 2),
                List.of(replicaSet("broken", 3, 0))))
        .isEqualTo(Map.of("broken", 1));
  }

  @Test
  void recreateLetsTheOldGoBeforeTheNewComes() {
    Deployment two = deployment(2, "{type: Recreate}");
    assertThat(Rollout.plan(two, replicaSet("new", 0, 0), List.of(replicaSet("old", 2, 2))))
        .isEqualTo(Map.of("old", 0));
    assertThat(Rollout.plan(two, replicaSet("new", 0, 0), List.of(replicaSet("old", 0, 0))))
        .isEqualTo(Map.of("new", 2));
  }

  @Test
  void scalingInMidRolloutIsSharedInProportion() {
    String sized =
        "{deployment.kubernetes.io/desired-replicas: '10', "
            + "deployment.kubernetes.io/max-replicas: '13'}";
    assertThat(
            Rollout.plan(
                deployment(15, "{rollingUpdate: {maxSurge: 3, maxUnavailable: 2}}"),
                replicaSet("new", 5, 0, sized),
                List.of(replicaSet("old", 8, 8, sized))))
        .isEqualTo(Map.of("old", 11, "new", 7));
  }

  @Test
  void planningAgainAfterApplyingIsEmpty() {
    Deployment deployment = deployment(5, "{rollingUpdate: {maxSurge: 2, maxUnavailable: 0}}");
    ReplicaSet current = replicaSet("new", 0, 0);
    Map<String, Integer> sizes =
        Rollout.plan(deployment, current, List.of(replicaSet("old", 5, 5)));
    assertThat(
            Rollout.plan(
                deployment,
                current.resized(sizes.getOrDefault("new", 0)),
                List.of(replicaSet("old", 5, 5))))
        .isEmpty();
  }
}
