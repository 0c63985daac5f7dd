package dev.bellows.controlplane.reconcile.metric;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.Condition;
import dev.bellows.api.autoscaling.Metric;
import dev.bellows.api.autoscaling.MetricSpec;
import dev.bellows.api.config.NetworkConfig.MeshCompatibilityMode;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Step;
import dev.bellows.controlplane.scaling.MetricCollector;
import dev.bellows.controlplane.scaling.MultiScaler;
import dev.bellows.controlplane.scaling.ScalingLoop;
import dev.bellows.controlplane.scrape.FakeCluster;
import dev.bellows.controlplane.scrape.ScrapeFailedException.Kind;
import dev.bellows.controlplane.scrape.Scraper;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Watched;
import dev.bellows.core.kpa.ScalingMetric;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.stat.Observation;
import dev.bellows.core.stat.Stat;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MetricReconcilerTest {
  private static final RevisionId ID = new RevisionId("ns", "rev");
  private static final Map<String, String> LABELS = Map.of("serving.knative.dev/revision", "rev");

  private final FakeCluster cluster = new FakeCluster();
  private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
  private final List<RevisionId> changed = new ArrayList<>();
  private final Watched<Metric> metrics = new Watched<>(Metric.class);
  private final List<Step> written = new ArrayList<>();
  private Instant now = FakeCluster.NOW;
  private final MetricCollector collector =
      new MetricCollector(
          (revision, target) ->
              new Scraper(
                  revision,
                  target,
                  MeshCompatibilityMode.DISABLED,
                  cluster,
                  cluster,
                  workers,
                  new Random(1)),
          Runnable::run,
          () -> now,
          changed::add);
  private final ScalingLoop loop =
      new ScalingLoop(collector, new MultiScaler(collector, cluster, id -> {}), () -> now);
  private final MetricReconciler reconciler =
      new MetricReconciler(metrics, collector, this::write, () -> now);
  private long version;

  @AfterEach
  void close() {
    workers.close();
  }

  private void write(Step step) {
    written.add(step);
    if (step instanceof Step.UpdateStatus(Metric metric, var _)) {
      put(metric);
    }
  }

  private void put(Metric metric) {
    metric.getMetadata().setResourceVersion(Long.toString(++version));
    metrics.put(metric);
  }

  private void metric(Map<String, String> labels, String scrapeTarget) {
    Metric metric = new Metric();
    metric.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace("ns")
            .withName("rev")
            .withGeneration(1L)
            .withLabels(labels)
            .build());
    metric.setSpec(
        new MetricSpec(
            Duration.ofSeconds(60).toNanos(), Duration.ofSeconds(6).toNanos(), scrapeTarget));
    put(metric);
  }

  private Condition ready() {
    return metrics.find(new Key("ns", "rev")).orElseThrow().getStatus().conditions().getFirst();
  }

  private void reconcile() {
    assertThat(reconciler.reconcile(new Key("ns", "rev"))).isEqualTo(Outcome.done());
  }

  private void aSecondPasses() {
    now = now.plusSeconds(1);
    loop.step(now);
  }

  @Test
  void collectsWhatAMetricAsksForAndRests() {
    cluster.pod(Duration.ofMinutes(5), 3);
    metric(LABELS, "rev-private");

    reconcile();
    aSecondPasses();
    reconcile();

    assertThat(collector.observe(ID, ScalingMetric.CONCURRENCY, now))
        .isEqualTo(new Observation.Load(3, 3));
    assertThat(ready().status()).isEqualTo("True");
    assertThat(written).hasSize(1);
  }

  @Test
  void tellsThatScrapesFailAndThatTheyDoNoLonger() {
    cluster.failingPod(Duration.ofMinutes(5), Kind.OTHER);
    metric(LABELS, "rev-private");
    reconcile();

    aSecondPasses();
    assertThat(changed).containsExactly(ID);
    reconcile();
    assertThat(ready().status()).isEqualTo("False");
    assertThat(ready().reason()).isEqualTo("CollectionFailed");
    assertThat(ready().message()).startsWith("Failed to reconcile metric collection: ");

    cluster.empty().pod(Duration.ofMinutes(5), 1);
    aSecondPasses();
    reconcile();
    assertThat(ready().status()).isEqualTo("True");
  }

  @Test
  void withoutTheRevisionsLabelNobodyCanBeScraped() {
    metric(Map.of(), "rev-private");

    reconcile();

    assertThat(ready().reason()).isEqualTo("CollectionFailed");
    assertThat(ready().message()).contains("serving.knative.dev/revision");
  }

  @Test
  void withoutAScrapeTargetTheActivatorsReportsSuffice() {
    metric(Map.of(), "");

    reconcile();

    assertThat(ready().status()).isEqualTo("True");
    assertThat(collector.record(ID, now, new Stat("activator", 1, 0, 1, 0, 0, 0))).isTrue();
  }

  @Test
  void forgetsWhatWasCollectedForAMetricThatIsGone() {
    metric(LABELS, "");
    reconcile();
    metrics.remove(metrics.find(new Key("ns", "rev")).orElseThrow());

    reconcile();

    assertThat(collector.observe(ID, ScalingMetric.CONCURRENCY, now))
        .isEqualTo(Observation.Missing.NOT_COLLECTING);
  }
}
