package dev.bellows.core.kpa;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.stat.Observation;
import org.junit.jupiter.api.Test;

/** The worked examples of the autoscaling spec, §11 A to C, by their numbers. */
class AutoscalerTest {
  private final ScaledRevision revision = new ScaledRevision();

  @Test
  void wantsNoPodWithoutLoad() { // 1
    revision.target(10).burst(100).ready(1).load(0).wants(0).excess(-87);
  }

  @Test
  void keepsTheActivatorInThePathWhenTheBurstIsUnlimited() { // 2
    revision.target(181).burst(-1).ready(1).load(21, 26).wants(1).excess(-1);
  }

  @Test
  void reckonsNoExcessWhenNoBurstIsToFit() { // 3
    revision.target(10).burst(0).ready(1).load(50, 49).wants(5).excess(0);
  }

  @Test
  void wantsTheLoadDividedByTheTarget() { // 4
    revision.target(10).burst(100).ready(5).load(50).wants(5).excess(-84);
  }

  @Test
  void followsTheGreaterWindowInPanic() { // 5, 6
    new ScaledRevision().target(1).burst(100).startsWith(5).ready(5).load(50, 30).wants(50);
    new ScaledRevision().target(1).burst(100).startsWith(5).ready(5).load(20, 30).wants(30);
  }

  @Test
  void growsByAtMostTheScaleUpRate() { // 7: ceil, or two pods would stay two for ever at 1.1
    revision.target(1).burst(1982).upRate(1.1).ready(2).load(3, 3.1).wants(3).excess(-1983);
  }

  @Test
  void shrinksByAtMostTheScaleDownRateWhileReachable() { // 8, 9
    revision.target(10).burst(1982).downRate(1.1).ready(100).load(1).wants(90).excess(-650);
    revision.unreachable().load(1).wants(1).excess(-650);
  }

  @Test
  void growsFromTheReadyPodsStepByStep() { // 10, 11
    new ScaledRevision().burst(84).ready(1).load(50, 100).wants(10).panics().excess(-171);
    revision.target(10).burst(61).ready(1).load(1000, 1001).wants(10).excess(-1049);
    revision.ready(10).load(1000, 1001).wants(100).excess(-929);
  }

  @Test
  void shrinksFromTheReadyPodsStepByStep() { // 12
    revision.target(10).burst(61).ready(100).load(1).wants(10).excess(1271);
    revision.ready(10).load(1).wants(1).excess(71);
  }

  @Test
  void reckonsGrowthFromZeroAsFromOne() { // 13
    revision.target(10).burst(81).ready(0).load(1000, 888).wants(10).excess(-969);
  }

  @Test
  void scalesByRequestsPerSecondAlike() { // 14
    revision.metric("rps").target(10).burst(100).ready(1).load(100, 99).wants(10).excess(-186);
  }

  @Test
  void wakesToTheActivationScaleButDoesNotStayForIt() { // 15
    revision.target(10).burst(75).activationScale(2).ready(1).load(1, 0).wants(2).excess(-62);
    revision.load(0).wants(0);
  }

  @Test
  void panicEndsAStableWindowAfterItsLastCause() { // 16
    revision.target(1).burst(98);
    revision.at("0s").ready(10).load(11, 25).wants(25).panics().excess(-110);
    revision.at("30s").ready(40).load(30, 41).wants(41).panics().excess(-86);
    revision.at("62s").ready(55).load(50, 56).wants(50).isCalm().excess(-81);
  }

  @Test
  void panicLastsStillAtExactlyAStableWindow() {
    revision.target(1).at("0s").ready(10).load(11, 25).panics();
    revision.at("60s").ready(55).load(50, 56).panics();
    revision.at("60.001s").load(50, 56).isCalm();
  }

  @Test
  void panicIsExtendedByAnotherCause() { // 17
    revision.target(1).burst(98);
    revision.at("0s").ready(10).load(11, 25).wants(25);
    revision.at("30s").ready(40).load(30, 80).wants(80).excess(-125);
    revision.at("62s").ready(55).load(50, 56).wants(80).panics();
  }

  @Test
  void panicNeverShrinks() { // 18
    revision.target(10).burst(93);
    revision.at("0s").ready(1).load(100).wants(10).excess(-180);
    revision.at("0s").ready(10).load(100, 1000).wants(100).excess(-960);
    revision.at("30s").ready(10).load(1).wants(100).excess(39);
    revision.at("61s").load(1).wants(1).excess(39);
  }

