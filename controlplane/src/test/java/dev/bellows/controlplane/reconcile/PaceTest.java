package dev.bellows.controlplane.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** When calls go: as many at once as is granted, then one after the other. */
class PaceTest {
  private static final long MILLI = 1_000_000;

  /** Near the end of what a long can count, as nanoTime may be. */
  private long now = Long.MAX_VALUE - 5 * MILLI;

  @Test
  void afterTheBurstEachWaitsForItsTurn() {
    Pace pace = new Pace(new ApiRate(100, 3), () -> now);
    assertThat(waits(pace, 6)).containsExactly(0L, 0L, 0L, 10L, 20L, 30L);
  }

  @Test
  void silenceEarnsTheBurstAgainAndNoMore() {
    Pace pace = new Pace(new ApiRate(100, 3), () -> now);
    waits(pace, 6);
    now += 40 * MILLI;
    assertThat(waits(pace, 2)).containsExactly(0L, 10L);
    now += 3_600_000 * MILLI;
    assertThat(waits(pace, 4)).containsExactly(0L, 0L, 0L, 10L);
  }

  @Test
  void whoGoesFirstIsWaitedForByThoseWhoCome() {
    Pace pace = new Pace(new ApiRate(100, 1), () -> now);
    pace.goFirst();
    pace.goFirst();
    assertThat(waits(pace, 1)).containsExactly(20L);
  }

  @Test
  void withoutALimitNobodyWaits() {
    assertThat(waits(Pace.unlimited(), 1000)).containsOnly(0L);
  }

  @Test
  void aRateThatIsNoneIsRefused() {
    for (double qps : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> new ApiRate(qps, 1)).isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> new ApiRate(1, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThat(waits(new Pace(new ApiRate(0.001, Integer.MAX_VALUE), () -> now), 1))
        .containsExactly(0L);
  }

  private static List<Long> waits(Pace pace, int calls) {
    return LongStream.range(0, calls).mapToObj(_ -> pace.reserve() / MILLI).toList();
  }
}
