package dev.bellows.core.kpa;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Worked examples 49 and 50 of the autoscaling spec. */
class DeciderStatusTest {

  @Test
  void beginsUndecidedWithTheRoomThatTheInitialPodsWillHave() {
    assertThat(initial(2, 25, 42)).isEqualTo(new DeciderStatus(-1, 8));
    assertThat(initial(1, 100, 211)).isEqualTo(new DeciderStatus(-1, -111));
    assertThat(initial(1, 100, -1)).isEqualTo(new DeciderStatus(-1, -1));
    assertThat(initial(1, 100, 0)).isEqualTo(new DeciderStatus(-1, 0));
  }

  @Test
  void lessThanOneRequestShortIsNotShort() {
    assertThat(initial(1, 10, 10.5)).isEqualTo(new DeciderStatus(-1, 0));
  }

  @Test
  void tellsOfAnotherScaleAndOfAnotherSignOnly() {
    DeciderStatus before = new DeciderStatus(3, 0);
    assertThat(new DeciderStatus(3, 1).mustBeToldAfter(before)).isFalse();
    assertThat(new DeciderStatus(3, -42).mustBeToldAfter(before)).isTrue();
    assertThat(new DeciderStatus(4, 0).mustBeToldAfter(before)).isTrue();
    assertThat(new DeciderStatus(3, -7).mustBeToldAfter(new DeciderStatus(3, -1))).isFalse();
  }

  private static DeciderStatus initial(int initialScale, double total, double burst) {
    return DeciderStatus.initial(
        new DeciderSpec(
            "concurrency",
            total,
            total,
            burst,
            100,
            2,
            1000,
            2,
            Duration.ofSeconds(60),
            Duration.ZERO,
            initialScale,
            0,
            true));
  }
}
