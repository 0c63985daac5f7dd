package dev.bellows.dataplane.activator;

import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.stat.ActivatorStatistics;
import dev.bellows.core.stat.StatMessage;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Counts requests per Revision and reports them: the first of an unknown Revision at once, all
 * Revisions every second (data-plane spec §5.1).
 *
 * <p>The statistics are one object for all event loops, under a lock that is held for tens of
 * nanoseconds; batches are handed on after it is released.
 */
final class ConcurrencyReporter implements AutoCloseable {
  static final Duration PERIOD = Duration.ofSeconds(1);

  private final ActivatorStatistics statistics;
  private final LongSupplier nanoTime;
  private final Consumer<List<StatMessage>> sink;
  private final ReentrantLock lock = new ReentrantLock();
  private final Future<?> reports;

  private volatile Map<RevisionId, Double> lastConcurrency = Map.of();

  /**
   * Starts to report.
   *
   * @param podName under which this activator reports
   * @param loop carries the periodic report
   * @param nanoTime monotonic clock
   * @param sink receives each batch, on the loop of the request or of the report; must not block
   */
  ConcurrencyReporter(
      String podName, EventLoop loop, LongSupplier nanoTime, Consumer<List<StatMessage>> sink) {
    this.statistics = new ActivatorStatistics(podName);
    this.nanoTime = nanoTime;
    this.sink = sink;
    this.reports =
        loop.scheduleAtFixedRate(
            this::report, PERIOD.toNanos(), PERIOD.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** A request has come, to run or to wait. */
  void requestIn(RevisionId revision) {
    Optional<StatMessage> first;
    lock.lock();
    try {
      first = statistics.requestIn(revision, nanoTime.getAsLong());
    } finally {
      lock.unlock();
    }
    first.ifPresent(message -> sink.accept(List.of(message)));
  }

  /** A request has ended, in whatever way. */
  void requestOut(RevisionId revision) {
    lock.lock();
    try {
      statistics.requestOut(revision, nanoTime.getAsLong());
    } finally {
      lock.unlock();
    }
  }

  /** What was last reported; metric {@code kn.revision.request.concurrency}. */
  Map<RevisionId, Double> lastConcurrency() {
    return lastConcurrency;
  }

  /** Stops the periodic report. */
  @Override
  public void close() {
    reports.cancel(false);
  }

  private void report() {
    List<StatMessage> messages;
    lock.lock();
    try {
      messages = statistics.report(nanoTime.getAsLong());
    } finally {
      lock.unlock();
    }
    lastConcurrency =
        messages.stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    StatMessage::revision, message -> message.stat().averageConcurrentRequests()));
    if (!messages.isEmpty()) {
      sink.accept(messages);
    }
  }
}
