package dev.bellows.app.wiring;

import dev.bellows.api.config.LeaderElectionConfig;
import dev.bellows.app.telemetry.MetricsServer;
import dev.bellows.app.telemetry.RoleLogs;
import dev.bellows.app.telemetry.RoleTelemetry;
import dev.bellows.app.telemetry.SystemMetrics;
import dev.bellows.controlplane.ControlPlane;
import dev.bellows.controlplane.bucket.BucketLeases;
import dev.bellows.controlplane.bucket.ElectionByLeases;
import dev.bellows.controlplane.reconcile.podautoscaler.ProbeAddresses;
import dev.bellows.controlplane.registry.PullSecrets;
import dev.bellows.controlplane.registry.RegistryDigestResolver;
import dev.bellows.controlplane.registry.SkippingDigestResolver;
import dev.bellows.controlplane.watch.LiveConfig;
import dev.bellows.controlplane.watch.PlainWatches;
import dev.bellows.core.route.Ingress.Visibility;
import dev.bellows.dataplane.activator.ActivatorConfig;
import dev.bellows.dataplane.gateway.GatewayConfig;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.proxy.TlsSettings;
import dev.bellows.dataplane.requestlog.LogLines;
import dev.bellows.dataplane.stats.StatClient;
import dev.bellows.dataplane.telemetry.Attributes;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One role in a process of its own: its client of the Kubernetes API, the watches that the role
 * needs, its event loops, its metrics. What the role itself is, its class says.
 */
