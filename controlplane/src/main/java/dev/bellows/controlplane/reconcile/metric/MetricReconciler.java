package dev.bellows.controlplane.reconcile.metric;

import dev.bellows.api.Condition;
import dev.bellows.api.autoscaling.Metric;
import dev.bellows.api.autoscaling.MetricSpec;
import dev.bellows.api.autoscaling.MetricStatus;
import dev.bellows.controlplane.reconcile.Controller;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Reconciler;
import dev.bellows.controlplane.reconcile.Step;
import dev.bellows.controlplane.reconcile.Writer;
import dev.bellows.controlplane.scaling.CollectionError;
import dev.bellows.controlplane.scaling.MetricCollector;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Watched;
import dev.bellows.core.condition.Conditions;
import dev.bellows.core.kpa.ScalingAnnotations;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.stat.Aggregation;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Lets the collector collect what Metrics ask for, and says in their status how it goes. */
public final class MetricReconciler implements Reconciler {
  private static final String REVISION = "serving.knative.dev/revision";

  private final Watched<Metric> metrics;
  private final MetricCollector collector;
  private final Writer writer;
  private final InstantSource clock;
  private volatile @Nullable Controller<Metric> controller;

  /**
   * Reconciles nothing yet: {@link #watch} connects it.
   *
   * @param collector whose collections only we begin, change and end
   */
  public MetricReconciler(
      Watched<Metric> metrics, MetricCollector collector, Writer writer, InstantSource clock) {
    this.metrics = metrics;
    this.collector = collector;
    this.writer = writer;
    this.clock = clock;
  }

  @Override
  public String name() {
    return "metric-controller";
  }

  /** Connects what wakes a Metric besides its own changes. */
  public void watch(Controller<Metric> woken) {
    controller = woken;
  }

  /** Statistics begin or cease to come in, or fail otherwise than before; does not block. */
  public void collectionChanged(RevisionId id) {
    Controller<Metric> connected = controller;
    if (connected != null) {
      connected.wake(new Key(id.namespace(), id.name()));
    }
  }

  @Override
  public Outcome reconcile(Key key) {
    RevisionId id = new RevisionId(key.namespace(), key.name());
    Metric metric = metrics.find(key).orElse(null);
    if (metric == null) {
      collector.delete(id);
      return Outcome.done();
    }
    if (metric.getMetadata().getDeletionTimestamp() == null) {
      writeStatus(metric, collect(id, metric), clock.instant());
    }
    return Outcome.done();
  }

  private Optional<CollectionError> collect(RevisionId id, Metric metric) {
    MetricSpec spec = metric.getSpec();
    if (spec == null || spec.stableWindow() == null || spec.panicWindow() == null) {
      return failed("spec.stableWindow and spec.panicWindow must be set");
    }
    String scrapeTarget = Objects.requireNonNullElse(spec.scrapeTarget(), "");
    if (!scrapeTarget.isEmpty()
        && orEmpty(metric.getMetadata().getLabels()).getOrDefault(REVISION, "").isEmpty()) {
      return failed("label \"" + REVISION + "\" not found or empty in Metric " + id.name());
    }
    String algorithm =
        new ScalingAnnotations(orEmpty(metric.getMetadata().getAnnotations()))
            .metricAggregationAlgorithm();
    try {
      return collector.createOrUpdate(
          id,
          new dev.bellows.core.kpa.MetricSpec(
              Duration.ofNanos(spec.stableWindow()),
              Duration.ofNanos(spec.panicWindow()),
              scrapeTarget),
          Aggregation.of(algorithm));
    } catch (IllegalArgumentException e) {
      return failed(String.valueOf(e.getMessage()));
    }
  }

  private static Optional<CollectionError> failed(String message) {
    return Optional.of(new CollectionError(CollectionError.Reason.COLLECTION_FAILED, message));
  }

  private void writeStatus(Metric metric, Optional<CollectionError> error, Instant now) {
    MetricStatus status = metric.getStatus();
    long generation = Objects.requireNonNullElse(metric.getMetadata().getGeneration(), 0L);
    Conditions stored =
        status == null
            ? Conditions.none(MetricConditions.CONDITIONS)
            : status.conditions(MetricConditions.CONDITIONS);
    Conditions marked =
        MetricConditions.of(stored.initialized(now), error, now).keepingTimesOf(stored);
    boolean observed = status != null && Objects.equals(status.observedGeneration(), generation);
    if (observed && marked.equals(stored)) {
      return;
    }
    Metric changed = new Metric();
    changed.setMetadata(metric.getMetadata());
    changed.setSpec(metric.getSpec());
    changed.setStatus(
        new MetricStatus(
            generation,
            marked.list().stream().map(Condition::of).toList(),
            status == null ? Map.of() : status.annotations()));
    writer.apply(new Step.UpdateStatus(changed, false));
  }

  private static Map<String, String> orEmpty(@Nullable Map<String, String> map) {
    return map == null ? Map.of() : map;
  }
}
