package dev.bellows.app.wiring;

import dev.bellows.app.telemetry.MetricsServer;
import dev.bellows.app.telemetry.RoleTelemetry;
import dev.bellows.app.telemetry.SystemMetrics;
import dev.bellows.app.wiring.SystemObjects.Port;
import dev.bellows.controlplane.ControlPlane;
import dev.bellows.controlplane.ControlPlaneConfig;
import dev.bellows.controlplane.Serving;
import dev.bellows.controlplane.bucket.Election;
import dev.bellows.controlplane.reconcile.PublicPorts;
import dev.bellows.controlplane.reconcile.podautoscaler.ProbeAddresses;
import dev.bellows.controlplane.reconcile.revision.DigestResolver;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.Ingress.Visibility;
import dev.bellows.dataplane.activator.ActivatorConfig;
import dev.bellows.dataplane.gateway.AccessLog;
import dev.bellows.dataplane.gateway.GatewayConfig;
import dev.bellows.dataplane.probe.Prober;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.proxy.TlsSettings;
import dev.bellows.dataplane.queueproxy.SharedQueueProxy;
import dev.bellows.dataplane.requestlog.LogLines;
import dev.bellows.dataplane.stats.StatClient;
import dev.bellows.dataplane.telemetry.Attributes;
import dev.bellows.embedded.apiserver.ApiServer;
import dev.bellows.embedded.image.ImageRegistry;
import dev.bellows.embedded.runtime.process.Account;
import dev.bellows.embedded.store.DataDirectory;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The whole system in one process: an embedded cluster, the control plane on its API, and the data
 * plane. What the rooms offer is put together here and nowhere else.
 */
public final class Bellows implements AutoCloseable {
  static final String LOOPBACK = "127.0.0.1";

