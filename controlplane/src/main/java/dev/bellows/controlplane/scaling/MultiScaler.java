package dev.bellows.controlplane.scaling;

import dev.bellows.controlplane.scrape.PodWatch;
import dev.bellows.controlplane.scrape.RevisionPods;
import dev.bellows.core.kpa.Autoscaler;
import dev.bellows.core.kpa.AutoscalerSnapshot;
import dev.bellows.core.kpa.Because;
import dev.bellows.core.kpa.DeciderStatus;
import dev.bellows.core.kpa.ScaleResult;
import dev.bellows.core.kpa.ScalingMetric;
import dev.bellows.core.kpa.ScalingSnapshot;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.stat.CollectionSnapshot;
import dev.bellows.core.stat.Observation;
import dev.bellows.core.stat.Stat;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides about every Revision, each two seconds after the last time, and at once where requests
 * meet no pod at all (autoscaling spec §7).
 *
 * <p>One thread steps all (upstream: two goroutines and two tickers per Revision); a decision takes
 * well below a microsecond. Each decider has a lock of its own, so that a poke need not wait for
 * the others. There are as many deciders as PodAutoscalers of this class.
 */
public final class MultiScaler {
  private static final Logger log = LoggerFactory.getLogger(MultiScaler.class);

  /** Upstream's tick. */
  private static final Duration TICK = Duration.ofSeconds(2);

  private final MetricCollector metrics;
  private final PodWatch pods;
  private final Consumer<RevisionId> onChange;
  private final Map<RevisionId, Runner> runners = new ConcurrentHashMap<>();
  private final Wheel<Runner> wheel = new Wheel<>(TICK);
  private final Inheritance<Left> inheritance = new Inheritance<>();

  /** What a predecessor knew of one Revision. */
  private record Left(AutoscalerSnapshot autoscaler, DeciderStatus status) {}

  /**
   * Decides about nothing yet.
   *
   * @param metrics shows the load
   * @param pods shows the ready pods
   * @param onChange is told whose PodAutoscaler must look again; must not block
   */
  public MultiScaler(MetricCollector metrics, PodWatch pods, Consumer<RevisionId> onChange) {
    this.metrics = metrics;
    this.pods = pods;
    this.onChange = onChange;
  }

  /**
   * Begins to decide about a Revision, or goes on by its changed spec. A decision that a
   * predecessor left is told at once: nobody knows whether it was carried out, and nothing may
   * change it soon.
   *
   * @param lastDesired pods that another wanted last, who may have left nothing else; empty = none
   *     ever decided about it
   * @return the latest decision; where there is none yet, undecided
   */
  public DeciderStatus createOrUpdate(Decider decider, OptionalInt lastDesired, Instant now) {
    Runner runner =
        runners.compute(
            decider.id(),
            (id, existing) -> {
              if (existing == null) {
                return new Runner(decider, lastDesired, now);
              }
              existing.update(decider);
              return existing;
            });
    if (runner.mustTellOfItsPredecessor()) {
      onChange.accept(decider.id());
    }
    return runner.status();
  }

  /** The latest decision, for reconcilers; empty if nobody decides about this Revision. */
  public Optional<DeciderStatus> status(RevisionId revision) {
    return Optional.ofNullable(runners.get(revision)).map(Runner::status);
  }

  /** The latest result with its reason; empty before the first one. */
  public Optional<ScaleResult> latest(RevisionId revision) {
    return Optional.ofNullable(runners.get(revision)).flatMap(Runner::latest);
  }

  /**
   * All that is known about some Revisions, for who goes on with them.
   *
   * @param revisions which
   */
  public Map<RevisionId, ScalingSnapshot> snapshots(Predicate<RevisionId> revisions, Instant now) {
    Map<RevisionId, ScalingSnapshot> snapshots = new HashMap<>();
    runners.forEach((id, runner) -> {
      if (revisions.test(id)) {
        metrics.snapshot(id).ifPresent(windows -> snapshots.put(id, runner.snapshot(windows, now)));
      }
    });
    return snapshots;
  }

  /** Takes what a predecessor knew, for those Revisions that are not decided about yet. */
  public void inherit(Map<RevisionId, ScalingSnapshot> snapshots, Instant now) {
    snapshots.forEach((id, snapshot) -> {
      metrics.inherit(id, snapshot.windows());
      inheritance.put(
          id,
          new Left(snapshot.autoscaler(), snapshot.status()),
          snapshot.windows().concurrencyStable().length(),
          now);
    });
  }

  /** Ceases to decide about a Revision. */
  public void delete(RevisionId revision) {
    Runner gone = runners.remove(revision);
    if (gone != null) {
      wheel.remove(gone.seat);
    }
  }

