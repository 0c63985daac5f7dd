package dev.bellows.controlplane;

import dev.bellows.api.Condition;
import dev.bellows.api.autoscaling.PodAutoscaler;
import dev.bellows.api.autoscaling.PodAutoscalerStatus;
import dev.bellows.api.networking.ServerlessService;
import dev.bellows.api.networking.ServerlessServiceSpec;
import dev.bellows.api.serving.Service;
import dev.bellows.api.serving.ServiceSpec;
import dev.bellows.api.serving.TrafficTarget;
import dev.bellows.controlplane.feed.IngressFeed;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.HostForm;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Reconciler;
import dev.bellows.controlplane.reconcile.StepFailed;
import dev.bellows.controlplane.reconcile.StepFailed.Why;
import dev.bellows.controlplane.reconcile.configuration.ConfigurationReconciler;
import dev.bellows.controlplane.reconcile.domainmapping.DomainMappingReconciler;
import dev.bellows.controlplane.reconcile.gc.GcReconciler;
import dev.bellows.controlplane.reconcile.ingress.IngressReconciler;
import dev.bellows.controlplane.reconcile.labeler.LabelerReconciler;
import dev.bellows.controlplane.reconcile.revision.DigestResolver;
import dev.bellows.controlplane.reconcile.revision.RevisionReconciler;
import dev.bellows.controlplane.reconcile.route.RouteReconciler;
import dev.bellows.controlplane.reconcile.serverlessservice.ServerlessServiceReconciler;
import dev.bellows.controlplane.reconcile.service.ServiceReconciler;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.LiveConfig;
import dev.bellows.controlplane.watch.Watched;
import dev.bellows.core.route.Ingress;
import dev.bellows.core.route.IngressListener;
import dev.bellows.core.route.SecretId;
import dev.bellows.core.route.ServiceId;
import dev.bellows.core.route.TlsSecret;
import dev.bellows.core.route.Unready;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.EndpointAddress;
import io.fabric8.kubernetes.api.model.EndpointAddressBuilder;
import io.fabric8.kubernetes.api.model.EndpointSubset;
import io.fabric8.kubernetes.api.model.EndpointSubsetBuilder;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.EndpointsBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * All reconcilers over a {@link World}, one pass after the other until nothing is written any more.
 * What others do (the autoscaler, the Deployment's and the Endpoints' controllers) is played by the
 * test through the methods here.
 */
public final class Stage implements IngressListener {
  public final World world = new World();
  public final Set<String> unknownImages = new HashSet<>();
  public final LiveConfig config = new LiveConfig(world.cluster.configMaps());
  public final Map<String, Ingress> routed = new LinkedHashMap<>();
  public final Map<ServiceId, Map<String, dev.bellows.core.route.ServicePort>> backends =
      new LinkedHashMap<>();
  public final List<String> failures = new ArrayList<>();

  /** How long the first of those who want to look again by the clock would wait. */
  public Optional<Duration> nextLook = Optional.empty();

  private final IngressFeed feed =
      new IngressFeed(
          world.ingressViews(), this, ControlPlaneConfig.BELLOWS_INGRESS_CLASS, "cluster.local");
  private final Map<Reconciler, Watched<?>> reconcilers = new LinkedHashMap<>();

  /** A system with activators, a domain and our own gateway, whose images are local ones. */
  public Stage() {
    this(Optional.empty());
  }

  /** The same with images that somebody else knows. */
  public Stage(DigestResolver digests) {
    this(Optional.of(digests));
  }

  /** The process that is started after another has been killed: it knows what was written. */
  public Stage(World killed) {
    this(Optional.empty());
    world.continues(killed);
  }

  private Stage(Optional<DigestResolver> digests) {
    var cluster = world.cluster;
    HostForm form = HostForm.of("cluster.local");
    reconcilers.put(
        new ServiceReconciler(cluster, world, () -> world.now), cluster.knativeServices());
    reconcilers.put(
        new ConfigurationReconciler(cluster, world, () -> world.now), cluster.configurations());
    reconcilers.put(
        new RevisionReconciler(
            cluster,
            digests.orElse(DigestResolver.ofLocalImages(image -> !unknownImages.contains(image))),
            config,
            world,
            () -> world.now),
        cluster.revisions());
    reconcilers.put(
        new RouteReconciler(cluster, config, world, () -> world.now, form), cluster.routes());
    reconcilers.put(new LabelerReconciler(cluster, world, () -> world.now), cluster.routes());
    reconcilers.put(
        new ServerlessServiceReconciler(cluster, world, () -> world.now, "knative-serving"),
        cluster.serverlessServices());
    reconcilers.put(
        new IngressReconciler(
            cluster.ingresses(),
            feed,
            world,
            () -> world.now,
            "gateway.knative-serving.svc.cluster.local"),
        cluster.ingresses());
    reconcilers.put(
        new GcReconciler(cluster, config, world, () -> world.now), cluster.configurations());
    reconcilers.put(
        new DomainMappingReconciler(cluster, config, world, () -> world.now, form),
        cluster.domainMappings());
    configure("config-domain", Map.of("example.com", ""));
    configure("config-network", Map.of("ingress-class", ControlPlaneConfig.BELLOWS_INGRESS_CLASS));
    activators("10.9.0.1");
  }

