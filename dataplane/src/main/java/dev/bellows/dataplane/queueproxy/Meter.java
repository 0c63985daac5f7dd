package dev.bellows.dataplane.queueproxy;

import dev.bellows.core.stat.RequestReport;
import dev.bellows.core.stat.RequestStatistics;
import dev.bellows.core.throttle.Admission;
import dev.bellows.core.throttle.Breaker;
import dev.bellows.dataplane.proxy.Answer;
import dev.bellows.dataplane.proxy.End;
import dev.bellows.dataplane.proxy.EndListener;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Key;
import dev.bellows.dataplane.proxy.Stage;
import dev.bellows.dataplane.telemetry.HttpTelemetry;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Counts a pod's requests and runs no more of them at once than its containerConcurrency
 * (data-plane spec §3.3, §3.7). A request counts from here to the end of its exchange, waiting
 * included, so what is reported is demand.
 *
 * <p>A pod's requests come on several event loops, and the statistics and the breaker must see them
 * in one order: a lock guards both. It is held for some additions and never while anything is
 * called, and an uncontended request allocates nothing here.
 *
 * <p>Waiting: the breaker counts who waits, {@link #queue} holds them in order of arrival; it is
 * bounded by the breaker's slots. A place is given back exactly once, by the end of the exchange,
 * and what the waiting exchange had become by then (admitted or not) is read under the lock.
 */
final class Meter implements Stage {
  /** Waiting places per running one (data-plane spec §3.3). */
  static final int QUEUE_DEPTH_FACTOR = 10;

  private static final Answer FULL =
      Answer.error(503, Admission.Rejected.PENDING_REQUEST_QUEUE_FULL);

  private static final Key<Waiting> WAITED = Key.of("waited for the breaker");

  private final LongSupplier nanoClock;
  private final Object lock = new Object();
  private final RequestStatistics statistics;
  private final @Nullable Breaker breaker;
  private final Set<Waiting> queue = new LinkedHashSet<>();

  private final EndListener countOut = (exchange, end) -> requestOut();
  private final EndListener countProxiedOut = (exchange, end) -> proxiedOut();
  private final EndListener release = (exchange, end) -> release();

  /**
   * A pod without requests.
   *
   * @param containerConcurrency how many run at once; 0 = unlimited
   */
  Meter(int containerConcurrency, LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    this.statistics = new RequestStatistics(nanoClock.getAsLong());
    this.breaker =
        containerConcurrency == 0
            ? null
            : new Breaker(
                Math.multiplyExact(QUEUE_DEPTH_FACTOR, containerConcurrency),
                containerConcurrency,
                containerConcurrency);
  }

  @Override
  public void handle(Exchange exchange) {
    RequestHeaders.restoreHost(exchange.headers());
    if (RequestHeaders.kubeletProbe(exchange.headers())) {
      exchange.proceed(); // a kubelet's question to the user is neither load nor may it wait
      return;
    }
    boolean proxied = RequestHeaders.proxied(exchange.headers());
    exchange.onEnd(proxied ? countProxiedOut : countOut);
    Waiting waiting = null;
    Admission admission;
    synchronized (lock) {
      long now = nanoClock.getAsLong();
      if (proxied) {
        statistics.proxiedIn(now);
      } else {
        statistics.requestIn(now);
      }
      admission = breaker == null ? null : breaker.admit();
      if (admission instanceof Admission.Queued) {
        waiting = new Waiting(exchange);
        queue.add(waiting);
      }
    }
    if (breaker != null) {
      HttpTelemetry.waits(exchange);
    }
    if (admission == null) {
      exchange.proceed();
      return;
    }
    switch (admission) {
      case Admission.Admitted admitted -> {
        exchange.onEnd(release);
        exchange.proceed();
      }
      case Admission.Queued queued -> {
        if (waiting != null) {
          exchange.put(WAITED, waiting);
          exchange.onEnd(waiting);
        }
      }
      case Admission.Rejected rejected -> exchange.answer(FULL);
    }
  }

  private void requestOut() {
    synchronized (lock) {
      statistics.requestOut(nanoClock.getAsLong());
    }
  }

  private void proxiedOut() {
    synchronized (lock) {
      statistics.proxiedOut(nanoClock.getAsLong());
    }
  }

  private void release() {
    Waiting next = null;
    synchronized (lock) {
      if (breaker != null && breaker.release() > 0) {
        next = queue.iterator().next();
        queue.remove(next);
        next.admitted = true;
        next.admittedNanos = nanoClock.getAsLong();
      }
    }
    if (next != null) {
      next.exchange.loop().execute(next.exchange::proceed);
    }
  }

  /** When the exchange got its place, or arrived, if it had not to wait for one. */
  static long admittedNanos(Exchange exchange) {
    Waiting waited = exchange.get(WAITED);
    return waited == null ? exchange.startNanos() : waited.admittedNanos;
  }

  /** Ends the window of statistics. */
  RequestReport report() {
    synchronized (lock) {
      return statistics.report(nanoClock.getAsLong());
    }
  }

  /** Requests that run or wait. */
  long inFlight() {
    synchronized (lock) {
      return statistics.inFlight();
    }
  }

  /** Requests that run or wait, of those that the breaker limits; metric kn.serving.queue.depth. */
  int queueDepth() {
    synchronized (lock) {
      return breaker == null ? 0 : breaker.inFlight();
    }
  }

  /** A request that waits for a place. Its end gives back what it has by then. */
  private final class Waiting implements EndListener {
    private final Exchange exchange;
    private boolean admitted;
    private long admittedNanos;

    Waiting(Exchange exchange) {
      this.exchange = exchange;
    }

    @Override
    public void onEnd(Exchange ended, End end) {
      boolean runs;
      synchronized (lock) {
        runs = admitted;
        if (!runs) {
          queue.remove(this);
          if (breaker != null) {
            breaker.cancel();
          }
        }
      }
      if (runs) {
        release();
      }
    }
  }
}
