package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bellows.api.config.LeaderElectionConfig;
import dev.bellows.controlplane.bucket.BucketLeases;
import dev.bellows.controlplane.bucket.Handover;
import dev.bellows.controlplane.bucket.Identity;
import dev.bellows.controlplane.watch.Informers;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.core.shard.BucketSet;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Autoscalers share the buckets by Leases of a real API. */
class BucketLeasesTest {
  private static final LeaderElectionConfig QUICK = election("2s", "1500ms", "300ms");

  /** Nobody who waits for a holder to be silent gets a Lease within a test. */
  private static final LeaderElectionConfig PATIENT = election("5m", "4m", "1m");

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir private Path home;
  private EmbeddedApi api;
  private final List<Candidate> candidates = new ArrayList<>();

  /** One autoscaler's share, with a client and watches of its own, as in a process of its own. */
  private record Candidate(KubernetesClient client, Informers informers, BucketLeases leases) {
    long owned() {
      return IntStream.range(0, 3)
          .filter(i -> leases.owns("autoscaler-bucket-0%d-of-03".formatted(i)))
          .count();
    }

    /** As a power cut would end it: nothing is given back. */
    void vanish() {
      client.close();
    }

    void leave() {
      leases.close();
      informers.close();
      client.close();
    }
  }

  @BeforeEach
  void start() throws Exception {
    api = new EmbeddedApi(home);
  }

  @AfterEach
  void stop() {
    candidates.forEach(Candidate::leave);
    api.close();
  }

  @Test
  void oneHoldsThemAllUntilItIsSilentAndThenTheOtherDoes() throws Exception {
    Candidate first = candidate("autoscaler-1", "127.0.0.1", QUICK);
    await().atMost(LIMIT).until(() -> first.owned() == 3);
    Candidate second = candidate("autoscaler-2", "127.0.0.2", QUICK);
    await()
        .atMost(LIMIT)
        .untilAsserted(() ->
            assertThat(second.leases().otherHolder("autoscaler-bucket-01-of-03"))
                .contains(new Identity("autoscaler-1", "127.0.0.1")));
    assertThat(second.owned()).isZero();
    Key key = new Key("default", "hello-00002");
    assertThat(first.leases().bucket(key)).isEqualTo("autoscaler-bucket-01-of-03");
    assertThat(first.leases().isOurs(key)).isTrue();

    first.vanish();
    await().atMost(LIMIT).until(() -> second.owned() == 3);
    assertThat(first.owned()).as("held by both").isZero();
    await()
        .atMost(LIMIT)
        .untilAsserted(() ->
            assertThat(
                    api.client
                        .discovery()
                        .v1()
                        .endpointSlices()
                        .inNamespace("knative-serving")
                        .withName("autoscaler-bucket-01-of-03")
                        .get()
                        .getEndpoints()
                        .getFirst()
                        .getAddresses())
                .containsExactly("127.0.0.2"));
  }

  @ParameterizedTest
  @ValueSource(ints = {-30, 30})
  void clocksThatAreFarApartDoNotMatter(int seconds) throws Exception {
    Clock apart = Clock.offset(Clock.systemUTC(), Duration.ofSeconds(seconds));
    Candidate first =
        candidate("autoscaler-1", "127.0.0.1", QUICK, Handover.ofNothing(), Clock.systemUTC());
    await().atMost(LIMIT).until(() -> first.owned() == 3);
    Candidate second = candidate("autoscaler-2", "127.0.0.2", QUICK, Handover.ofNothing(), apart);
    // For longer than a holder is believed alive without renewing.
    await().during(Duration.ofSeconds(4)).atMost(LIMIT).until(() -> second.owned() == 0);
    first.vanish();
    await().atMost(LIMIT).until(() -> second.owned() == 3);
    assertThat(first.owned()).as("held by both").isZero();
  }

  @Test
  void whoLeavesGivesItsBucketsBack() throws Exception {
    Candidate first = candidate("autoscaler-1", "127.0.0.1", PATIENT);
    await().atMost(LIMIT).until(() -> first.owned() == 3);
    Candidate second = candidate("autoscaler-2", "127.0.0.2", PATIENT);
    first.leases().close();
    await().atMost(LIMIT).until(() -> second.owned() == 3);
  }

  @Test
  void whatTheLastHolderKnewPassesWithTheBucketOnce() throws Exception {
    Candidate first =
        candidate("autoscaler-1", "127.0.0.1", PATIENT, new Note("known of "), Clock.systemUTC());
    await().atMost(LIMIT).until(() -> first.owned() == 3);
    Note second = new Note("");
    Candidate next = candidate("autoscaler-2", "127.0.0.2", PATIENT, second, Clock.systemUTC());
    first.leases().close();
    await().atMost(LIMIT).until(() -> next.owned() == 3);
    assertThat(second.taken())
        .containsExactlyInAnyOrder(
            "known of autoscaler-bucket-00-of-03",
            "known of autoscaler-bucket-01-of-03",
            "known of autoscaler-bucket-02-of-03");
    assertThat(
            api.client.leases().inNamespace("knative-serving").list().getItems().stream()
                .flatMap(lease -> lease.getMetadata().getAnnotations().keySet().stream()))
        .as("what was taken is not kept")
        .isEmpty();
  }

  /** Leaves a word about each bucket, and keeps what it gets. */
  private record Note(String word, List<String> taken) implements Handover {
    Note(String word) {
      this(word, new CopyOnWriteArrayList<>());
    }

    @Override
    public byte[] leave(Predicate<Key> keys, int limit) {
      String bucket =
          IntStream.range(0, 10_000)
              .mapToObj(i -> new Key("default", "hello-" + i))
              .filter(keys)
              .map(key -> BucketSet.ofAutoscaler(3).owner(key.toString()))
              .distinct()
              .collect(Collectors.joining());
      return (word + bucket).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void take(byte[] left) {
      taken.add(new String(left, StandardCharsets.UTF_8));
    }
  }

  private static LeaderElectionConfig election(String lease, String deadline, String period) {
    return LeaderElectionConfig.parse(
        Map.of(
            "buckets", "3",
            "lease-duration", lease,
            "renew-deadline", deadline,
            "retry-period", period));
  }

  private Candidate candidate(String podName, String podIp, LeaderElectionConfig election)
      throws Exception {
    return candidate(podName, podIp, election, Handover.ofNothing(), Clock.systemUTC());
  }

  private Candidate candidate(
      String podName,
      String podIp,
      LeaderElectionConfig election,
      Handover handover,
      InstantSource clock)
      throws Exception {
    KubernetesClient client =
        new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(api.kubeconfig())).build();
    Informers informers = new Informers(client);
    BucketLeases leases =
        BucketLeases.ofAutoscaler(
            client,
            informers.watchLeases("knative-serving"),
            "knative-serving",
            new Identity(podName, podIp),
            election,
            clock);
    leases.handsOver(handover);
    informers.start(LIMIT);
    leases.start();
    Candidate candidate = new Candidate(client, informers, leases);
    candidates.add(candidate);
    return candidate;
  }
}
