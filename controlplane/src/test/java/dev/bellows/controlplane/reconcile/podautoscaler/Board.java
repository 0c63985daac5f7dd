package dev.bellows.controlplane.reconcile.podautoscaler;

import dev.bellows.api.autoscaling.Metric;
import dev.bellows.api.autoscaling.PodAutoscaler;
import dev.bellows.api.autoscaling.PodAutoscalerSpec;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.networking.ServerlessService;
import dev.bellows.api.networking.ServerlessServiceStatus;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Step;
import dev.bellows.controlplane.reconcile.Writer;
import dev.bellows.controlplane.scrape.WatchedPods;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Watched;
import dev.bellows.core.condition.Condition;
import dev.bellows.core.condition.ConditionStatus;
import dev.bellows.core.kpa.DeciderSpec;
import dev.bellows.core.kpa.DeciderStatus;
import dev.bellows.core.kpa.ScalingAnnotations;
import dev.bellows.core.podautoscaler.Observed;
import dev.bellows.core.podautoscaler.ProbeAnswer;
import dev.bellows.core.revision.RevisionId;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.EndpointsBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** A Revision {@code ns/rev} on a drawing board: what is written is seen, unless the watch lags. */
final class Board implements Writer {
  static final Key KEY = new Key("ns", "rev");
  static final RevisionId ID = new RevisionId("ns", "rev");

  private static final KubernetesSerialization JSON = new KubernetesSerialization();
  private static final Map<String, String> LABELS =
      Map.of("serving.knative.dev/configuration", "cfg", "serving.knative.dev/revision", "rev");

  final Watched<PodAutoscaler> podAutoscalers = new Watched<>(PodAutoscaler.class);
  final Watched<ServerlessService> serverlessServices = new Watched<>(ServerlessService.class);
  final Watched<Metric> metrics = new Watched<>(Metric.class);
  final Watched<Deployment> deployments = new Watched<>(Deployment.class);
  final Watched<Pod> pods = new Watched<>(Pod.class);
  final Watched<Endpoints> endpoints = new Watched<>(Endpoints.class);
  final List<Step> written = new ArrayList<>();
  final List<URI> asked = new ArrayList<>();
  final PaperDeciders deciders = new PaperDeciders();
  final PodAutoscalerReconciler reconciler;
  final PodAutoscalerViews views;

  SystemConfig config = SystemConfig.DEFAULT;
  ProbeAnswer activator = ProbeAnswer.ACTIVATOR;
  Instant now = Instant.parse("2026-01-01T12:00:00Z");
  boolean watchLags;
  private long version;

  Board() {
    views =
        new PodAutoscalerViews(
            podAutoscalers,
            serverlessServices,
            metrics,
            deployments,
            pods,
            new WatchedPods(pods, endpoints));
    reconciler =
        new PodAutoscalerReconciler(
            views,
            deciders,
            () -> config,
            uri -> {
              asked.add(uri);
              return activator;
            },
            ProbeAddresses.byEndpoints(endpoints),
            this,
            () -> now);
  }

  /** Deciders that decide what the test says. */
  static final class PaperDeciders implements Deciders {
    final Map<RevisionId, DeciderSpec> specs = new HashMap<>();
    DeciderStatus status = new DeciderStatus(DeciderStatus.UNDECIDED, 0);
    OptionalInt lastTold = OptionalInt.empty();

    @Override
    public Optional<Observed.Decider> find(RevisionId id) {
      return Optional.ofNullable(specs.get(id)).map(spec -> new Observed.Decider(spec, status));
    }

    @Override
    public void decide(Subject subject, DeciderSpec spec, OptionalInt lastDesired) {
      lastTold = lastDesired;
      specs.put(subject.id(), spec);
    }

    @Override
    public void forget(RevisionId id) {
      specs.remove(id);
    }
  }

  Outcome reconcile() {
    return reconciler.reconcile(KEY);
  }

  void at(String seconds) {
    now = Instant.parse("2026-01-01T12:00:00Z").plus(Duration.parse("PT" + seconds));
  }

