package dev.bellows.embedded.kubelet;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Probes one start of a container until it is closed, on a virtual thread of its own.
 *
 * <p>Until the first success it probes at once and then in steps of a twentieth of the time it has
 * been probing, at least {@link #FIRST_STEP} and at most the probe's period: a program is found
 * ready within 5 % of its start time, where Kubernetes may wait out a whole period. Only failures a
 * period apart are counted against the failure threshold, so the early ones cost nothing.
 */
final class ProbeLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ProbeLoop.class);
  private static final Duration FIRST_STEP = Duration.ofMillis(2);
  private static final int STEPS_PER_AGE = 20;

  private final Kind kind;
  private final ProbeSpec spec;
  private final Handler handler;
  private final Listener listener;
  private final Thread thread;
  private int successes;
  private int failures;
  private boolean good;
  private boolean everGood;

  /** Which of a container's probes. */
  enum Kind {
    STARTUP("startupProbe", "Startup"),
    READINESS("readinessProbe", "Readiness"),
    LIVENESS("livenessProbe", "Liveness");

    private final String field;
    private final String word;

    Kind(String field, String word) {
      this.field = field;
      this.word = word;
    }

    String field() {
      return field;
    }

    String word() {
      return word;
    }
  }

  /** Hears of what the probe finds. */
  interface Listener {
    /** The threshold of successes or failures was reached: the verdict changed. */
    void onVerdict(Kind kind, boolean good, String message);

    /** A failure that counts. */
    void onFailure(Kind kind, String message);
  }

  private ProbeLoop(Kind kind, ProbeSpec spec, Handler handler, Listener listener, String name) {
    this.kind = kind;
    this.spec = spec;
    this.handler = handler;
    this.listener = listener;
    // A live program is taken for good until it proves otherwise, a ready one for bad.
    this.good = kind == Kind.LIVENESS;
    this.thread = Thread.ofVirtual().name("probe-" + name).unstarted(this::run);
  }

  static ProbeLoop start(
      Kind kind, ProbeSpec spec, Handler handler, Listener listener, String name) {
    ProbeLoop loop = new ProbeLoop(kind, spec, handler, listener, name);
    loop.thread.start();
    return loop;
  }

  private void run() {
    try {
      Thread.sleep(spec.initialDelay());
      long began = System.nanoTime();
      long counted = began;
      while (!Thread.currentThread().isInterrupted()) {
        Handler.Result result = attempt();
        long now = System.nanoTime();
        if (result.success()) {
          succeeded();
          if (kind == Kind.STARTUP && good) {
            return;
          }
        } else if (everGood || kind == Kind.LIVENESS || now - counted >= spec.period().toNanos()) {
          counted = now;
          failed(result.message());
        } else {
          successes = 0;
        }
        Thread.sleep(pause(Duration.ofNanos(now - began)));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed
    }
  }

  private Handler.Result attempt() throws InterruptedException {
    try {
      return handler.run(spec.definition(), spec.timeout());
    } catch (RuntimeException e) {
      LOG.debug("probe failed unexpectedly", e);
      return Handler.Result.failure(String.valueOf(e.getMessage()));
    }
  }

  private void succeeded() {
    failures = 0;
    successes++;
    if (successes >= spec.successThreshold()) {
      everGood = true;
      if (!good) {
        good = true;
        listener.onVerdict(kind, true, "");
      }
    }
  }

  private void failed(String message) {
    successes = 0;
    failures++;
    listener.onFailure(kind, message);
    if (failures >= spec.failureThreshold() && (good || kind == Kind.STARTUP)) {
      good = false;
      failures = 0;
      listener.onVerdict(kind, false, message);
    }
  }

  private Duration pause(Duration age) {
    if (everGood || kind == Kind.LIVENESS) {
      return spec.period();
    }
    Duration step = age.dividedBy(STEPS_PER_AGE);
    if (step.compareTo(FIRST_STEP) < 0) {
      return FIRST_STEP;
    }
    return step.compareTo(spec.period()) < 0 ? step : spec.period();
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
