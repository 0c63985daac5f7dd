package dev.bellows.it;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bellows.api.config.LeaderElectionConfig;
import dev.bellows.api.serving.Revision;
import dev.bellows.controlplane.ControlPlane;
import dev.bellows.controlplane.ControlPlaneConfig;
import dev.bellows.controlplane.Serving;
import dev.bellows.controlplane.bucket.ElectionByLeases;
import dev.bellows.controlplane.bucket.Identity;
import dev.bellows.controlplane.reconcile.revision.DigestResolver;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two control planes at one API: one reconciles, the other goes on when it is gone. */
class ElectionTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final LeaderElectionConfig TERMS =
      LeaderElectionConfig.parse(
          Map.of("lease-duration", "4s", "renew-deadline", "3s", "retry-period", "1s"));

  /** As many seconds as a process may take to start on a busy machine. */
  private static final LeaderElectionConfig TWO_BUCKETS =
      LeaderElectionConfig.parse(
          Map.of(
              "buckets", "2",
              "lease-duration", "60s",
              "renew-deadline", "40s",
              "retry-period", "1s"));

  @TempDir private Path home;
  private EmbeddedApi api;

  /** One process's share, with a client and watches of its own. */
  private record Candidate(
      KubernetesClient client, ControlPlane controlPlane, ElectionByLeases election) {
    static Candidate start(EmbeddedApi api, String podName, LeaderElectionConfig terms)
        throws Exception {
      KubernetesClient client =
          new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(api.kubeconfig())).build();
      ControlPlane controlPlane =
          new ControlPlane(client, ControlPlaneConfig.embedded(), Clock.systemUTC());
      ElectionByLeases election =
          new ElectionByLeases(
              client,
              controlPlane.informers().watchLeases("knative-serving"),
              "knative-serving",
              new Identity(podName, "127.0.0.1"),
              terms,
              Clock.systemUTC());
      new Serving(controlPlane, DigestResolver.ofLocalImages(image -> true), election);
      controlPlane.start();
      election.start();
      return new Candidate(client, controlPlane, election);
    }

    /** As a power cut would end it: without its client it can give nothing back. */
    void vanish() {
      client.close();
      election.close();
      controlPlane.close();
    }

    void leave() {
      election.close();
      controlPlane.close();
      client.close();
    }
  }

  @BeforeEach
  void start() throws IOException {
    api = new EmbeddedApi(home);
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  void anotherReconcilesWhenTheLeaderIsGone() throws Exception {
    Candidate first = Candidate.start(api, "controller-1", TERMS);
    await().atMost(LIMIT).untilAsserted(() -> assertThat(holders()).hasSize(9));
    assertThat(holders()).containsOnly("controller-1_127.0.0.1");
    assertThat(leases().map(lease -> lease.getMetadata().getName()))
        .contains(
            "controller.knative.dev.serving.pkg.reconciler.revision.reconciler.00-of-01",
            "controller.knative.dev.serving.pkg.reconciler.nscert.reconciler.00-of-01");
    Candidate second = Candidate.start(api, "controller-2", TERMS);
    try {
      apply("one");
      awaitRevision("one-00001");
      assertThat(holders()).containsOnly("controller-1_127.0.0.1");
      first.vanish();
      apply("two");
      awaitRevision("two-00001");
      await()
          .atMost(LIMIT)
          .untilAsserted(() -> assertThat(holders()).containsOnly("controller-2_127.0.0.1"));
    } finally {
      second.leave();
    }
    assertThat(holders()).as("given back").containsOnly("");
  }

  @Test
  void twoShareWhatThereIsAndNothingIsLeftOut() throws Exception {
    Candidate first = Candidate.start(api, "controller-1", TWO_BUCKETS);
    await().atMost(LIMIT).untilAsserted(() -> assertThat(holders()).hasSize(18));
    first.leave();
    leases()
        .filter(lease -> lease.getMetadata().getName().endsWith(".01-of-02"))
        .forEach(lease -> {
          lease.getSpec().setHolderIdentity("controller-2_127.0.0.1");
          lease.getSpec().setLeaseDurationSeconds(60);
          api.client.resource(lease).update();
        });
    Candidate one = Candidate.start(api, "controller-1", TWO_BUCKETS);
    Candidate two = Candidate.start(api, "controller-2", TWO_BUCKETS);
    try {
      await().atMost(LIMIT).untilAsserted(() -> assertThat(holders()).doesNotContain(""));
      List<String> names = IntStream.range(0, 8).mapToObj(i -> "shared-" + i).toList();
      names.forEach(this::apply);
      names.forEach(name -> awaitRevision(name + "-00001"));
      assertThat(holders().stream().collect(groupingBy(holder -> holder, counting())))
          .as("who holds how many")
          .containsExactlyInAnyOrderEntriesOf(
              Map.of("controller-1_127.0.0.1", 9L, "controller-2_127.0.0.1", 9L));
    } finally {
      two.leave();
      one.leave();
    }
  }

  private Stream<Lease> leases() {
    return api.client.leases().inNamespace("knative-serving").list().getItems().stream();
  }

  private List<String> holders() {
    return leases()
        .map(lease -> lease.getSpec().getHolderIdentity())
        .map(holder -> holder == null ? "" : holder)
        .toList();
  }

  private void awaitRevision(String name) {
    await()
        .atMost(LIMIT)
        .untilAsserted(() ->
            assertThat(
                    api.client
                        .resources(Revision.class)
                        .inNamespace("default")
                        .withName(name)
                        .get())
                .isNotNull());
  }

  private void apply(String name) {
    api.client
        .resource(
            """
            apiVersion: serving.knative.dev/v1
            kind: Service
            metadata: {name: %s, namespace: default}
            spec: {template: {spec: {containers: [{image: dev.local/helloworld}]}}}
            """
                .formatted(name))
        .create();
  }
}
