package dev.bellows.core.kpa;

import dev.bellows.core.kpa.Because.Limit;
import dev.bellows.core.kpa.Because.Rule;
import dev.bellows.core.stat.Observation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides how many pods one Revision needs (autoscaling spec §4).
 *
 * <p>The load over the stable window, divided by what one pod should carry, is what is wanted. If
 * the short panic window asks for a multiple of the pods there are, the Revision panics: until that
 * has not happened for a stable window's length it only grows.
 *
 * <p>State: since when it panics, the most pods wanted in this panic, and what the scale-down delay
 * remembers. It belongs to one thread at a time.
 */
public final class Autoscaler {
  private DeciderSpec spec;
  private ScalingMetric metric;
  private final @Nullable ScaleDownDelay delay;
  private @Nullable Instant panicSince;
  private int maxPanicPods;

  /** Whether it goes on from what another wanted, and has not seen any load itself. */
  private boolean resuming;

  /**
   * Begins to decide about a Revision. Where more than one pod is ready it begins in panic with
   * these as the least: after a restart the windows are empty, and what carries the load now must
   * not be taken away because of that.
   *
   * <p>The scale-down delay is the one of this spec for good, as upstream's is.
   *
   * @param now the present
   * @param spec what to decide by
   * @param readyPods pods that are ready now; 0 if that is not known
   */
  public Autoscaler(Instant now, DeciderSpec spec, int readyPods) {
    this.spec = spec;
    this.metric = spec.metric();
    this.delay =
        spec.scaleDownDelay().isPositive() ? new ScaleDownDelay(spec.scaleDownDelay()) : null;
    this.panicSince = readyPods > 1 ? now : null;
    this.maxPanicPods = readyPods;
  }

  /**
   * Goes on for another who left nothing but what it wanted last. That much at least is wanted
   * until there has been load to see for a stable window, and as long as the scale-down delay says:
   * what one has not seen yet must not take pods away (ADR 0142).
   *
   * @param readyPods pods that are ready now; 0 if that is not known
   * @param lastDesired pods wanted last; with none wanted there is nothing to keep
   */
  public static Autoscaler resumed(Instant now, DeciderSpec spec, int readyPods, int lastDesired) {
    Autoscaler resumed = new Autoscaler(now, spec, readyPods);
    if (lastDesired > 0) {
      resumed.resuming = true;
      resumed.panicSince = now;
      resumed.maxPanicPods = Math.max(readyPods, lastDesired);
      if (resumed.delay != null) {
        resumed.delay.holdAt(now, lastDesired);
      }
    }
    return resumed;
  }

  /** Goes on where another stood still, as if no time had passed since. */
  public static Autoscaler restored(Instant now, DeciderSpec spec, AutoscalerSnapshot snapshot) {
    Autoscaler restored = new Autoscaler(now, spec, 0);
    restored.panicSince = snapshot.panickingFor().map(now::minus).orElse(null);
    restored.maxPanicPods = snapshot.maxPanicPods();
    if (restored.delay != null) {
      restored.delay.restore(now, snapshot.delay());
    }
    return restored;
  }

  /** What it remembers, for who goes on with it. */
  public AutoscalerSnapshot snapshot(Instant now) {
    return new AutoscalerSnapshot(
        panicSince().map(since -> Duration.between(since, now)),
        maxPanicPods,
        delay == null ? List.of() : delay.held(now));
  }

  /** Decides by another spec from here on; panic and what the delay remembers go on. */
  public void update(DeciderSpec spec) {
    this.spec = spec;
    this.metric = spec.metric();
  }

  /** What it decides by. */
  public DeciderSpec spec() {
    return spec;
  }

  /** Since when it panics; empty while calm. A panic that was confirmed again counts from then. */
  public Optional<Instant> panicSince() {
    return Optional.ofNullable(panicSince);
  }

  /** The most pods wanted in this panic; without meaning while calm. */
  public int maxPanicPods() {
    return maxPanicPods;
  }

