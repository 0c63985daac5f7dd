package dev.bellows.dataplane.activator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.route.Address;
import dev.bellows.core.route.Endpoints;
import dev.bellows.dataplane.activator.PodHealth.Finding;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PodHealthTest {
  private static final Address POD = new Address("10.0.0.1", 8012);
  private static final Endpoints NOT_READY = new Endpoints(List.of(), List.of(POD));
  private static final Endpoints READY = new Endpoints(List.of(POD), List.of());

  private final PodHealth health = new PodHealth(false);

  @Test
  void aPodThatKubernetesCallsReadyIsUsedUnasked() {
    health.onEndpoints(READY, 0);

    assertThat(health.healthy()).containsExactly(POD);
    assertThat(health.takeDue(0)).isEmpty();
    assertThat(health.nextDueNanos(0)).isEmpty();
  }

  @Test
  void aNewPodIsAskedAtOnceAndUsedAsSoonAsItSaysYes() {
    health.onEndpoints(NOT_READY, 0);
    assertThat(health.takeDue(0)).containsExactly(POD);
    assertThat(health.takeDue(millis(100))).as("one question at a time").isEmpty();

    health.onProbe(POD, Finding.NOT_READY, millis(100));
    assertThat(health.healthy()).isEmpty();
    assertThat(health.nextDueNanos(millis(100))).isEqualTo(OptionalLong.of(millis(105)));
    assertThat(health.takeDue(millis(105))).containsExactly(POD);

    health.onProbe(POD, Finding.READY, millis(106));
    assertThat(health.healthy()).containsExactly(POD);
    assertThat(health.nextDueNanos(millis(106))).isEmpty();
  }

  @Test
  void afterASecondItIsAskedFiveTimesASecond() {
    health.onEndpoints(NOT_READY, 0);
    health.takeDue(0);
    health.onProbe(POD, Finding.NOT_READY, millis(999));
    assertThat(health.nextDueNanos(millis(999))).isEqualTo(OptionalLong.of(millis(1004)));

    assertThat(health.takeDue(millis(1004))).as("the eager second is over").isEmpty();
    assertThat(health.nextDueNanos(millis(1004))).isEqualTo(OptionalLong.of(millis(1199)));
    assertThat(health.takeDue(millis(1199))).containsExactly(POD);
  }

  @Test
  void aProvenPodStaysProvenUntilItMovesFromReadyToNotReady() {
    health.onEndpoints(NOT_READY, 0);
    health.takeDue(0);
    health.onProbe(POD, Finding.READY, 1);
    health.onEndpoints(NOT_READY, 2);
    assertThat(health.healthy()).containsExactly(POD);
    health.onEndpoints(READY, 3);
    assertThat(health.healthy()).containsExactly(POD);

    health.onEndpoints(NOT_READY, 4);

    assertThat(health.healthy()).isEmpty();
    assertThat(health.takeDue(4)).containsExactly(POD);
  }

  @Test
  void aPodThatCouldNotBeReachedMustProveItselfEvenIfKubernetesCallsItReady() {
    health.onEndpoints(READY, 0);
    health.onUnreachable(POD, 1);
    assertThat(health.healthy()).isEmpty();
    assertThat(health.takeDue(1)).containsExactly(POD);

    health.onEndpoints(READY, 2);
    assertThat(health.healthy()).as("the same news again proves nothing").isEmpty();

    health.onProbe(POD, Finding.READY, 3);
    assertThat(health.healthy()).containsExactly(POD);
  }

  @Test
  void whereOnlyKubernetesCanTellAPodIsNotAskedUntilItCouldNotBeReached() {
    PodHealth patient = new PodHealth(true);
    patient.onEndpoints(NOT_READY, 0);
    assertThat(patient.takeDue(0)).isEmpty();
    assertThat(patient.nextDueNanos(0)).isEmpty();

    patient.onEndpoints(READY, 1);
    assertThat(patient.healthy()).containsExactly(POD);
    patient.onUnreachable(POD, 2);
    assertThat(patient.takeDue(2)).containsExactly(POD);
  }

  @Test
  void aPodThatSaysItselfThatItIsReadyIsUsedBeforeKubernetesListsIt() {
    health.onToldReady(POD, 0);
    assertThat(health.healthy()).containsExactly(POD);

    health.onEndpoints(Endpoints.NONE, millis(5));
    assertThat(health.healthy()).as("news of other pods").containsExactly(POD);
    health.onEndpoints(NOT_READY, millis(10));
    health.onEndpoints(READY, millis(20));
    assertThat(health.healthy()).containsExactly(POD);
    assertThat(health.nextDueNanos(millis(20))).as("nobody need ask it").isEmpty();

    health.onEndpoints(Endpoints.NONE, millis(30));
    assertThat(health.healthy()).as("once listed, it goes with its entry").isEmpty();
  }

  @Test
  void aPodThatKubernetesNeverListsIsForgotten() {
    health.onToldReady(POD, 0);
    health.onEndpoints(Endpoints.NONE, PodHealth.LISTED_WITHIN.toNanos());
    assertThat(health.healthy()).isEmpty();

    health.onToldReady(POD, 0);
    health.onUnreachable(POD, 1);
    assertThat(health.healthy()).isEmpty();
    assertThat(health.nextDueNanos(1)).isEmpty();
  }

  @Test
  void whereOnlyKubernetesCanTellAPodsOwnWordDoesNotCount() {
    PodHealth patient = new PodHealth(true);
    patient.onToldReady(POD, 0);
    assertThat(patient.healthy()).isEmpty();
  }

  @Test
  void anAnswerForAPodThatIsGoneIsDropped() {
    health.onEndpoints(NOT_READY, 0);
    health.takeDue(0);
    health.onEndpoints(Endpoints.NONE, 1);

    health.onProbe(POD, Finding.READY, 2);

    assertThat(health.healthy()).isEmpty();
    assertThat(health.nextDueNanos(2)).isEmpty();
  }

  @Test
  void onlyAFewOfManyNewPodsAreAskedEagerly() {
    List<Address> many =
        IntStream.range(0, 100).mapToObj(i -> new Address("10.0.1." + i, 8012)).toList();
    health.onEndpoints(new Endpoints(List.of(), many), 0);
    List<Address> asked = health.takeDue(0);
    assertThat(asked).hasSize(100);
    asked.forEach(pod -> health.onProbe(pod, Finding.NOT_READY, 0));

    assertThat(health.takeDue(millis(5))).hasSize(PodHealth.EAGER_PODS);
    assertThat(health.takeDue(millis(200))).hasSize(100 - PodHealth.EAGER_PODS);
  }

  private static long millis(long value) {
    return TimeUnit.MILLISECONDS.toNanos(value);
  }

  @Test
  void whereAMeshMayStandBeforeAReadyPodItMustHaveAnswered() {
    health.trustKubernetes(false, 0);
    health.onEndpoints(READY, 0);
    assertThat(health.healthy()).isEmpty();
    assertThat(health.takeDue(0)).containsExactly(POD);
    assertThat(health.readyPodsAreSilent()).as("not yet asked").isFalse();

    health.onProbe(POD, Finding.SILENT, 1);
    assertThat(health.readyPodsAreSilent()).isTrue();
    health.onProbe(POD, Finding.NOT_READY, 2);
    assertThat(health.readyPodsAreSilent()).as("it answered").isFalse();

    health.trustKubernetes(true, 3);
    assertThat(health.healthy()).containsExactly(POD);
  }

  @Test
  void theSilenceOfAPodThatIsStartingSaysNothingOfAMesh() {
    health.trustKubernetes(false, 0);
    health.onEndpoints(NOT_READY, 0);
    health.takeDue(0);
    health.onProbe(POD, Finding.SILENT, 1);
    assertThat(health.readyPodsAreSilent()).isFalse();

    long now = PodHealth.EAGER_INTERVAL.toNanos() + 1;
    assertThat(health.takeDue(now)).containsExactly(POD);
    health.onEndpoints(READY, now + 1);
    health.onProbe(POD, Finding.SILENT, now + 2);
    assertThat(health.readyPodsAreSilent()).as("asked before it was ready").isFalse();
  }
}