  private static final int EVENT_LOOPS =
      Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 4);
  private static final int ACTIVATOR_PORT = 8012;
  private static final int ACTIVATOR_TLS_PORT = 8112;
  private static final int INSIDE_PORT = 8081;
  private static final int STATS_PORT = 8080;
  private static final int METRICS_PORT = 9090;

  /** What requests in flight, and then the pods' programs, get to end. */
  private static final Duration GRACE = Duration.ofSeconds(3);

  private final Settings settings;
  private final Closing closing = new Closing();
  private final EmbeddedCluster cluster;
  private final Optional<GatewayRole> gateway;
  private final Optional<Address> gatewayInside;
  private final Optional<AutoscalerRole> autoscaler;
  private final ControlPlane controlPlane;
  private final Optional<Serving> serving;
  private final MetricsServer metrics;
  private final String domain;

  private Bellows(Settings settings) throws IOException, InterruptedException {
    this.settings = settings;
    Clock clock = Clock.systemUTC();
    // First of all: where it is in use, its ports are too, and the ports are not what is wrong.
    DataDirectory directory = closing.add(DataDirectory.claim(settings.dataDirectory()));
    EventLoopGroup loops = EventLoops.create("proxy", EVENT_LOOPS);
    closing.add(() -> loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000));
    ProxyEngine engine = closing.add(new ProxyEngine(loops, System::nanoTime));
    this.gateway =
        has(Part.GATEWAY)
            ? Optional.of(
                closing.add(
                    GatewayRole.bind(
                        engine,
                        LOOPBACK,
                        settings.gatewayPort(),
                        EnumSet.of(Visibility.EXTERNAL_IP),
                        settings.httpsPort(),
                        gatewayConfig(settings, clock))))
            : Optional.empty();
    Joints joints = new Joints();
    Prober prober = new Prober(engine.loops());
    SharedQueueProxy queueProxies =
        new SharedQueueProxy(engine, prober, System::nanoTime, joints::onPodReady);
    this.cluster =
        EmbeddedCluster.open(directory, settings, engine, queueProxies, prober, clock, closing);
    SystemObjects objects = new SystemObjects(cluster.registry());
    this.domain = objects.install(settings.domain());
    cluster.run();

    String nodeIp = cluster.network().nodeIp();
    if (!settings.without().isEmpty()) {
      try (KubernetesClient owner = client(ApiServer.Role.CONTROL_PLANE)) {
        PartAccounts.write(
            owner, cluster.apiServer(), settings.dataDirectory(), settings.without());
      }
    }
    KubernetesClient client = closing.add(client(ApiServer.Role.CONTROL_PLANE));
    this.controlPlane =
        closing.add(
            new ControlPlane(client, ControlPlaneConfig.embedded().with(publicPorts()), clock));
    this.autoscaler =
        has(Part.AUTOSCALER)
            ? Optional.of(closing.add(autoscaler(loops, nodeIp)))
            : Optional.empty();
    Address statsAddress =
        autoscaler.map(AutoscalerRole::address).orElse(new Address(nodeIp, STATS_PORT));
    Optional<ActivatorRole> activator =
        has(Part.ACTIVATOR)
            ? Optional.of(activator(engine, nodeIp, statsAddress))
            : Optional.empty();
    joints.activator = activator.orElse(null);
    this.gatewayInside =
        gateway.isPresent()
            ? Optional.of(gateway.get().bindInside(nodeIp, preferring(INSIDE_PORT, nodeIp)))
            : Optional.empty();
    gateway.ifPresent(role -> role.join(controlPlane));
    this.serving =
        has(Part.CONTROL_PLANE)
            ? Optional.of(
                new Serving(
                    controlPlane, DigestResolver.ofLocalImages(cluster::mayHave), Election.ofAll()))
            : Optional.empty();
    install(
        objects,
        activator.map(ActivatorRole::address).orElse(new Address(nodeIp, ACTIVATOR_PORT)),
        activator.map(ActivatorRole::tlsAddress).orElse(new Address(nodeIp, ACTIVATOR_TLS_PORT)),
        statsAddress,
        gatewayInside.orElseGet(this::gatewayAddress));
    List<Role> roles =
        Stream.of(autoscaler, activator, gateway).<Role>flatMap(Optional::stream).toList();
    RoleTelemetry telemetry =
        closing.add(
            new RoleTelemetry(
                controlPlane.config(),
                loops.next(),
                Attributes.of("service.name", "bellows"),
                () -> {
                  SystemMetrics page = new SystemMetrics();
                  roles.forEach(role -> role.addTo(page));
                  return page.metrics();
                },
                roles.stream().flatMap(role -> role.observed().stream()).toList(),
                new LogLines(System.out),
                clock));
    controlPlane.start();
    roles.forEach(Role::run); // the gateway last: now it knows where requests go
    closing.add(ImageWatch.start(cluster.images(), this::imagesChanged));
    this.metrics = closing.add(MetricsServer.start(LOOPBACK, METRICS_PORT, telemetry::page));
    cluster.letWebhooksReview();
  }

  /**
   * Starts everything; when this returns, services are served.
   *
   * @throws StartException if a port is taken, the data directory is in use, or the machine lacks
   *     something; its message is one line
   */
  public static Bellows start(Settings settings) {
    try {
      return new Bellows(settings);
    } catch (NoClassDefFoundError e) {
      throw StartException.incomplete(e);
    } catch (IOException | RuntimeException e) {
      throw StartException.of(settings, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw StartException.of(settings, e);
    }
  }

  private boolean has(Part part) {
    return !settings.without().contains(part);
  }

  private AutoscalerRole autoscaler(EventLoopGroup loops, String nodeIp) throws IOException {
    return AutoscalerRole.alone(
        controlPlane,
        loops,
        nodeIp,
        preferring(STATS_PORT, nodeIp),
        ProbeAddresses.byEndpoints(controlPlane.informers().watch(Endpoints.class)));
  }

  private ActivatorRole activator(ProxyEngine engine, String nodeIp, Address autoscaler)
      throws IOException {
    StatClient stats =
        closing.add(
            StatClient.connect(
                engine.loops(), URI.create("ws://" + autoscaler), RandomGenerator.getDefault()));
    return closing.add(
        ActivatorRole.open(
            controlPlane,
            engine,
            new ActivatorConfig(
                "activator",
                nodeIp,
                nodeIp,
                List.of(preferring(ACTIVATOR_PORT, nodeIp)),
                preferring(ACTIVATOR_TLS_PORT, nodeIp),
                TlsSettings.DEFAULT,
                "cluster.local"),
            stats));
  }

  /** The usual port, or any free one: whoever asks a part of this process learns where it is. */
  private static int preferring(int port, String ip) {
    try (ServerSocket free = new ServerSocket(port, 1, InetAddress.ofLiteral(ip))) {
      return free.getLocalPort();
    } catch (IOException taken) {
      return 0;
    }
  }

  private Address gatewayAddress() {
    return gateway
        .map(GatewayRole::address)
        .orElseGet(() -> new Address(LOOPBACK, settings.gatewayPort()));
  }

  private PublicPorts publicPorts() {
    return new PublicPorts(
        OptionalInt.of(gatewayAddress().port()),
        gateway.isPresent()
            ? OptionalInt.of(gateway.get().tlsAddress().port())
            : settings.httpsPort());
  }

  /** Where services are reached. */
  public URI gatewayUrl() {
    return URI.create("http://" + gatewayAddress());
  }

  /** What a person types to run a part that was left to a process of its own. */
  public String command(Part part) {
    String pod = "POD_NAME=%s POD_IP=%s ".formatted(part, cluster.network().nodeIp());
    String start =
        "SYSTEM_NAMESPACE=knative-serving ./bellows %s --services endpoints --kubeconfig %s"
            .formatted(part, PartAccounts.kubeconfig(settings.dataDirectory(), part));
    return switch (part) {
      case CONTROL_PLANE -> {
        PublicPorts ports = publicPorts();
        yield start
            + " --health-port 0 --http-port "
            + gatewayAddress().port()
            + (ports.https().isPresent() ? " --https-port " + ports.https().getAsInt() : "");
      }
      case AUTOSCALER -> pod + start;
      case ACTIVATOR -> pod + start + " --lame-duck 0";
      case GATEWAY -> start + " --lame-duck 0 --health-port 0 --port " + settings.gatewayPort();
    };
  }

  /** Where services that have a certificate are reached by TLS, if the gateway runs here. */
  public Optional<URI> gatewayTlsUrl() {
    return gateway.map(role -> URI.create("https://" + role.tlsAddress()));
  }

  /** Where services are reached from inside the cluster, if the gateway runs here. */
  public Optional<URI> gatewayInsideUrl() {
    return gatewayInside.map(address -> URI.create("http://" + address));
  }

  private static GatewayConfig gatewayConfig(Settings settings, Clock clock) {
    return new GatewayConfig(
        OptionalInt.empty(),
        settings.accessLog().map(form -> new AccessLog(form, new LogLines(System.out), clock)),
        settings.waitPage());
  }

  /** Where Prometheus reads. */
  public URI metricsUrl() {
    return metrics.url();
  }

  /** The file that points kubectl here. */
  public Path kubeconfig() {
    return cluster.apiServer().kubeconfig();
  }

  /** Suffix of the services' host names. */
  public String domain() {
    return domain;
  }

  /** What holds on this machine, in a few words. */
  public String inForce() {
    return Runtimes.inForce(settings.runtime())
        + "; "
        + cluster.networkInForce()
        + "; run as "
        + settings.runAs().map(Account::name).orElse(System.getProperty("user.name"))
        + ", see each other; "
        + cluster.powers().summary()
        + "; state in "
        + settings.dataDirectory();
  }

  /** A client for the API with the owner's rights; the caller closes it. */
  public KubernetesClient newClient() {
    return client(ApiServer.Role.ADMIN);
  }

  /** Which programs image names stand for. */
  public ImageRegistry images() {
    return cluster.images();
  }

  /** Whether a Revision is scaled in panic mode. */
  public boolean panicking(RevisionId revision) {
    return autoscaler.stream()
        .flatMap(role -> role.autoscaling().decisionGauges().stream())
        .anyMatch(gauge -> gauge.decider().id().equals(revision) && gauge.panicMode() == 1);
  }

  /** How long the last pod stays after it was decided that none is wanted. */
  public Duration scaleToZeroGracePeriod() {
    return controlPlane.config().get().autoscaler().scaleToZeroGracePeriod();
  }

  /** Lets requests in flight end, for at most three seconds, then ends everything. */
  @Override
  public void close() {
    try {
      gateway
          .map(role -> role.drain(Duration.ZERO).toCompletableFuture())
          .orElse(CompletableFuture.completedFuture(null))
          .get(GRACE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
      // What has not ended by now is cut.
    }
    cluster.evacuate(GRACE);
    closing.close();
  }

  private static void install(
      SystemObjects objects,
      Address activator,
      Address activatorTls,
      Address stats,
      Address gateway) {
    Map<String, Port> activatorPorts = new LinkedHashMap<>();
    activatorPorts.put("http", new Port(80, activator));
    activatorPorts.put("http2", new Port(81, activator));
    activatorPorts.put("https", new Port(443, activatorTls));
    objects.part("activator-service", activatorPorts);
    objects.part("gateway", Map.of("http2", new Port(80, gateway)));
    objects.part("autoscaler", Map.of("http", new Port(8080, stats)));
  }

  private KubernetesClient client(ApiServer.Role role) {
    ApiServer api = cluster.apiServer();
    Config config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl(api.url())
            .withOauthToken(api.token(role))
            .build();
    return InProcessClient.of(api.inProcess(), config);
  }

  private void imagesChanged() {
    cluster.images().look();
    serving.ifPresent(Serving::imagesChanged);
  }

  /**
   * Where one room tells another of things before that one is there; then nobody waits for them.
   */
  private static final class Joints {
    private volatile @Nullable ActivatorRole activator;

    void onPodReady(RevisionId revision, Address pod) {
      ActivatorRole told = activator;
      if (told != null) {
        told.onPodReady(revision, pod);
      }
    }
  }
}
