package dev.bellows.controlplane.reconcile.podautoscaler;

import static dev.bellows.controlplane.reconcile.podautoscaler.PodAutoscalerChildren.isControlledBy;
import static dev.bellows.controlplane.reconcile.podautoscaler.PodAutoscalerChildren.orEmpty;
import static dev.bellows.controlplane.reconcile.podautoscaler.PodAutoscalerChildren.protocol;

import dev.bellows.api.autoscaling.Metric;
import dev.bellows.api.autoscaling.PodAutoscaler;
import dev.bellows.api.autoscaling.PodAutoscalerSpec;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.networking.ServerlessService;
import dev.bellows.api.networking.ServerlessServiceStatus;
import dev.bellows.controlplane.reconcile.Controller;
import dev.bellows.controlplane.reconcile.Interim;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Reconciler;
import dev.bellows.controlplane.reconcile.Step;
import dev.bellows.controlplane.reconcile.Writer;
import dev.bellows.controlplane.watch.Change;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.core.condition.Condition;
import dev.bellows.core.condition.ConditionSet;
import dev.bellows.core.kpa.DeciderSpec;
import dev.bellows.core.kpa.MetricSpec;
import dev.bellows.core.kpa.Reachability;
import dev.bellows.core.kpa.ScalingAnnotations;
import dev.bellows.core.kpa.ScalingSettings;
import dev.bellows.core.podautoscaler.Observed;
import dev.bellows.core.podautoscaler.Plan;
import dev.bellows.core.podautoscaler.PodAutoscalerPlan;
import dev.bellows.core.podautoscaler.PodAutoscalerStatus;
import dev.bellows.core.podautoscaler.PodCounts;
import dev.bellows.core.podautoscaler.ProbeAnswer;
import dev.bellows.core.podautoscaler.ScalingStep;
import dev.bellows.core.podautoscaler.SksSpec;
import dev.bellows.core.revision.Protocol;
import dev.bellows.core.revision.RevisionId;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Scales what a PodAutoscaler of the KPA class points to (autoscaling spec §8). All that is decided
 * here is decided by {@link PodAutoscalerPlan}; this class reads, asks and writes.
 *
 * <p>From a decision to the change of replicas there is neither a wait nor a batch: the decider
 * wakes the key, a worker takes it, reads memory, and the first write of the pass is that of the
 * replicas.
 */
