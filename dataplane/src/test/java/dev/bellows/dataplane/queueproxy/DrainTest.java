package dev.bellows.dataplane.queueproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pod's last minute, on an event loop whose clock the test turns. */
class DrainTest {
  private static final Duration QUIET = Duration.ofSeconds(30);

  private final EmbeddedChannel loop = new EmbeddedChannel();
  private final AtomicLong inFlight = new AtomicLong();
  private final AtomicInteger over = new AtomicInteger();
  private long nowNanos;
  private Drain drain;

  @BeforeEach
  void serve() {
    loop.freezeTime();
    drain =
        new Drain(loop.eventLoop(), () -> nowNanos, QUIET, inFlight::get, over::incrementAndGet);
  }

  private void pass(Duration time) {
    nowNanos += time.toNanos();
    loop.advanceTimeBy(time.toNanos(), TimeUnit.NANOSECONDS);
    loop.runPendingTasks();
  }

  private void terminate() {
    drain.terminate();
    loop.runPendingTasks();
  }

  private AtomicInteger preStop() {
    AtomicInteger answered = new AtomicInteger();
    drain.await(answered::incrementAndGet);
    loop.runPendingTasks();
    return answered;
  }

  @Test
  void isOverWhenNoRequestHasComeForTheTimeOfSilence() {
    terminate();
    assertThat(drain.inProgress()).isTrue();
    pass(QUIET.minusMillis(1));
    assertThat(over).hasValue(0);
    pass(Duration.ofMillis(1));
    assertThat(over).hasValue(1);
    pass(QUIET.multipliedBy(3));
    assertThat(over).hasValue(1);
  }

  @Test
  void everyRequestBeginsTheSilenceAnew() {
    terminate();
    pass(Duration.ofSeconds(20));
    drain.onRequest(nowNanos);
    pass(Duration.ofSeconds(29));
    drain.onRequest(nowNanos);
    pass(QUIET.minusMillis(1));
    assertThat(over).hasValue(0);
    pass(Duration.ofMillis(1));
    assertThat(over).hasValue(1);
  }

  @Test
  void waitsForARequestInFlightHoweverLongItRuns() {
    inFlight.set(1);
    terminate();
    pass(QUIET.multipliedBy(10));
    assertThat(over).hasValue(0);
    inFlight.set(0);
    pass(Duration.ofMillis(100));
    assertThat(over).hasValue(1);
  }

  @Test
  void whoAsksToWaitIsAnsweredWhenItIsOver() {
    AtomicInteger first = preStop();
    terminate();
    inFlight.set(1);
    AtomicInteger second = preStop();
    pass(QUIET);
    assertThat(first).hasValue(0);
    assertThat(second).hasValue(0);
    inFlight.set(0);
    pass(Duration.ofMillis(100));
    assertThat(first).hasValue(1);
    assertThat(second).hasValue(1);
    assertThat(preStop()).hasValue(1);
  }

  @Test
  void servesOnWhenNoTerminationFollowsTheQuestion() {
    AtomicInteger answered = preStop();
    assertThat(drain.inProgress()).isTrue();
    pass(Drain.TERMINATION_GRACE.minusMillis(1));
    assertThat(answered).hasValue(0);
    pass(Duration.ofMillis(1));
    assertThat(answered).hasValue(1);
    assertThat(drain.inProgress()).isFalse();
    pass(QUIET.multipliedBy(2));
    assertThat(over).hasValue(0);
    terminate();
    pass(QUIET);
    assertThat(over).hasValue(1);
  }

  @Test
  void aPodThatGoesAnswersWhoWaitsAndEndsNothingMore() {
    terminate();
    AtomicInteger answered = preStop();
    drain.close();
    loop.runPendingTasks();
    assertThat(answered).hasValue(1);
    pass(QUIET.multipliedBy(2));
    assertThat(over).hasValue(0);
  }
}