  /** A ConfigMap of the system, made or changed. */
  public void configure(String name, Map<String, String> data) {
    var map =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withNamespace("knative-serving")
            .withName(name)
            .endMetadata()
            .withData(data)
            .build();
    if (world.cluster.configMaps().find("knative-serving", name).isPresent()) {
      world.changed(map, found -> new ConfigMapBuilder(found).withData(data).build());
    } else {
      world.given(map);
    }
  }

  /** A Service of one container, as it is after admission. */
  public Service apply(String name, String image) {
    return apply(name, image, "");
  }

  /**
   * A Service, made or changed.
   *
   * @param revision the name asked for its Revision, empty if none
   */
  public Service apply(String name, String image, String revision) {
    Service service =
        World.parse(
            Service.class,
            """
            apiVersion: serving.knative.dev/v1
            kind: Service
            metadata:
              name: %s
              namespace: default
              annotations:
                serving.knative.dev/creator: me
                serving.knative.dev/lastModifier: me
            spec:
              template:
                metadata: {%s}
                spec:
                  containerConcurrency: 0
                  timeoutSeconds: 300
                  containers:
                  - name: user-container
                    image: %s
                    readinessProbe: {successThreshold: 1, tcpSocket: {port: 0}}
                    resources: {}
              traffic: [{latestRevision: true, percent: 100}]
            """
                .formatted(name, revision.isEmpty() ? "" : "name: " + revision, image));
    if (world.cluster.knativeServices().find("default", name).isEmpty()) {
      return world.given(service);
    }
    return world.changed(
        service,
        found -> {
          found.setSpec(service.getSpec());
          return found;
        });
  }

  /** A person shares the requests of a Service otherwise. */
  public void traffic(String service, TrafficTarget... targets) {
    world.changed(
        world.cluster.knativeServices().find("default", service).orElseThrow(),
        found -> {
          found.setSpec(new ServiceSpec(found.getSpec().template(), List.of(targets)));
          return found;
        });
    settle();
  }

  /** Passes over every object until nothing is written any more. */
  public void settle() {
    for (int round = 0; round < 30; round++) {
      int before = world.written.size();
      failures.clear();
      nextLook = Optional.empty();
      reconcilers.forEach((reconciler, kind) ->
          List.copyOf(kind.all()).forEach(each -> pass(reconciler, Key.of(each))));
      if (world.written.size() == before) {
        return;
      }
    }
    throw new AssertionError(
        "does not come to rest: "
            + world.written.subList(Math.max(0, world.written.size() - 10), world.written.size()));
  }

  private void pass(Reconciler reconciler, Key key) {
    try {
      switch (reconciler.reconcile(key)) {
        case Outcome.Done() -> {}
        case Outcome.LookAgain(Duration after) -> {
          if (nextLook.isEmpty() || after.compareTo(nextLook.get()) < 0) {
            nextLook = Optional.of(after);
          }
        }
        case Outcome.Failed(String message) -> failures.add(message);
      }
    } catch (StepFailed e) {
      if (e.why() != Why.CONFLICT) {
        throw e;
      }
    }
  }

  /** Lets time pass. */
  public void after(Duration duration) {
    world.now = world.now.plus(duration);
  }

  /** What the autoscaler makes for a new Revision. */
  public void autoscalerTakesUp(String revision) {
    PodAutoscaler autoscaler =
        world.cluster.podAutoscalers().find("default", revision).orElseThrow();
    ServerlessService sks = new ServerlessService();
    sks.setMetadata(Children.metadata(autoscaler, revision, Children.labels(autoscaler), Map.of()));
    sks.setSpec(
        new ServerlessServiceSpec(
            "Proxy",
            autoscaler.getSpec().scaleTargetRef(),
            autoscaler.getSpec().protocolType(),
            2));
    world.given(sks);
    settle();
  }

  /** The autoscaler's word on a Revision. */
  public void autoscalerSays(
      String revision, String ready, String reason, boolean initialized, int scale) {
    PodAutoscaler autoscaler =
        world.cluster.podAutoscalers().find("default", revision).orElseThrow();
    world.changed(
        autoscaler,
        found -> {
          found.setStatus(
              new PodAutoscalerStatus(
                  found.getMetadata().getGeneration(),
                  List.of(
                      new Condition("Ready", ready, null, null, reason, "says the autoscaler"),
                      new Condition(
                          "ScaleTargetInitialized",
                          initialized ? "True" : "Unknown",
                          null,
                          null,
                          null,
                          null)),
                  Map.of(),
                  revision,
                  revision + "-private",
                  scale,
                  scale));
          return found;
        });
    settle();
  }