public final class RoleProcess implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RoleProcess.class);

  private static final int EVENT_LOOPS =
      Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 4);

  /** Between two questions to an API that is away. */
  private static final Duration GREETING_PAUSE = Duration.ofSeconds(2);

  /** What requests in flight get to end; a kubelet waits no longer either. */
  private static final Duration DRAIN_LIMIT = Duration.ofMinutes(10);

  private final Closing closing;
  private final Role role;
  private final MetricsServer metrics;

  /** What every process has, to put its role on. */
  private record Ground(
      KubernetesClient client, ControlPlane controlPlane, EventLoopGroup loops, Closing closing) {
    ProxyEngine engine() {
      return closing.add(new ProxyEngine(loops, System::nanoTime));
    }
  }

  private interface Opening {
    Role open(Ground ground) throws IOException;
  }

  private RoleProcess(RoleSettings settings, String component, Opening opening, Closing closing)
      throws IOException, InterruptedException {
    this.closing = closing;
    KubernetesClient client = closing.add(PlainWatches.client(settings.kubernetes()));
    EventLoopGroup loops = EventLoops.create("proxy", EVENT_LOOPS);
    closing.add(() -> loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000));
    ControlPlane controlPlane =
        closing.add(new ControlPlane(client, settings.surroundings(component), Clock.systemUTC()));
    RoleLogs.follow(controlPlane.config(), component);
    this.role = closing.add(opening.open(new Ground(client, controlPlane, loops, closing)));
    RoleTelemetry telemetry =
        closing.add(
            new RoleTelemetry(
                controlPlane.config(),
                loops.next(),
                Attributes.of(
                    "service.name", component,
                    "service.instance.id", settings.podName(),
                    "k8s.pod.name", settings.podName(),
                    "k8s.namespace.name", settings.systemNamespace()),
                () -> role.addTo(new SystemMetrics()).metrics(),
                role.observed(),
                new LogLines(System.out),
                controlPlane.clock()));
    controlPlane.start();
    role.run();
    this.metrics =
        closing.add(
            MetricsServer.start(settings.listenIp(), settings.metricsPort(), telemetry::page));
  }

  /**
   * Starts the reconcilers of serving, and an autoscaler beside them if one is wanted.
   *
   * @param healthPort where a kubelet asks
   * @param webhookPort where the API server asks for admission; empty = nowhere
   * @param statsPort where activators report; empty = no autoscaler here
   * @throws StartException if it cannot start; its message is one line
   */
  public static RoleProcess controlPlane(
      RoleSettings settings, int healthPort, OptionalInt webhookPort, OptionalInt statsPort) {
    return start(
        settings,
        "controller",
        ground -> {
          if (statsPort.isPresent()) {
            Role autoscaler = autoscaler(ground, settings, statsPort.getAsInt());
            return Together.of(
                autoscaler, () -> reconcilers(ground, settings, healthPort, webhookPort));
          }
          return reconcilers(ground, settings, healthPort, webhookPort);
        });
  }

  private static Role reconcilers(
      Ground ground, RoleSettings settings, int healthPort, OptionalInt webhookPort)
      throws IOException {
    LiveConfig config = ground.controlPlane().config();
    RegistryDigestResolver registries =
        ground
            .closing()
            .add(
                new RegistryDigestResolver(
                    PullSecrets.read(ground.client()),
                    () -> config.get().deployment().digestResolutionTimeout()));
    return ControlPlaneRole.open(
        ground.controlPlane(),
        new SkippingDigestResolver(
            () -> config.get().deployment().registriesSkippingTagResolving(), registries),
        new ElectionByLeases(
            ground.client(),
            ground.controlPlane().informers().watchLeases(settings.systemNamespace()),
            settings.systemNamespace(),
            settings.identity(),
            election(ground.client(), settings),
            ground.controlPlane().clock()),
        settings.listenIp(),
        healthPort,
        webhookPort);
  }

  /**
   * Starts an autoscaler.
   *
   * @param port where activators report
   * @throws StartException if it cannot start; its message is one line
   */
  public static RoleProcess autoscaler(RoleSettings settings, int port) {
    return start(settings, "autoscaler", ground -> autoscaler(ground, settings, port));
  }

  private static Role autoscaler(Ground ground, RoleSettings settings, int port)
      throws IOException {
    BucketLeases leases =
        BucketLeases.ofAutoscaler(
            ground.client(),
            ground.controlPlane().informers().watchLeases(settings.systemNamespace()),
            settings.systemNamespace(),
            settings.identity(),
            election(ground.client(), settings),
            ground.controlPlane().clock());
    return AutoscalerRole.sharing(
        ground.controlPlane(),
        ground.loops(),
        settings.listenIp(),
        port,
        switch (settings.services()) {
          case dns -> ProbeAddresses.byName(settings.clusterDomain());
          case endpoints ->
              ProbeAddresses.byEndpoints(ground.controlPlane().informers().watch(Endpoints.class));
        },
        leases,
        AutoscalerRole.owners(
            leases,
            bucket ->
                switch (settings.services()) {
                  case dns -> Optional.of(settings.host(bucket));
                  case endpoints -> Optional.empty();
                }));
  }

  /** Read once: how many buckets there are cannot change while others count otherwise. */
  private static LeaderElectionConfig election(KubernetesClient client, RoleSettings settings) {
    String usual = "config-leader-election";
    String name = settings.configMapNames().getOrDefault(usual, usual);
    ConfigMap found =
        client.configMaps().inNamespace(settings.systemNamespace()).withName(name).get();
    return found == null || found.getData() == null
        ? LeaderElectionConfig.DEFAULT
        : LeaderElectionConfig.parse(found.getData());
  }

  /**
   * Starts an activator.
   *
   * @param ports where requests come in
   * @param tlsPort where they come in by TLS
   * @param tls what is spoken there
   * @throws StartException if it cannot start; its message is one line
   */
  public static RoleProcess activator(
      RoleSettings settings, List<Integer> ports, int tlsPort, TlsSettings tls) {
    return start(
        settings,
        "activator",
        ground -> {
          StatClient stats =
              ground
                  .closing()
                  .add(
                      StatClient.connect(
                          ground.loops(),
                          autoscalers(settings, ground.controlPlane()),
                          RandomGenerator.getDefault()));
          return ActivatorRole.open(
              ground.controlPlane(),
              ground.engine(),
              new ActivatorConfig(
                  settings.podName(),
                  settings.podIp(),
                  settings.listenIp(),
                  ports,
                  tlsPort,
                  tls,
                  settings.clusterDomain()),
              stats);
        });
  }

  /**
   * Starts a gateway.
   *
   * @param port where services of both visibilities are reached
   * @param httpsPort the same by TLS; 0 = any free port, empty = 8443, or a free one if that is
   *     taken
   * @param config what else it is told
   * @param healthPort where a kubelet asks
   * @throws StartException if it cannot start; its message is one line
   */
  public static RoleProcess gateway(
      RoleSettings settings,
      int port,
      OptionalInt httpsPort,
      GatewayConfig config,
      int healthPort) {
    return start(
        settings,
        "gateway",
        ground -> {
          GatewayRole gateway =
              GatewayRole.bind(
                  ground.engine(),
                  settings.listenIp(),
                  port,
                  EnumSet.allOf(Visibility.class),
                  httpsPort,
                  config);
          gateway.answerKubelet(settings.listenIp(), healthPort);
          gateway.join(ground.controlPlane());
          return gateway;
        });
  }

  private static RoleProcess start(RoleSettings settings, String component, Opening opening) {
    Closing closing = new Closing();
    try {
      Greeting.await(settings.kubernetes(), GREETING_PAUSE, log::warn);
      return new RoleProcess(settings, component, opening, closing);
    } catch (IOException | RuntimeException e) {
      closing.close();
      throw StartException.of(component, e);
    } catch (InterruptedException e) {
      closing.close();
      Thread.currentThread().interrupt();
      throw StartException.of(component, e);
    }
  }

  /** Upstream's address, or whoever stands in the Endpoints of the same Service. */
  private static Supplier<Optional<URI>> autoscalers(
      RoleSettings settings, ControlPlane controlPlane) {
    return switch (settings.services()) {
      case dns -> {
        Optional<URI> byName =
            Optional.of(URI.create("ws://" + settings.host("autoscaler") + ":8080"));
        yield () -> byName;
      }
      case endpoints ->
          new ServiceEndpoints(
              controlPlane.informers().watch(Endpoints.class),
              settings.systemNamespace(),
              "autoscaler");
    };
  }

  /** Where it is reached, and where Prometheus reads. */
  public String where() {
    return role.where() + "; metrics at " + metrics.url();
  }

  /**
   * Lets what has begun end.
   *
   * @param lameDuck how long it goes on as usual before
   */
  public void drain(Duration lameDuck) throws InterruptedException {
    try {
      role.drain(lameDuck)
          .toCompletableFuture()
          .get(lameDuck.plus(DRAIN_LIMIT).toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      // What has not ended by now is cut.
    }
  }

  @Override
  public void close() {
    closing.close();
  }
}