  void podAutoscaler(Map<String, String> annotations) {
    Map<String, String> all = new HashMap<>(annotations);
    all.putIfAbsent(ScalingAnnotations.CLASS_KEY, ScalingAnnotations.KPA);
    PodAutoscaler pa = new PodAutoscaler();
    pa.setMetadata(
        new ObjectMetaBuilder(metadata("rev"))
            .withUid("pa-1")
            .withGeneration(1L)
            .withAnnotations(all)
            .build());
    pa.setSpec(
        new PodAutoscalerSpec(
            "Reachable",
            new ObjectReferenceBuilder()
                .withApiVersion("apps/v1")
                .withKind("Deployment")
                .withName("rev-deployment")
                .build(),
            10L,
            "http1"));
    put(podAutoscalers, pa);
  }

  void deployment(int replicas) {
    put(
        deployments,
        new DeploymentBuilder()
            .withMetadata(metadata("rev-deployment"))
            .withNewSpec()
            .withReplicas(replicas)
            .endSpec()
            .build());
  }

  void readyPod(String name) {
    put(
        pods,
        new PodBuilder()
            .withMetadata(metadata(name))
            .withNewStatus()
            .withPhase("Running")
            .withPodIP("127.5.0.1")
            .addNewCondition()
            .withType("Ready")
            .withStatus("True")
            .endCondition()
            .endStatus()
            .build());
  }

  void noPods() {
    List.copyOf(pods.all()).forEach(pods::remove);
  }

  /** The Services are made; activators stand before the Revision since now, or do not. */
  void services(boolean proxying) {
    ServerlessService sks = JSON.clone(serverlessServices.find(KEY).orElseThrow());
    List<dev.bellows.api.Condition> conditions = new ArrayList<>();
    conditions.add(condition("Ready", ConditionStatus.TRUE));
    conditions.add(
        condition(
            "ActivatorEndpointsPopulated",
            proxying ? ConditionStatus.TRUE : ConditionStatus.FALSE));
    sks.setStatus(
        new ServerlessServiceStatus(
            sks.getMetadata().getGeneration(), conditions, Map.of(), "rev", "rev-private"));
    put(serverlessServices, sks);
  }

  private dev.bellows.api.Condition condition(String type, ConditionStatus status) {
    return dev.bellows.api.Condition.of(new Condition(type, status, "", "", "", now));
  }

  void publicEndpoints(String ip, int port) {
    put(
        endpoints,
        new EndpointsBuilder()
            .withMetadata(metadata("rev"))
            .addNewSubset()
            .addNewAddress()
            .withIp(ip)
            .endAddress()
            .addNewPort()
            .withName("http")
            .withPort(port)
            .endPort()
            .endSubset()
            .build());
  }

  @Override
  public void apply(Step step) {
    written.add(step);
    if (watchLags) {
      return;
    }
    switch (step) {
      case Step.Create(HasMetadata object) -> see(object);
      case Step.Patch patch -> see(patched(patch));
      case Step.UpdateStatus(CustomResource<?, ?> object, var _) -> see(object);
      case Step.SetReplicas replicas -> deployment(replicas.replicas());
      case Step.Delete(HasMetadata object) -> throw new AssertionError("deletes " + object);
      case Step.Announce _ -> {}
    }
  }

  private static HasMetadata patched(Step.Patch patch) {
    // Only specs are patched here, and each patch carries all of the spec that changed.
    var tree =
        JSON.convertValue(patch.object(), com.fasterxml.jackson.databind.node.ObjectNode.class);
    ((com.fasterxml.jackson.databind.node.ObjectNode) tree.get("spec"))
        .setAll((com.fasterxml.jackson.databind.node.ObjectNode) patch.patch().get("spec"));
    return JSON.convertValue(tree, patch.object().getClass());
  }

  private void see(HasMetadata object) {
    switch (object) {
      case PodAutoscaler pa -> put(podAutoscalers, JSON.clone(pa));
      case ServerlessService sks -> put(serverlessServices, JSON.clone(sks));
      case Metric metric -> put(metrics, JSON.clone(metric));
      default -> throw new AssertionError("writes " + object);
    }
  }

  private <T extends HasMetadata> void put(Watched<T> view, T object) {
    object.getMetadata().setResourceVersion(Long.toString(++version));
    view.put(object);
  }

  private static ObjectMeta metadata(String name) {
    return new ObjectMetaBuilder().withNamespace("ns").withName(name).withLabels(LABELS).build();
  }

  List<String> writes() {
    return written.stream().map(step -> step.getClass().getSimpleName()).toList();
  }
}
