package dev.bellows.controlplane.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bellows.controlplane.scrape.PodWatch;
import dev.bellows.controlplane.scrape.RevisionPods;
import dev.bellows.controlplane.scrape.RevisionPods.ReadyPod;
import dev.bellows.core.kpa.DeciderSpec;
import dev.bellows.core.kpa.DeciderStatus;
import dev.bellows.core.kpa.MetricSpec;
import dev.bellows.core.kpa.ScaleResult;
import dev.bellows.core.kpa.ScalingMetric;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.ServiceId;
import dev.bellows.core.stat.Aggregation;
import dev.bellows.core.stat.Stat;
import dev.bellows.core.stat.StatMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** The loop on a virtual clock; only activators report here. */
class MultiScalerTest {
  private static final RevisionId HELLO = new RevisionId("default", "hello-00001");

  private final VirtualClock clock = new VirtualClock();
  private final Pods pods = new Pods();
  private final List<RevisionId> told = new ArrayList<>();
  private final MetricCollector metrics =
      new MetricCollector(
          (revision, target) -> {
            throw new IllegalStateException("nobody is scraped here");
          },
          Runnable::run,
          clock,
          revision -> {});
  private final MultiScaler scaler = new MultiScaler(metrics, pods, told::add);
  private final ScalingLoop loop = new ScalingLoop(metrics, scaler, clock);

  @Test
  void decidesTwoSecondsAfterItsCreation() {
    create(HELLO, 10);
    report(25);
    advance("1.9S");
    assertThat(scaler.status(HELLO)).contains(new DeciderStatus(-1, -201));
    assertThat(told).isEmpty();
    report(25);
    advance("0.1S");
    assertThat(scaler.status(HELLO).orElseThrow().desiredScale()).isEqualTo(3);
    assertThat(told).containsExactly(HELLO);
  }

  @Test
  void tellsOnlyOfAnotherScale() {
    create(HELLO, 10);
    for (int i = 0; i < 10; i++) {
      report(25);
      advance("1S");
    }
    assertThat(told).containsExactly(HELLO);
  }

  @Test
  void decidesAtOnceWhenRequestsMeetNoPod() {
    create(HELLO, 10);
    advance("2S");
    assertThat(scaler.status(HELLO).orElseThrow().desiredScale()).isEqualTo(0);
    told.clear();

    advance("0.3S");
    report(1);
    assertThat(scaler.status(HELLO).orElseThrow().desiredScale()).isEqualTo(1);
    assertThat(told).containsExactly(HELLO);
  }

  @Test
  void isNotPokedBeforeItsFirstDecisionNorByAnIdleReport() {
    create(HELLO, 10);
    report(1);
    assertThat(scaler.latest(HELLO)).isEmpty();
    advance("2S");
    advance("2S");
    report(0);
    assertThat(told).hasSize(1);
  }

  @Test
  void holdsWhereNothingIsCollected() {
    create(HELLO, 10);
    metrics.delete(HELLO);
    advance("2S");
    assertThat(scaler.status(HELLO)).contains(new DeciderStatus(-1, -201));
    assertThat(told).isEmpty();
    assertThat(scaler.latest(HELLO).map(ScaleResult::because))
        .get()
        .hasToString("What was wanted stays wanted, because no statistics are collected.");
  }

  @Test
  void holdsWhileThePodsAreNotKnown() {
    create(HELLO, 10);
    pods.known = false;
    advance("2S");
    assertThat(scaler.latest(HELLO).map(ScaleResult::because))
        .get()
        .hasToString(
            "What was wanted stays wanted, because it is not known how many pods are ready.");
  }

  @Test
  void beginsWithThePodsThatAreReady() {
    pods.ready = 5;
    create(HELLO, 10);
    advance("2S");
    assertThat(scaler.status(HELLO).orElseThrow().desiredScale()).isEqualTo(5);
    assertThat(scaler.gauges()).singleElement().extracting(RevisionGauges::panicMode).isEqualTo(1);
  }

