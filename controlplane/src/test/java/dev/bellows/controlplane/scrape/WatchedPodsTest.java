package dev.bellows.controlplane.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.controlplane.scrape.RevisionPods.ReadyPod;
import dev.bellows.controlplane.watch.Watched;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.ServiceId;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.EndpointsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class WatchedPodsTest {
  private static final RevisionId HELLO = new RevisionId("default", "hello-00001");
  private static final RevisionId OTHER = new RevisionId("default", "hello-00002");

  private final Watched<Pod> pods = new Watched<>(Pod.class);
  private final Watched<Endpoints> endpoints = new Watched<>(Endpoints.class);
  private final WatchedPods watched = new WatchedPods(pods, endpoints);
  private int version;

  @Test
  void tellsPodsApartByWhatTheyAreUpTo() {
    pods.put(pod("ready", "hello-00001", "Running", "True"));
    pods.put(pod("starting", "hello-00001", "Running", "False"));
    pods.put(pod("unplaced", "hello-00001", "Pending", "False"));
    pods.put(pod("done", "hello-00001", "Succeeded", "False"));
    pods.put(
        new PodBuilder(pod("going", "hello-00001", "Running", "True"))
            .editMetadata()
            .withDeletionTimestamp("2026-11-21T10:00:30Z")
            .endMetadata()
            .build());
    pods.put(pod("foreign", "hello-00002", "Running", "True"));
    assertThat(watched.pods(HELLO))
        .contains(
            new RevisionPods(
                List.of(new ReadyPod("ready", "10.0.0.1", Instant.parse("2026-11-21T10:00:00Z"))),
                3,
                1,
                1));
  }

  @Test
  void followsAPodThroughItsLife() {
    assertThat(watched.pods(HELLO)).contains(RevisionPods.NONE);
    pods.put(pod("a", "hello-00001", "Pending", "False"));
    pods.put(pod("a", "hello-00001", "Running", "True"));
    assertThat(watched.pods(HELLO).orElseThrow().ready()).hasSize(1);
    Pod moved = pod("a", "hello-00002", "Running", "True");
    pods.put(moved);
    assertThat(watched.pods(HELLO)).contains(RevisionPods.NONE);
    assertThat(watched.pods(OTHER).orElseThrow().ready()).hasSize(1);
    pods.remove(moved);
    assertThat(watched.pods(OTHER)).contains(RevisionPods.NONE);
  }

  @Test
  void aPodWithoutAStartTimeIsYoung() {
    pods.put(
        new PodBuilder(pod("a", "hello-00001", "Running", "True"))
            .editStatus()
            .withStartTime(null)
            .endStatus()
            .build());
    assertThat(watched.pods(HELLO).orElseThrow().ready())
        .extracting(ReadyPod::startedAt)
        .containsExactly(Instant.MAX);
  }

  @Test
  void theEndpointsTellThePortOfEachPod() {
    ServiceId service = new ServiceId("default", "hello-00001-private");
    assertThat(watched.metricsAddress(service, "10.0.0.1"))
        .isEqualTo(new Address("10.0.0.1", 9090));
    endpoints.put(
        new EndpointsBuilder()
            .withNewMetadata()
            .withNamespace("default")
            .withName("hello-00001-private")
            .endMetadata()
            .addNewSubset()
            .addNewAddress()
            .withIp("10.0.0.1")
            .endAddress()
            .addNewPort()
            .withName("http")
            .withPort(8012)
            .endPort()
            .addNewPort()
            .withName("http-autometric")
            .withPort(40123)
            .endPort()
            .endSubset()
            .build());
    assertThat(watched.metricsAddress(service, "10.0.0.1"))
        .isEqualTo(new Address("10.0.0.1", 40123));
    assertThat(watched.metricsAddress(service, "10.0.0.2"))
        .isEqualTo(new Address("10.0.0.2", 9090));
  }

  private Pod pod(String name, String revision, String phase, String ready) {
    version++;
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace("default")
        .withName(name)
        .withResourceVersion("" + version)
        .addToLabels("serving.knative.dev/revision", revision)
        .endMetadata()
        .withNewStatus()
        .withPhase(phase)
        .withPodIP("10.0.0.1")
        .withStartTime("2026-11-21T10:00:00Z")
        .addNewCondition()
        .withType("Ready")
        .withStatus(ready)
        .endCondition()
        .endStatus()
        .build();
  }
}