  /** The autoscaler changes the mode of a ServerlessService. */
  public void mode(String revision, String mode) {
    ServerlessService sks =
        world.cluster.serverlessServices().find("default", revision).orElseThrow();
    world.changed(
        sks,
        found -> {
          var spec = found.getSpec();
          found.setSpec(
              new ServerlessServiceSpec(
                  mode, spec.objectRef(), spec.protocolType(), spec.numActivators()));
          return found;
        });
    settle();
  }

  /** The Deployment's status as its controller would write it. */
  public void deployed(
      String revision, int replicas, int ready, String progressing, String reason) {
    Deployment deployment =
        world.cluster.deployments().find("default", revision + "-deployment").orElseThrow();
    world.changed(
        deployment,
        found ->
            new DeploymentBuilder(found)
                .editSpec()
                .withReplicas(replicas)
                .endSpec()
                .withNewStatus()
                .withReplicas(replicas)
                .withReadyReplicas(ready)
                .withAvailableReplicas(ready)
                .addNewCondition()
                .withType("Progressing")
                .withStatus(progressing)
                .withReason(reason)
                .withMessage("says the controller")
                .endCondition()
                .endStatus()
                .build());
    settle();
  }

  /** The ready pods behind a Revision's private Service, as {@code ip:port}. */
  public void podsReady(String revision, String... addresses) {
    var service = world.cluster.services().find("default", revision + "-private").orElseThrow();
    List<EndpointSubset> subsets =
        Arrays.stream(addresses).map(each -> subset(each, "http", "http-autometric")).toList();
    putEndpoints("default", revision + "-private", Children.labels(service), subsets);
    settle();
  }

  /** The activators, by ip. */
  public void activators(String... ips) {
    List<EndpointAddress> addresses = new ArrayList<>();
    for (String ip : ips) {
      addresses.add(new EndpointAddressBuilder().withIp(ip).build());
    }
    EndpointSubset subset =
        new EndpointSubsetBuilder()
            .withAddresses(addresses)
            .addNewPort(null, "http", 8012, "TCP")
            .addNewPort(null, "http2", 8013, "TCP")
            .addNewPort(null, "https", 8112, "TCP")
            .build();
    putEndpoints(
        "knative-serving",
        "activator-service",
        Map.of(),
        addresses.isEmpty() ? List.of() : List.of(subset));
  }

  private static EndpointSubset subset(String address, String serving, String metrics) {
    int colon = address.indexOf(':');
    return new EndpointSubsetBuilder()
        .withAddresses(new EndpointAddressBuilder().withIp(address.substring(0, colon)).build())
        .addNewPort(null, serving, Integer.parseInt(address.substring(colon + 1)), "TCP")
        .addNewPort(null, metrics, 9090, "TCP")
        .build();
  }

  private void putEndpoints(
      String namespace, String name, Map<String, String> labels, List<EndpointSubset> subsets) {
    Endpoints endpoints =
        new EndpointsBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(name)
            .withLabels(labels)
            .endMetadata()
            .withSubsets(subsets)
            .build();
    if (world.cluster.endpoints().find(namespace, name).isPresent()) {
      world.changed(endpoints, found -> new EndpointsBuilder(found).withSubsets(subsets).build());
    } else {
      world.given(endpoints);
    }
  }

  /** Brings a new Revision to its first ready pod, as the others would. */
  public void comesUp(String revision, String podAddress) {
    autoscalerTakesUp(revision);
    deployed(revision, 1, 1, "True", "NewReplicaSetAvailable");
    podsReady(revision, podAddress);
    autoscalerSays(revision, "True", "", true, 1);
  }

  @Override
  public void onIngress(Ingress ingress) {
    routed.put(ingress.name(), ingress);
  }

  @Override
  public void onIngressDeleted(String namespace, String name) {
    routed.remove(name);
  }

  @Override
  public void onService(ServiceId service, Map<String, dev.bellows.core.route.ServicePort> byPort) {
    backends.put(service, byPort);
  }

  @Override
  public void onServiceDeleted(ServiceId service) {
    backends.remove(service);
  }

  @Override
  public void onTlsSecret(TlsSecret secret) {
    if (!secret.certificate().startsWith("-----BEGIN")) {
      throw new IllegalArgumentException("no certificate in it");
    }
  }

  @Override
  public void onTlsSecretDeleted(SecretId secret) {}

  @Override
  public void onUnready(Unready subject) {}

  @Override
  public void onUnreadyNoMore(String kind, String namespace, String name) {}
}