  @Test
  void goesOnByAChangedSpecWithWhatItKnows() {
    create(HELLO, 10);
    report(25);
    advance("2S");
    assertThat(create(HELLO, 5).desiredScale()).isEqualTo(3);
    report(25);
    advance("2S");
    assertThat(scaler.status(HELLO).orElseThrow().desiredScale())
        .isEqualTo(4); // 50 in 3 s at 5 per pod
  }

  @Test
  void showsGaugesOfItsLatestDecision() {
    Decider decider = create(HELLO, 10, "rps");
    assertThat(scaler.gauges())
        .containsExactly(new RevisionGauges(decider, ScalingMetric.RPS, 0, 0, 0, 0, 0, 0));
    report(25);
    advance("2S");
    assertThat(scaler.gauges())
        .containsExactly(new RevisionGauges(decider, ScalingMetric.RPS, 5, -261, 1, 50, 50, 10));
  }

  @Test
  void forgetsWhatIsDeleted() {
    create(HELLO, 10);
    scaler.delete(HELLO);
    report(25);
    advance("2S");
    assertThat(scaler.status(HELLO)).isEmpty();
    assertThat(scaler.gauges()).isEmpty();
    assertThat(told).isEmpty();
  }

  @Test
  void aReportFromTheFutureCountsAsOfNow() {
    create(HELLO, 10);
    Stat stat = new Stat("activator", 25, 0, 50, 0, 0, clock.instant().getEpochSecond() + 3600);
    loop.record(new StatMessage(HELLO, stat));
    advance("1S");
    report(25);
    advance("1S");
    assertThat(scaler.status(HELLO).orElseThrow().desiredScale()).isEqualTo(3);
  }

  @Test
  void refusesADeciderWithoutItsLabels() {
    assertThatThrownBy(() -> new Decider(HELLO, "hello", "", "hello-00001", spec(10, "rps")))
        .hasMessage(
            "label \"serving.knative.dev/configuration\" not found or empty in Decider"
                + " hello-00001");
  }

  @Test
  void oneStepAfterALongPauseDecidesOnceAboutEach() {
    for (int i = 0; i < 20; i++) {
      create(new RevisionId("default", "revision-" + i), 10);
    }
    clock.advance(Duration.ofMinutes(10));
    loop.step(clock.instant());
    assertThat(told).hasSize(20).doesNotHaveDuplicates();
  }

  private DeciderStatus create(RevisionId id, double target) {
    create(id, target, "concurrency");
    return scaler.status(id).orElseThrow();
  }

  private Decider create(RevisionId id, double target, String metric) {
    metrics.createOrUpdate(
        id, new MetricSpec(Duration.ofSeconds(60), Duration.ofSeconds(6), ""), Aggregation.LINEAR);
    Decider decider = new Decider(id, "hello", "hello", id.name(), spec(target, metric));
    scaler.createOrUpdate(decider, OptionalInt.empty(), clock.instant());
    return decider;
  }

  private static DeciderSpec spec(double target, String metric) {
    return new DeciderSpec(
        metric,
        target,
        10,
        211,
        100,
        2,
        1000,
        2,
        Duration.ofSeconds(60),
        Duration.ZERO,
        1,
        0,
        true);
  }

  private void report(double concurrency) {
    loop.record(
        new StatMessage(HELLO, new Stat("activator", concurrency, 0, 2 * concurrency, 0, 0, 0)));
  }

  private void advance(String seconds) {
    clock.advance(Duration.parse("PT" + seconds));
    loop.step(clock.instant());
  }

  private static final class Pods implements PodWatch {
    private int ready;
    private boolean known = true;

    @Override
    public Optional<RevisionPods> pods(RevisionId revision) {
      return known
          ? Optional.of(
              new RevisionPods(
                  Collections.nCopies(ready, new ReadyPod("pod", "10.0.0.1", Instant.MAX)),
                  0,
                  0,
                  0))
          : Optional.empty();
    }

    @Override
    public Address metricsAddress(ServiceId service, String podIp) {
      return new Address(podIp, 9090);
    }
  }
}
