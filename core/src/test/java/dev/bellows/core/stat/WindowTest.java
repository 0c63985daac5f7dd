package dev.bellows.core.stat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** The worked examples of the autoscaling spec, §11 D, by their numbers. */
class WindowTest {
  private static final Instant START = Instant.parse("2026-11-21T10:00:00Z");

  @Test
  void averagesWhatItHasSeenAndShortensOverTrailingSilence() { // 25
    Window window = linear(5);
    for (int second = 0; second < 5; second++) {
      window.record(at(second), second + 1);
    }
    assertThat(window.averageAt(at(4))).isEqualTo(3);
    assertThat(window.averageAt(at(3.6))).isEqualTo(3);
    assertThat(window.averageAt(at(6))).isEqualTo(4);
    assertThat(window.averageAt(at(10))).isEqualTo(0);
  }

  @Test
  void countsSilenceInBetweenAndStartsAfreshAfterALongOne() { // 26 to 28
    Window window = linear(5);
    for (int second = 0; second < 5; second++) {
      window.record(at(second), second + 1);
    }
    window.record(at(6), 91);
    assertThat(window.averageAt(at(6))).isEqualTo(20.6);
    window.record(at(66), 1984);
    assertThat(window.averageAt(at(66))).isEqualTo(1984);
    window.record(at(63), 4);
    assertThat(window.averageAt(at(66))).isEqualTo(497);
    window.record(at(67), 5);
    assertThat(window.averageAt(at(67))).isEqualTo(398.6);
    window.record(at(64), 10);
    assertThat(window.averageAt(at(67))).isEqualTo(400.6);
    window.record(at(61), 1000);
    window.record(at(62), 1000);
    assertThat(window.averageAt(at(67))).isEqualTo(400.6);
  }

  @Test
  void aLoneSpikeStandsUntilTheWindowHasPassed() { // 29
    Window window = linear(60);
    window.record(at(0), 50);
    assertThat(window.averageAt(at(59))).isEqualTo(50);
    assertThat(window.averageAt(at(60))).isEqualTo(0);
    assertThat(window.isEmptyAt(at(60))).isFalse();
    assertThat(window.isEmptyAt(at(61))).isTrue();
  }

  @Test
  void resizingKeepsWhatFits() { // 30
    Window window = linear(5);
    for (int second = 0; second < 5; second++) {
      window.record(at(second), second + 2);
    }
    window.resize(Duration.ofSeconds(10), at(4));
    assertThat(window.averageAt(at(4))).isEqualTo(4);
    window.record(at(5), 7);
    assertThat(window.averageAt(at(5))).isEqualTo(4.5);
    window.resize(Duration.ofSeconds(4), at(5));
    assertThat(window.averageAt(at(5))).isEqualTo(5.5);
  }

  @Test
  void resizingAPartlyFilledWindowAveragesOverItsWholeOldLength() { // 31
    Window window = linear(60);
    for (int second = 0; second < 6; second++) {
      window.record(at(second), 10);
    }
    assertThat(window.averageAt(at(5))).isEqualTo(10);
    window.resize(Duration.ofMinutes(2), at(5));
    assertThat(window.averageAt(at(5))).isEqualTo(1);
  }

  @Test
  void recentSecondsWeighMoreWhenWeightedExponentially() { // 34
    Window window = new Window(Aggregation.WEIGHTED_EXPONENTIAL, Duration.ofSeconds(5));
    for (int second = 0; second < 5; second++) {
      window.record(at(second), second + 2);
    }
    assertThat(window.averageAt(at(4))).isCloseTo(5.8116, within(0.0001));
  }

  @Test
  void roundsToSixDecimalsHalvesAwayFromZero() { // 37
    assertThat(lone(3.6e-17)).isEqualTo(0);
    assertThat(lone(0.0000005)).isEqualTo(0.000001);
    assertThat(lone(-0.0000005)).isEqualTo(-0.000001);
  }

  @Test
  void refusesALengthThatIsNoWindow() {
    assertThatThrownBy(() -> linear(0)).hasMessageContaining("longer than zero");
    assertThatThrownBy(() -> linear(86_401)).hasMessageContaining("at most PT24H");
  }

  private static double lone(double value) {
    Window window = linear(60);
    window.record(START, value);
    return window.averageAt(START);
  }

  private static Window linear(int seconds) {
    return new Window(Aggregation.LINEAR, Duration.ofSeconds(seconds));
  }

  private static Instant at(double seconds) {
    return START.plusMillis((long) (seconds * 1000));
  }
}