  /**
   * Decides at once if requests are in flight and the last decision was for no pod at all. The stat
   * must have been recorded before.
   */
  public void poke(RevisionId revision, Stat stat, Instant now) {
    Runner runner = runners.get(revision);
    if (runner != null
        && stat.averageConcurrentRequests() != 0
        && runner.status().desiredScale() == 0) {
      step(runner, now);
    }
  }

  /** What can be read of every Revision, in no particular order. */
  public List<RevisionGauges> gauges() {
    return runners.values().stream().map(Runner::gauges).toList();
  }

  /**
   * Decides about all whose time has come.
   *
   * @return when to call again
   */
  Instant step(Instant now) {
    return wheel.turn(now, runner -> step(runner, now));
  }

  private void step(Runner runner, Instant now) {
    boolean mustTell;
    try {
      mustTell = runner.step(now);
    } catch (RuntimeException e) {
      // A defect in deciding about one Revision must not end it for all others.
      log.error("deciding about {} failed", runner.id, e);
      return;
    }
    if (mustTell) {
      onChange.accept(runner.id);
    }
  }

  /** Decides about one Revision. */
  private final class Runner {
    private final RevisionId id;
    private final Wheel.Seat<Runner> seat;
    private final ScalingMetric gaugedMetric;
    private final Autoscaler autoscaler; // guarded by this
    private Decider decider; // guarded by this
    private DeciderStatus status; // guarded by this
    private boolean untold; // guarded by this
    private @Nullable ScaleResult latest; // guarded by this
    private ScaleResult.@Nullable Scale latestScale; // guarded by this

    Runner(Decider decider, OptionalInt lastDesired, Instant now) {
      this.id = decider.id();
      this.decider = decider;
      this.gaugedMetric = decider.spec().metric();
      Left left = inheritance.take(id, now).orElse(null);
      if (left == null) {
        int ready = pods.pods(id).map(seen -> seen.ready().size()).orElse(0);
        this.status = DeciderStatus.initial(decider.spec());
        this.autoscaler =
            Autoscaler.resumed(now, decider.spec(), ready, Math.max(0, lastDesired.orElse(0)));
      } else {
        this.status = left.status();
        this.untold = true;
        this.autoscaler = Autoscaler.restored(now, decider.spec(), left.autoscaler());
      }
      this.seat = wheel.add(this, now);
    }

    synchronized void update(Decider changed) {
      if (!changed.spec().equals(decider.spec())) {
        autoscaler.update(changed.spec());
      }
      decider = changed;
    }

    synchronized ScalingSnapshot snapshot(CollectionSnapshot windows, Instant now) {
      return new ScalingSnapshot(windows, autoscaler.snapshot(now), status);
    }

    synchronized DeciderStatus status() {
      return status;
    }

    /** Whether a predecessor's decision has to be told; once. */
    synchronized boolean mustTellOfItsPredecessor() {
      boolean must = untold;
      untold = false;
      return must;
    }

    synchronized Optional<ScaleResult> latest() {
      return Optional.ofNullable(latest);
    }

    /** Decides once; answers whether the PodAutoscaler must be told. */
    synchronized boolean step(Instant now) {
      RevisionPods seen = pods.pods(id).orElse(null);
      Observation observation =
          seen == null
              ? Observation.Missing.PODS_UNKNOWN
              : metrics.observe(id, autoscaler.spec().metric(), now);
      ScaleResult result =
          autoscaler.step(now, seen == null ? 0 : seen.ready().size(), observation);
      latest = result;
      return switch (result) {
        case ScaleResult.Scale scale -> take(scale, now);
        case ScaleResult.Hold(Because.Missing because) -> {
          log.debug("{}: {}", id, because);
          yield false;
        }
      };
    }

    private boolean take(ScaleResult.Scale scale, Instant now) {
      DeciderStatus before = status;
      latestScale = scale;
      status = before.then(scale, autoscaler.spec(), now);
      if (status.desiredScale() != before.desiredScale()) {
        log.info("{}: {}", id, scale.because());
      }
      return status.mustBeToldAfter(before);
    }

    synchronized RevisionGauges gauges() {
      if (latestScale == null) {
        return new RevisionGauges(decider, gaugedMetric, 0, 0, 0, 0, 0, 0);
      }
      Because.Weighed weighed = latestScale.because();
      return new RevisionGauges(
          decider,
          gaugedMetric,
          latestScale.desiredPodCount(),
          latestScale.excessBurstCapacity(),
          weighed.panicking() ? 1 : 0,
          weighed.stable(),
          weighed.panic(),
          weighed.targetPerPod());
    }
  }
}