  /**
   * Decides once.
   *
   * @param now the present, not before that of the step before
   * @param readyPods pods that are ready now
   * @param observation the load of the spec's metric
   */
  public ScaleResult step(Instant now, int readyPods, Observation observation) {
    if (resuming) {
      panicSince = now; // the stable window in which nothing shrinks begins with the first load
      resuming = observation instanceof Observation.Missing;
    }
    return switch (observation) {
      case Observation.Load load -> decide(now, readyPods, load.stable(), load.panic());
      case Observation.Missing missing -> new ScaleResult.Hold(new Because.Missing(missing));
    };
  }

  private ScaleResult decide(Instant now, int readyPods, double stable, double panic) {
    DeciderSpec spec = this.spec;
    // From zero, growth is reckoned as from one.
    double ready = Math.max(1, readyPods);
    double mostUp = Math.ceil(spec.maxScaleUpRate() * ready);
    double mostDown = spec.reachable() ? Math.floor(ready / spec.maxScaleDownRate()) : 0;
    double stablePods = Math.ceil(stable / spec.targetValue());
    double panicPods = Math.ceil(panic / spec.targetValue());

    int byStable = limited(stablePods, mostDown, mostUp);
    int byPanic = limited(panicPods, mostDown, mostUp);
    updatePanic(now, panicPods / ready >= spec.panicThreshold());

    int desired = byStable;
    Rule rule = Rule.STABLE;
    if (panicSince != null) {
      desired = Math.max(byStable, byPanic);
      rule = byPanic > byStable ? Rule.PANIC : Rule.STABLE;
      if (desired < maxPanicPods) {
        rule = Rule.PANIC_NEVER_SHRINKS;
      }
      maxPanicPods = Math.max(maxPanicPods, desired);
      desired = maxPanicPods;
    }
    Limit limit =
        switch (rule) {
          case STABLE -> limit(stablePods, byStable, mostDown, mostUp);
          case PANIC -> limit(panicPods, byPanic, mostDown, mostUp);
          case PANIC_NEVER_SHRINKS, SCALE_DOWN_DELAY -> Limit.NONE;
        };
    // An unreachable Revision gets no more requests: nothing is gained by waiting.
    if (delay != null && spec.reachable()) {
      int held = delay.holdAt(now, desired);
      if (held > desired) {
        rule = Rule.SCALE_DOWN_DELAY;
        limit = Limit.NONE;
        desired = held;
      }
    }
    return new ScaleResult.Scale(
        desired,
        excessBurstCapacity(readyPods, panic),
        new Because.Weighed(
            metric,
            readyPods,
            stable,
            panic,
            spec.targetValue(),
            panicSince != null,
            rule,
            limit,
            desired));
  }

  private int limited(double pods, double mostDown, double mostUp) {
    int limited = (int) Math.min(Math.max(pods, mostDown), mostUp);
    int activation = spec.activationScale();
    // After the limits: a floor for whatever is not zero, even beyond the scale-up rate.
    return activation > 1 && pods > 0 && activation > limited ? activation : limited;
  }

  private static Limit limit(double pods, int limited, double mostDown, double mostUp) {
    if (limited == pods) {
      return Limit.NONE;
    }
    if (limited == (int) mostUp && pods > mostUp) {
      return Limit.MAX_SCALE_UP_RATE;
    }
    return limited == (int) mostDown && pods < mostDown
        ? Limit.MAX_SCALE_DOWN_RATE
        : Limit.ACTIVATION_SCALE;
  }

  private void updatePanic(Instant now, boolean overThreshold) {
    if (overThreshold) {
      panicSince = now;
    } else if (panicSince != null && panicSince.plus(spec.stableWindow()).isBefore(now)) {
      panicSince = null;
      maxPanicPods = 0;
    }
  }

  private int excessBurstCapacity(int readyPods, double panic) {
    double burst = spec.targetBurstCapacity();
    if (burst == 0) {
      return 0;
    }
    return burst > 0 ? (int) Math.floor(readyPods * spec.totalValue() - burst - panic) : -1;
  }
}
