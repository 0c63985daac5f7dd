package dev.bellows.core.stat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class RequestStatisticsTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void weighsEachConcurrencyByTheTimeItLasted() {
    RequestStatistics statistics = new RequestStatistics(0);
    statistics.requestIn(0);
    statistics.proxiedIn(SECOND / 2);
    statistics.proxiedOut(SECOND);
    assertThat(statistics.report(SECOND)).isEqualTo(new RequestReport(1.5, 0.5, 2, 1));
  }

  @Test
  void keepsWhatIsInFlightAcrossReports() {
    RequestStatistics statistics = new RequestStatistics(0);
    statistics.requestIn(0);
    statistics.report(SECOND);
    assertThat(statistics.inFlight()).isEqualTo(1);
    assertThat(statistics.report(2 * SECOND)).isEqualTo(new RequestReport(1, 0, 0, 0));
  }

  @Test
  void countsARequestWhoseClockRunsBackwards() {
    RequestStatistics statistics = new RequestStatistics(SECOND);
    statistics.requestIn(0);
    statistics.requestOut(SECOND);
    assertThat(statistics.report(2 * SECOND)).isEqualTo(new RequestReport(0, 0, 1, 0));
  }

  @Test
  void averagesAWindowWithoutDurationAsZero() {
    RequestStatistics statistics = new RequestStatistics(0);
    statistics.requestIn(0);
    assertThat(statistics.report(0)).isEqualTo(new RequestReport(0, 0, 1, 0));
  }

  @Test
  void survivesAMonotonicClockThatWrapsAround() {
    RequestStatistics statistics = new RequestStatistics(Long.MAX_VALUE);
    statistics.requestIn(Long.MAX_VALUE);
    assertThat(statistics.report(Long.MAX_VALUE + SECOND)).isEqualTo(new RequestReport(1, 0, 1, 0));
  }

  @Test
  void refusesAReportingPeriodWithoutLength() {
    assertThatThrownBy(() -> new StatReporter("pod", 0))
        .hasMessage("periodSeconds must be > 0, got 0.0");
  }
}