public final class PodAutoscalerReconciler implements Reconciler, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PodAutoscalerReconciler.class);

  private static final String SERVICE = "serving.knative.dev/service";
  private static final String CONFIGURATION = "serving.knative.dev/configuration";
  private static final String REVISION = "serving.knative.dev/revision";
  private static final String PROXYING = "ActivatorEndpointsPopulated";

  private final PodAutoscalerViews views;
  private final Deciders deciders;
  private final Supplier<SystemConfig> config;
  private final ActivatorProbe probe;
  private final ProbeAddresses addresses;
  private final Writer writer;
  private final InstantSource clock;
  private final Waker waker = new Waker();
  private final BackgroundProbes background;
  private final OwnStatuses ownStatuses = new OwnStatuses();
  private final Map<RevisionId, PodGauges> gauges = new ConcurrentHashMap<>();

  /**
   * Reconciles nothing yet: {@link #watch} connects it.
   *
   * @param config the settings now in force
   * @param addresses where to ask for activators
   * @param writer where steps are applied
   */
  public PodAutoscalerReconciler(
      PodAutoscalerViews views,
      Deciders deciders,
      Supplier<SystemConfig> config,
      ActivatorProbe probe,
      ProbeAddresses addresses,
      Writer writer,
      InstantSource clock) {
    this.views = views;
    this.deciders = deciders;
    this.config = config;
    this.probe = probe;
    this.addresses = addresses;
    this.writer = writer;
    this.clock = clock;
    this.background = new BackgroundProbes(probe, waker::wakeAfter);
  }

  @Override
  public String name() {
    return "kpa-class-podautoscaler-controller";
  }

  /** Connects what wakes a PodAutoscaler besides its own changes and its decider. */
  public void watch(Controller<PodAutoscaler> controller) {
    waker.controller = controller;
    controller.wakeControllerOf(views.serverlessServices());
    controller.wakeControllerOf(views.metrics());
    views.pods().onChange(change -> wakeRevisionOf(change.object()));
    views
        .deployments()
        .onChange(change -> {
          // Not on each change of its status: those are the pods' changes, told already.
          if (!(change instanceof Change.Updated<Deployment>(Deployment before, Deployment now))
              || !Objects.equals(replicas(before), replicas(now))) {
            wakeRevisionOf(change.object());
          }
        });
  }

  /** The decider has something new to say about a Revision; does not block. */
  public void decided(RevisionId id) {
    waker.wake(new Key(id.namespace(), id.name()));
  }

  /**
   * The settings changed. Every PodAutoscaler gets a pass if those that matter here did; a bad
   * change never comes here.
   */
  public void settingsChanged(SystemConfig before, SystemConfig after) {
    if (!before.autoscaler().equals(after.autoscaler())
        || !before.deployment().equals(after.deployment())) {
      waker.wakeAll();
    }
  }

  /** What can be read of every Revision's pods, in no particular order. */
  public List<PodGauges> gauges() {
    return List.copyOf(gauges.values());
  }

  @Override
  public Outcome reconcile(Key key) {
    RevisionId id = new RevisionId(key.namespace(), key.name());
    PodAutoscaler pa = views.podAutoscalers().find(key).orElse(null);
    if (pa == null || !isOurs(pa)) {
      forget(key);
      return Outcome.done();
    }
    PodAutoscalerSpec spec = pa.getSpec();
    if (pa.getMetadata().getDeletionTimestamp() != null) {
      return Outcome.done();
    }
    if (spec == null || spec.scaleTargetRef() == null) {
      return new Outcome.Failed("spec.scaleTargetRef is missing.");
    }
    Seen seen = observe(key, id, pa, spec);
    return apply(seen, plan(seen));
  }

  /** Ends deciding about a Revision; its object stays as it is. */
  public void forget(Key key) {
    RevisionId id = new RevisionId(key.namespace(), key.name());
    deciders.forget(id);
    gauges.remove(id);
    ownStatuses.forget(key);
  }

  /** What was read, in the forms that reading and writing need. */
  private record Seen(
      Key key,
      RevisionId id,
      PodAutoscaler pa,
      Observed observed,
      Optional<ServerlessService> sks,
      Optional<Metric> metric) {}

  private Seen observe(Key key, RevisionId id, PodAutoscaler pa, PodAutoscalerSpec spec) {
    SystemConfig settings = config.get();
    Optional<ServerlessService> sks = views.serverlessServices().find(key);
    Optional<Metric> metric = views.metrics().find(key);
    Observed observed =
        new Observed(
            new ScalingSettings(
                settings.autoscaler(),
                new ScalingAnnotations(orEmptyMap(pa.getMetadata().getAnnotations())),
                Reachability.of(orEmpty(spec.reachability())),
                Objects.requireNonNullElse(spec.containerConcurrency(), 0L)),
            PodAutoscalerChildren.read(spec.scaleTargetRef()),
            protocol(spec.protocolType()),
            Objects.requireNonNullElse(pa.getMetadata().getGeneration(), 0L),
            ownStatuses.latest(key, pa.getMetadata().getUid(), StatusForm.read(pa.getStatus())),
            settings.deployment().progressDeadline(),
            sks.map(found -> read(found, pa)),
            deciders.find(id),
            metric.map(found ->
                new Observed.Metric(
                    isControlledBy(found, pa), PodAutoscalerChildren.read(found.getSpec()))),
            podCounts(id),
            target(key, spec),
            Optional.empty());
    return new Seen(key, id, pa, observed, sks, metric);
  }

  private static Observed.Sks read(ServerlessService sks, PodAutoscaler pa) {
    ServerlessServiceStatus status = sks.getStatus();
    SksSpec spec = PodAutoscalerChildren.read(sks.getSpec());
    boolean owned = isControlledBy(sks, pa);
    if (status == null) {
      return new Observed.Sks(owned, spec, "", "", false, "", Optional.empty());
    }
    Optional<Condition> ready =
        status.condition(ConditionSet.READY).map(dev.bellows.api.Condition::read);
    return new Observed.Sks(
        owned,
        spec,
        orEmpty(status.privateServiceName()),
        orEmpty(status.serviceName()),
        // Also if it is about an older generation: a change of mode or of the number of activators
        // does not make the Services unready (ADR 0017).
        ready.filter(Condition::isTrue).isPresent(),
        ready.map(Condition::message).orElse(""),
        status
            .condition(PROXYING)
            .map(dev.bellows.api.Condition::read)
            .filter(Condition::isTrue)
            .map(Condition::lastTransition));
  }

  private PodCounts podCounts(RevisionId id) {
    return views
        .revisionPods()
        .pods(id)
        .map(pods ->
            new PodCounts(pods.ready().size(), pods.notReady(), pods.pending(), pods.terminating()))
        .orElse(PodCounts.NONE);
  }

  private Optional<Observed.Target> target(Key key, PodAutoscalerSpec spec) {
    return views
        .deployments()
        .find(key.namespace(), PodAutoscalerChildren.read(spec.scaleTargetRef()).name())
        .map(found -> new Observed.Target(replicas(found)));
  }

  private static OptionalInt replicas(Deployment deployment) {
    Integer replicas = deployment.getSpec() == null ? null : deployment.getSpec().getReplicas();
    return replicas == null ? OptionalInt.empty() : OptionalInt.of(replicas);
  }

  private Plan.Proceed plan(Seen seen) {
    return switch (PodAutoscalerPlan.plan(seen.observed(), clock.instant())) {
      case Plan.Proceed plan -> plan;
      case Plan.AskActivator(String serviceName) -> {
        ProbeAnswer answer =
            where(seen, serviceName).map(probe::ask).orElse(ProbeAnswer.NO_ACTIVATOR);
        yield planWith(seen.observed().answered(answer));
      }
    };
  }

  private Plan.Proceed planWith(Observed answered) {
    return switch (PodAutoscalerPlan.plan(answered, clock.instant())) {
      case Plan.Proceed plan -> plan;
      case Plan.AskActivator asked ->
          throw new AssertionError("asked for the activator a second time: " + asked);
    };
  }

  private Optional<URI> where(Seen seen, String serviceName) {
    Protocol protocol = seen.observed().protocol();
    return serviceName.isEmpty()
        ? Optional.empty()
        : addresses.of(new Key(seen.key().namespace(), serviceName), protocol);
  }

  private Outcome apply(Seen seen, Plan.Proceed plan) {
    Duration lookAgain = null;
    for (ScalingStep step : plan.steps()) {
      log.debug("{}: {} {}", seen.key(), step, plan);
      switch (step) {
        case ScalingStep.CreateDecider(DeciderSpec spec) -> decide(seen, spec);
        case ScalingStep.UpdateDecider(DeciderSpec spec) -> decide(seen, spec);
        case ScalingStep.SetReplicas(int replicas) -> setReplicas(seen, replicas, plan);
        case ScalingStep.CreateSks(SksSpec spec) ->
            writer.apply(
                new Step.Create(
                    PodAutoscalerChildren.sks(
                        seen.pa(), Activators.atFirst(spec, seen.observed().settings()))));
        case ScalingStep.UpdateSks(SksSpec spec) -> updateSks(seen, spec, plan);
        case ScalingStep.CreateMetric(MetricSpec spec) ->
            writer.apply(new Step.Create(PodAutoscalerChildren.metric(seen.pa(), spec)));
        case ScalingStep.UpdateMetric(MetricSpec spec) ->
            seen.metric()
                .flatMap(metric -> Step.patch(metric, PodAutoscalerChildren.withSpec(metric, spec)))
                .ifPresent(writer::apply);
        case ScalingStep.LookAgain(Duration after) -> lookAgain = after;
        case ScalingStep.KeepProbing() ->
            background.keepAsking(
                seen.key(), () -> where(seen, seen.observed().status().serviceName()));
      }
    }
    writeStatus(seen, plan.status());
    gauge(seen, plan);
    if (plan.failure().isPresent()) {
      return new Outcome.Failed(plan.failure().get());
    }
    return lookAgain == null ? Outcome.done() : new Outcome.LookAgain(lookAgain);
  }

  private void updateSks(Seen seen, SksSpec wanted, Plan.Proceed plan) {
    ServerlessService sks = seen.sks().orElseThrow();
    SksSpec has = PodAutoscalerChildren.read(sks.getSpec());
    if (Activators.isAllThatDiffers(has, wanted)
        && (Activators.willBeRight(has, wanted, plan) || Interim.waits())) {
      return;
    }
    Step.patch(sks, PodAutoscalerChildren.withSpec(sks, wanted)).ifPresent(writer::apply);
  }

  private void decide(Seen seen, DeciderSpec spec) {
    deciders.decide(subject(seen), spec, seen.observed().status().desiredScale());
  }

  private void setReplicas(Seen seen, int replicas, Plan.Proceed plan) {
    var target = seen.observed().scaleTarget();
    writer.apply(
        new Step.SetReplicas(
            target.apiVersion(),
            target.kind(),
            new Key(seen.key().namespace(), target.name()),
            replicas));
    log.info("{}: {}", seen.key(), plan.want().because());
  }

  private void writeStatus(Seen seen, PodAutoscalerStatus status) {
    if (status.equals(seen.observed().status())) {
      return;
    }
    PodAutoscaler changed = new PodAutoscaler();
    changed.setMetadata(seen.pa().getMetadata());
    changed.setSpec(seen.pa().getSpec());
    changed.setStatus(StatusForm.write(status, seen.pa().getStatus()));
    boolean interim = isInterim(seen.observed().status(), status);
    if (interim && Interim.waits()) {
      return;
    }
    writer.apply(new Step.UpdateStatus(changed, interim));
    ownStatuses.wrote(
        seen.key(),
        seen.pa().getMetadata().getUid(),
        StatusForm.read(seen.pa().getStatus()),
        seen.observed().status(),
        StatusForm.read(changed.getStatus()));
  }

  /** Nobody acts on a PodAutoscaler of which is not known yet whether it gets ready. */
  private static boolean isInterim(PodAutoscalerStatus before, PodAutoscalerStatus after) {
    return isUnknown(before)
        && isUnknown(after)
        && before.isScaleTargetInitialized() == after.isScaleTargetInitialized()
        && (before.equals(PodAutoscalerStatus.NONE)
            || before.observedGeneration() == after.observedGeneration());
  }

  private static boolean isUnknown(PodAutoscalerStatus status) {
    return !status.conditions().isTrue(ConditionSet.READY)
        && !status.conditions().isFalse(ConditionSet.READY);
  }

  private void gauge(Seen seen, Plan.Proceed plan) {
    int want = plan.want().pods();
    PodGauges before = gauges.get(seen.id());
    int requested = want < 0 && before != null ? before.requested() : Math.max(want, 0);
    gauges.put(seen.id(), new PodGauges(subject(seen), requested, plan.pods()));
  }

  private static Deciders.Subject subject(Seen seen) {
    Map<String, String> labels = orEmptyMap(seen.pa().getMetadata().getLabels());
    return new Deciders.Subject(
        seen.id(),
        labels.getOrDefault(SERVICE, ""),
        labels.getOrDefault(CONFIGURATION, ""),
        labels.getOrDefault(REVISION, ""));
  }

  /** Only a PodAutoscaler that says so is of our class (autoscaling spec §8, triggers). */
  private static boolean isOurs(PodAutoscaler pa) {
    return ScalingAnnotations.KPA.equals(
        orEmptyMap(pa.getMetadata().getAnnotations()).get(ScalingAnnotations.CLASS_KEY));
  }

  private void wakeRevisionOf(HasMetadata object) {
    String revision = orEmptyMap(object.getMetadata().getLabels()).get(REVISION);
    if (revision != null) {
      waker.wake(new Key(Key.of(object).namespace(), revision));
    }
  }

  private static Map<String, String> orEmptyMap(@Nullable Map<String, String> map) {
    return map == null ? Map.of() : map;
  }

  /** Ends what goes on in the background. */
  @Override
  public void close() {
    background.close();
  }

  /** Wakes keys once there is somebody to wake. */
  private static final class Waker {
    private volatile @Nullable Controller<PodAutoscaler> controller;

    void wake(Key key) {
      Controller<PodAutoscaler> connected = controller;
      if (connected != null) {
        connected.wake(key);
      }
    }

    void wakeAfter(Key key, Duration delay) {
      Controller<PodAutoscaler> connected = controller;
      if (connected != null) {
        connected.wakeAfter(key, delay);
      }
    }

    void wakeAll() {
      Controller<PodAutoscaler> connected = controller;
      if (connected != null) {
        connected.wakeAll();
      }
    }
  }
}
