package dev.bellows.controlplane;

import dev.bellows.api.autoscaling.Metric;
import dev.bellows.api.autoscaling.PodAutoscaler;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.networking.ServerlessService;
import dev.bellows.controlplane.bucket.Handover;
import dev.bellows.controlplane.bucket.Owned;
import dev.bellows.controlplane.bucket.Ownership;
import dev.bellows.controlplane.reconcile.Controller;
import dev.bellows.controlplane.reconcile.metric.MetricReconciler;
import dev.bellows.controlplane.reconcile.podautoscaler.HpaReconciler;
import dev.bellows.controlplane.reconcile.podautoscaler.HttpActivatorProbe;
import dev.bellows.controlplane.reconcile.podautoscaler.PodAutoscalerReconciler;
import dev.bellows.controlplane.reconcile.podautoscaler.PodAutoscalerViews;
import dev.bellows.controlplane.reconcile.podautoscaler.PodGauges;
import dev.bellows.controlplane.reconcile.podautoscaler.ProbeAddresses;
import dev.bellows.controlplane.reconcile.podautoscaler.ScalerDeciders;
import dev.bellows.controlplane.scaling.MetricCollector;
import dev.bellows.controlplane.scaling.MultiScaler;
import dev.bellows.controlplane.scaling.RevisionGauges;
import dev.bellows.controlplane.scaling.ScalingLoop;
import dev.bellows.controlplane.scrape.HttpStatSource;
import dev.bellows.controlplane.scrape.Scraper;
import dev.bellows.controlplane.scrape.WatchedPods;
import dev.bellows.controlplane.watch.Cluster;
import dev.bellows.controlplane.watch.Informers;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Watched;
import dev.bellows.core.kpa.ScaleResult;
import dev.bellows.core.kpa.ScalingSnapshots;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.ServiceId;
import dev.bellows.core.stat.StatMessage;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * The autoscaler of one process: collects statistics, decides, and reconciles PodAutoscalers and
 * Metrics. Made before its {@link ControlPlane} is started, started after it, closed before it.
 */
public final class Autoscaling implements Handover, AutoCloseable {
  private final HttpStatSource statSource = new HttpStatSource();
  private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
  private final WatchedPods pods;
  private final RandomGenerator random;
  private final ControlPlane controlPlane;
  private final MultiScaler scaler;
  private final ScalingLoop loop;
  private final PodAutoscalerReconciler podAutoscalers;
  private final MetricReconciler metrics;
  private SystemConfig settings; // touched by the informer's thread alone, once it runs

  /**
   * Wires everything; nothing is read, scraped or written before both are started.
   *
   * @param controlPlane whose watches and writer are used
   * @param addresses where to ask for activators: by name where there is a cluster, by Endpoints
   *     where there is none
   * @param ownership which Revisions are this autoscaler's
   * @param random chooses which pods are asked; used by several threads, so thread-safe
   */
  public Autoscaling(
      ControlPlane controlPlane,
      ProbeAddresses addresses,
      Ownership ownership,
      RandomGenerator random) {
    Informers informers = controlPlane.informers();
    InstantSource clock = controlPlane.clock();
    this.controlPlane = controlPlane;
    this.random = random;
    this.settings = controlPlane.config().get();
    // Before any reconciler hears of pods: whoever is woken by one must find it counted.
    Watched<Pod> watchedPods = Cluster.pods(informers);
    this.pods = new WatchedPods(watchedPods, informers.watch(Endpoints.class));
    MetricCollector collector =
        new MetricCollector(this::scraper, workers, clock, this::collectionChanged);
    this.scaler = new MultiScaler(collector, pods, this::decided);
    this.loop = new ScalingLoop(collector, scaler, clock);

    Watched<Metric> watchedMetrics = informers.watch(Metric.class);
    this.metrics = new MetricReconciler(watchedMetrics, collector, controlPlane.writer(), clock);
    Controller<Metric> metricController =
        controlPlane.add(
            new Owned(metrics, ownership, key -> collector.delete(id(key))), watchedMetrics);
    metrics.watch(metricController);

    Watched<PodAutoscaler> watchedPodAutoscalers = informers.watch(PodAutoscaler.class);
    HpaReconciler horizontal =
        new HpaReconciler(
            watchedPodAutoscalers,
            informers.watch(ServerlessService.class),
            informers.watch(HorizontalPodAutoscaler.class),
            controlPlane.config(),
            controlPlane.writer(),
            clock);
    Controller<PodAutoscaler> horizontalController =
        controlPlane.add(new Owned(horizontal, ownership, _ -> {}), watchedPodAutoscalers);
    horizontal.watch(horizontalController);
    this.podAutoscalers =
        new PodAutoscalerReconciler(
            new PodAutoscalerViews(
                watchedPodAutoscalers,
                informers.watch(ServerlessService.class),
                watchedMetrics,
                Cluster.deployments(informers),
                watchedPods,
                pods),
            new ScalerDeciders(scaler, clock),
            controlPlane.config(),
            new HttpActivatorProbe(),
            addresses,
            controlPlane.writer(),
            clock);
    Controller<PodAutoscaler> controller =
        controlPlane.add(
            new Owned(podAutoscalers, ownership, podAutoscalers::forget), watchedPodAutoscalers);
    podAutoscalers.watch(controller);
    ownership.onChange(() -> {
      metricController.wakeAll();
      controller.wakeAll();
      horizontalController.wakeAll();
    });
    controlPlane
        .config()
        .onChange(changed -> {
          settingsChanged(changed);
          horizontalController.wakeAll();
        });
  }

  private static RevisionId id(Key key) {
    return new RevisionId(key.namespace(), key.name());
  }

  /** Begins to scrape and to decide. */
  public void start() {
    loop.start();
  }

  /** Takes in what an activator reports, and decides at once where that wakes from zero. */
  public void record(StatMessage message) {
    loop.record(message);
  }

  /** What can be read of every Revision's decisions. */
  public List<RevisionGauges> decisionGauges() {
    return scaler.gauges();
  }

  /** What can be read of every Revision's pods. */
  public List<PodGauges> podGauges() {
    return podAutoscalers.gauges();
  }

  /** The latest decision about a Revision, with its reason. */
  public Optional<ScaleResult> latest(RevisionId revision) {
    return scaler.latest(revision);
  }

  @Override
  public byte[] leave(Predicate<Key> keys, int limit) {
    Instant now = controlPlane.clock().instant();
    return ScalingSnapshots.encode(
        scaler.snapshots(
            revision -> keys.test(new Key(revision.namespace(), revision.name())), now),
        now,
        limit);
  }

  @Override
  public void take(byte[] left) {
    scaler.inherit(ScalingSnapshots.decode(left), controlPlane.clock().instant());
  }

  private Scraper scraper(RevisionId revision, ServiceId target) {
    return new Scraper(
        revision,
        target,
        controlPlane.config().get().network().meshCompatibilityMode(),
        pods,
        statSource,
        workers,
        random);
  }

  private void decided(RevisionId id) {
    podAutoscalers.decided(id);
  }

  private void collectionChanged(RevisionId id) {
    metrics.collectionChanged(id);
  }

  private void settingsChanged(SystemConfig changed) {
    podAutoscalers.settingsChanged(settings, changed);
    settings = changed;
  }

  /** Ends deciding, scraping and asking; passes under way end with the control plane. */
  @Override
  public void close() {
    loop.close();
    podAutoscalers.close();
    workers.shutdownNow();
    statSource.close();
  }
}