  @Test
  void beginsInPanicOnlyWhereMoreThanOnePodIsReady() { // 19
    new ScaledRevision().startsWith(0).load(0).isCalm();
    new ScaledRevision().startsWith(1).ready(1).load(0).isCalm();
    new ScaledRevision().startsWith(2).ready(2).load(0).wants(2).panics();
  }

  @Test
  void keepsPodsUntilTheScaleDownDelayHasPassed() { // 20
    revision.target(10).scaleDownDelay("5m");
    revision.at("2s").load(40, 0).wants(4);
    revision.at("5m").load(0).wants(4);
    revision.at("5m2s").load(0).wants(0);
  }

  @Test
  void followsTheGreatestOfTheScaleDownDelay() { // 21
    revision.target(10).scaleDownDelay("5m");
    revision.at("9m").load(40, 0).wants(4);
    revision.at("10m").load(30, 0).wants(4);
    revision.at("11m").load(0).wants(4);
    revision.at("14m").load(0).wants(3);
    revision.at("15m").load(0).wants(0);
  }

  @Test
  void doesNotWaitForAnUnreachableRevision() { // 22
    revision.target(10).scaleDownDelay("5m");
    revision.at("2s").load(40, 0).wants(4);
    revision.at("1m").load(0).wants(4);
    revision.unreachable().load(0).wants(0);
  }

  @Test
  void followsAtOnceWithoutADelay() { // 23
    revision.target(10);
    revision.at("2s").load(40, 0).wants(4);
    revision.at("2.5s").load(20, 0).wants(2);
  }

  @Test
  void missingDataChangesNothing() {
    revision.target(1).at("0s").ready(10).load(11, 25).wants(25).panics();
    revision.at("61s").noData().panics();
    revision.at("62s").load(11).wants(11).isCalm();
  }

  @Test
  void saysWhatTheStableWindowAsksFor() {
    revision.target(7).ready(8).load(50, 48).wants(8);
    revision.because(
        "8 pods are wanted, because the stable window's 50 requests in flight ask for 8 at 7 per"
            + " pod.");
  }

  @Test
  void saysThatNothingIsGoingOn() {
    revision.ready(1).load(0).wants(0);
    revision.because("No pod is wanted, because the stable window shows no load.");
  }

  @Test
  void saysWhatHeldItDown() {
    revision.metric("rps").target(10).ready(1).load(1000.5, 0).wants(10);
    revision.because(
        "10 pods are wanted, because the stable window's 1000.5 requests per second ask for 101 at"
            + " 10 per pod, held down by max-scale-up-rate from 1 ready.");
  }

  @Test
  void saysWhatHeldItUp() {
    revision.target(10).downRate(2).ready(8).load(10, 0).wants(4);
    revision.because(
        "4 pods are wanted, because the stable window's 10 requests in flight ask for 1 at 10 per"
            + " pod, held up by max-scale-down-rate from 8 ready.");
  }

  @Test
  void saysThatItWakesToTheActivationScale() {
    revision.target(10).activationScale(3).ready(0).load(1, 0).wants(3);
    revision.because(
        "3 pods are wanted, because the stable window's 1 request in flight asks for 1 at 10 per"
            + " pod, raised to the activation-scale.");
  }

  @Test
  void saysThatItPanics() {
    revision.target(10).ready(2).load(20, 50).wants(5);
    revision.because(
        "5 pods are wanted, because the panic window's 50 requests in flight ask for 5 at 10 per"
            + " pod (in panic mode).");
    revision.at("30s").ready(5).load(20, 20).wants(5);
    revision.because(
        "5 pods are wanted, because panic mode does not shrink, while the stable window's 20"
            + " requests in flight ask for 2 at 10 per pod.");
  }

  @Test
  void saysThatItWaitsForTheScaleDownDelay() {
    revision.target(10).scaleDownDelay("1m").at("2s").load(40, 0).at("4s").load(10, 0).wants(4);
    revision.because(
        "4 pods are wanted, because that many were wanted within the scale-down delay, while the"
            + " stable window's 10 requests in flight ask for 1 at 10 per pod.");
  }

  @Test
  void saysWhatIsMissing() {
    assertThat(new Because.Missing(Observation.Missing.NO_DATA))
        .hasToString(
            "What was wanted stays wanted, because no pod has reported for longer than the stable"
                + " window.");
  }
}
