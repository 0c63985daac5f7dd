package dev.bellows.embedded.workload;

import static dev.bellows.embedded.workload.ObjectsOfACluster.condition;
import static dev.bellows.embedded.workload.ObjectsOfACluster.yaml;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.DeleteOptions;
import dev.bellows.embedded.apiserver.Patch;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.controller.Key;
import dev.bellows.embedded.controller.Owners;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkloadControllersTest {
  private static final String WEB =
      """
      metadata: {name: web, namespace: default, annotations: {team: shop}}
      spec:
        replicas: 3
        progressDeadlineSeconds: 600
        selector: {matchLabels: {app: web}}
        strategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
        template:
          metadata: {labels: {app: web}}
          spec: {containers: [{name: c, image: one}]}
      """;

  @TempDir Path home;
  private ObjectsOfACluster cluster;

  @BeforeEach
  void open() {
    cluster = new ObjectsOfACluster(home, Clock.systemUTC(), new Placement("here")).start();
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  private void merge(String patch) {
    cluster.registry.patch(
        ResourceTypes.DEPLOYMENTS, "default", "web", new Patch.Merge(yaml(patch)));
  }

  private List<ObjectNode> running() {
    return cluster.pods().stream().filter(Pods::isActive).toList();
  }

  /** Plays the kubelet until the condition of the test holds. */
  private void awaitWithKubelet(org.awaitility.core.ThrowingRunnable assertion) {
    await()
        .untilAsserted(() -> {
          cluster.finishDeletions();
          for (ObjectNode pod : running()) {
            if (!Pods.isReady(pod)) {
              cluster.markReady(pod, "10.0.0.1", Instant.EPOCH);
            }
          }
          assertion.run();
        });
  }

  private String web(String condition) {
    return condition(cluster.get(ResourceTypes.DEPLOYMENTS, "web"), condition);
  }

  @Test
  void aDeploymentBecomesPodsThatNameTheirOwners() {
    cluster.create(ResourceTypes.DEPLOYMENTS, WEB);
    await().untilAsserted(() -> assertThat(running()).hasSize(3));

    ObjectNode replicaSet = cluster.list(ResourceTypes.REPLICA_SETS).getFirst();
    String hash = replicaSet.path("metadata").path("labels").path("pod-template-hash").asText();
    assertThat(Key.of(replicaSet).name()).isEqualTo("web-" + hash);
    assertThat(replicaSet.path("metadata").path("annotations").path("team").asText())
        .isEqualTo("shop");
    for (ObjectNode pod : running()) {
      assertThat(Key.of(pod).name()).matches("web-" + hash + "-[a-z0-9]{5}");
      assertThat(Owners.controllerUid(pod))
          .isEqualTo(replicaSet.path("metadata").path("uid").asText());
      assertThat(pod.path("spec").path("nodeName").asText()).isEqualTo("here");
      assertThat(pod.path("metadata").path("labels").path("pod-template-hash").asText())
          .isEqualTo(hash);
    }
    // Told when the pods have not become ready for a while.
    await()
        .untilAsserted(
            () -> assertThat(web("Available")).isEqualTo("False MinimumReplicasUnavailable"));
    assertThat(web("Progressing")).startsWith("True ");

    awaitWithKubelet(() -> assertThat(web("Progressing")).isEqualTo("True NewReplicaSetAvailable"));
    assertThat(web("Available")).isEqualTo("True MinimumReplicasAvailable");
    ObjectNode deployment = cluster.get(ResourceTypes.DEPLOYMENTS, "web");
    assertThat(deployment.path("status").path("availableReplicas").asInt()).isEqualTo(3);
    assertThat(deployment.path("status").has("unavailableReplicas")).isFalse();
    assertThat(
            deployment
                .path("metadata")
                .path("annotations")
                .path("deployment.kubernetes.io/revision")
                .asText())
        .isEqualTo("1");
  }

  @Test
  void scalingToZeroAndBackKeepsTheDeploymentComplete() {
    cluster.create(ResourceTypes.DEPLOYMENTS, WEB);
    awaitWithKubelet(() -> assertThat(web("Progressing")).isEqualTo("True NewReplicaSetAvailable"));
    merge("spec: {replicas: 0}");
    awaitWithKubelet(() -> assertThat(cluster.pods()).isEmpty());
    awaitWithKubelet(() ->
        assertThat(cluster.get(ResourceTypes.DEPLOYMENTS, "web").path("status").has("replicas"))
            .isFalse());
    assertThat(web("Available")).isEqualTo("True MinimumReplicasAvailable");
    merge("spec: {replicas: 2}");
    await().untilAsserted(() -> assertThat(running()).hasSize(2));
    await()
        .untilAsserted(
            () -> assertThat(web("Available")).isEqualTo("False MinimumReplicasUnavailable"));
    assertThat(web("Progressing")).isEqualTo("True NewReplicaSetAvailable");
  }

  @Test
  void aNewTemplateNeverTakesAwayAnAvailablePod() {
    cluster.create(ResourceTypes.DEPLOYMENTS, WEB);
    awaitWithKubelet(() -> assertThat(web("Progressing")).isEqualTo("True NewReplicaSetAvailable"));
    merge("spec: {template: {spec: {containers: [{name: c, image: two}]}}}");
    awaitWithKubelet(() -> {
      assertThat(running().stream().filter(Pods::isReady).count()).isGreaterThanOrEqualTo(3);
      assertThat(running()).hasSizeLessThanOrEqualTo(4);
      assertThat(running())
          .hasSize(3)
          .allMatch(pod ->
              pod.path("spec").path("containers").get(0).path("image").asText().equals("two"));
    });
    assertThat(cluster.list(ResourceTypes.REPLICA_SETS)).hasSize(2);
  }

  @Test
  void anOldTemplateComesBackAsTheNewestRevisionOfItsReplicaSet() {
    cluster.create(ResourceTypes.DEPLOYMENTS, WEB);
    awaitWithKubelet(() -> assertThat(web("Progressing")).isEqualTo("True NewReplicaSetAvailable"));
    merge("spec: {template: {spec: {containers: [{name: c, image: two}]}}}");
    awaitWithKubelet(() -> assertThat(cluster.list(ResourceTypes.REPLICA_SETS)).hasSize(2));
    merge("spec: {template: {spec: {containers: [{name: c, image: one}]}}}");
    awaitWithKubelet(() ->
        assertThat(
                cluster
                    .get(ResourceTypes.DEPLOYMENTS, "web")
                    .path("metadata")
                    .path("annotations")
                    .path("deployment.kubernetes.io/revision")
                    .asText())
            .isEqualTo("3"));
    assertThat(cluster.list(ResourceTypes.REPLICA_SETS)).hasSize(2);
  }

  @Test
  void aPodThatVanishesIsReplacedAndOneThatFitsIsAdopted() {
    cluster.create(ResourceTypes.DEPLOYMENTS, WEB);
    await().untilAsserted(() -> assertThat(running()).hasSize(3));
    ObjectNode victim = running().getFirst();
    cluster.registry.delete(
        ResourceTypes.PODS, "default", Key.of(victim).name(), DeleteOptions.DEFAULT.withGrace(0));
    await()
        .untilAsserted(() ->
            assertThat(running()).hasSize(3).noneMatch(pod -> Key.of(pod).equals(Key.of(victim))));

    ObjectNode stray = running().getFirst().deepCopy();
    ObjectNode meta = stray.withObjectProperty("metadata");
    meta.remove(List.of("ownerReferences", "uid", "resourceVersion", "generateName"));
    meta.put("name", "stray");
    cluster.registry.create(ResourceTypes.PODS, stray);
    awaitWithKubelet(() -> assertThat(running()).hasSize(3));
  }

  @Test
  void deletingADeploymentDeletesWhatItOwns() {
    cluster.create(ResourceTypes.DEPLOYMENTS, WEB);
    await().untilAsserted(() -> assertThat(running()).hasSize(3));
    cluster.registry.delete(ResourceTypes.DEPLOYMENTS, "default", "web", DeleteOptions.DEFAULT);
    awaitWithKubelet(() -> assertThat(cluster.pods()).isEmpty());
    await().untilAsserted(() -> assertThat(cluster.list(ResourceTypes.REPLICA_SETS)).isEmpty());
  }

  @Test
  void foregroundDeletionWaitsForThePods() {
    cluster.create(ResourceTypes.DEPLOYMENTS, WEB);
    await().untilAsserted(() -> assertThat(running()).hasSize(3));
    cluster.registry.delete(
        ResourceTypes.DEPLOYMENTS,
        "default",
        "web",
        DeleteOptions.DEFAULT.withPropagation(DeleteOptions.Propagation.FOREGROUND));
    await().untilAsserted(() -> assertThat(running()).isEmpty());
    assertThat(
            cluster
                .get(ResourceTypes.DEPLOYMENTS, "web")
                .path("metadata")
                .hasNonNull("deletionTimestamp"))
        .isTrue();
    awaitWithKubelet(() -> assertThat(cluster.list(ResourceTypes.DEPLOYMENTS)).isEmpty());
    assertThat(cluster.list(ResourceTypes.REPLICA_SETS)).isEmpty();
  }

  @Test
  void orphanedReplicaSetsStayAndKeepTheirPods() {
    cluster.create(ResourceTypes.DEPLOYMENTS, WEB);
    await().untilAsserted(() -> assertThat(running()).hasSize(3));
    cluster.registry.delete(
        ResourceTypes.DEPLOYMENTS,
        "default",
        "web",
        DeleteOptions.DEFAULT.withPropagation(DeleteOptions.Propagation.ORPHAN));
    await().untilAsserted(() -> assertThat(cluster.list(ResourceTypes.DEPLOYMENTS)).isEmpty());
    assertThat(cluster.list(ResourceTypes.REPLICA_SETS))
        .singleElement()
        .matches(replicaSet -> Owners.controller(replicaSet).isEmpty());
    assertThat(running()).hasSize(3);
  }

  @Test
  void aNamespaceGoesWithItsContentAndItsPods() {
    cluster.registry.create(ResourceTypes.NAMESPACES, yaml("metadata: {name: shop}"));
    cluster.create(ResourceTypes.DEPLOYMENTS, WEB.replace("namespace: default", "namespace: shop"));
    await()
        .untilAsserted(
            () -> assertThat(cluster.registry.list(ResourceTypes.PODS, "shop").items()).hasSize(3));
    cluster.registry.delete(ResourceTypes.NAMESPACES, "", "shop", DeleteOptions.DEFAULT);
    await()
        .untilAsserted(() -> {
          for (ObjectNode pod : cluster.registry.list(ResourceTypes.PODS, "shop").items()) {
            cluster.registry.delete(
                ResourceTypes.PODS, "shop", Key.of(pod).name(), DeleteOptions.DEFAULT.withGrace(0));
          }
          assertThat(cluster.registry.find(ResourceTypes.NAMESPACES, "", "shop")).isEmpty();
        });
  }

  @Test
  void whatHappenedIsToldInEvents() {
    cluster.create(ResourceTypes.DEPLOYMENTS, WEB);
    await()
        .untilAsserted(() ->
            assertThat(cluster.list(ResourceTypes.EVENTS))
                .extracting(event -> event.path("reason").asText())
                .contains("ScalingReplicaSet", "SuccessfulCreate"));
  }
}
