package dev.bellows.dataplane.gateway;

import static org.awaitility.Awaitility.await;

import dev.bellows.core.revision.Protocol;
import dev.bellows.core.revision.Revision;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.Endpoints;
import dev.bellows.core.route.Ingress;
import dev.bellows.core.route.Ingress.HttpOption;
import dev.bellows.core.route.Ingress.Path;
import dev.bellows.core.route.Ingress.Rule;
import dev.bellows.core.route.Ingress.Split;
import dev.bellows.core.route.Ingress.Visibility;
import dev.bellows.core.route.ServiceId;
import dev.bellows.core.route.ServicePort;
import dev.bellows.dataplane.activator.Activator;
import dev.bellows.dataplane.activator.ActivatorConfigs;
import dev.bellows.dataplane.probe.Prober;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.queueproxy.QueueProxyConfig;
import dev.bellows.dataplane.queueproxy.QueueProxyHandle;
import dev.bellows.dataplane.queueproxy.SharedQueueProxy;
import dev.bellows.dataplane.raw.Client;
import dev.bellows.dataplane.stats.StatClient;
import dev.bellows.dataplane.stats.StatServer;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** One Revision behind gateway, activator and queue-proxies, each over sockets of its own. */
final class WholePath implements AutoCloseable {
  static final String HOST = "hello.default.example.com";

  /** How long a program may take before its response begins. */
  static final Duration TIMEOUT = Duration.ofSeconds(1);

  /**
   * How long no request must have come before a pod closes its connections: a request with a body
   * that was on its way then cannot be sent again. It is 30 s where it is not a test.
   */
  private static final Duration DRAIN_QUIET = Duration.ofMillis(500);

  private static final RevisionId ID = new RevisionId("default", "hello-00001");
  private static final ServiceId SERVICE = new ServiceId("default", "hello-00001");

  final Gateway gateway = new Gateway(System::nanoTime);
  final Listener front;
  final Activator activator;
  private final int concurrency;
  private final EventLoopGroup loops = EventLoops.create("path", 2);
  private final ProxyEngine engine = new ProxyEngine(loops, System::nanoTime);
  private final ProxyEngine podEngine = new ProxyEngine(loops, System::nanoTime);
  private final StatServer autoscaler;
  private final StatClient stats;
  private final List<QueueProxyHandle> queueProxies = new ArrayList<>();

  /**
   * @param concurrency of a container
   */
  WholePath(int concurrency) throws IOException {
    this.concurrency = concurrency;
    autoscaler =
        StatServer.start(loops, "127.0.0.1", 0, _ -> true, InstantSource.system(), _ -> {});
    stats = StatClient.connect(loops, URI.create("ws://" + autoscaler.address()), new Random(1));
    activator =
        Activator.start(
            engine,
            ActivatorConfigs.onLoopback("127.0.0.1"),
            stats,
            System::nanoTime,
            () -> new Random(1));
    front = gateway.listen(engine, "127.0.0.1", 0, Set.of(Visibility.EXTERNAL_IP));
    activator
        .revisions()
        .onRevision(
            new Revision(
                ID,
                "hello",
                "hello",
                Protocol.HTTP1,
                concurrency,
                TIMEOUT,
                TIMEOUT,
                Duration.ZERO,
                false,
                false));
    gateway.routes().onIngress(ingress());
    throughTheActivator();
  }

  /** A pod whose program listens at an address; it is not among the endpoints yet. */
  QueueProxyHandle pod(Address program) throws IOException {
    Map<String, String> environment = new HashMap<>();
    environment.putAll(
        Map.of(
            "CONTAINER_CONCURRENCY", Integer.toString(concurrency),
            "REVISION_TIMEOUT_SECONDS", Long.toString(TIMEOUT.toSeconds()),
            "REVISION_RESPONSE_START_TIMEOUT_SECONDS", Long.toString(TIMEOUT.toSeconds()),
            "USER_PORT", "8080",
            "SERVING_NAMESPACE", ID.namespace(),
            "SERVING_REVISION", ID.name(),
            "SERVING_CONFIGURATION", "hello",
            "SERVING_POD", "hello-" + queueProxies.size()));
    environment.putAll(
        Map.of(
            "QUEUE_SERVING_PORT", "8012",
            "QUEUE_SERVING_TLS_PORT", "8112",
            "SERVING_POD_IP", "127.0.0.1",
            "SERVING_LOGGING_CONFIG", "",
            "SERVING_LOGGING_LEVEL", ""));
    QueueProxyHandle attached =
        new SharedQueueProxy(podEngine, new Prober(loops), System::nanoTime, (_, _) -> {})
            .attach(
                QueueProxyConfig.fromEnvironment(environment)
                    .listeningOn("127.0.0.1")
                    .forwardingTo(program)
                    .drainingAfter(DRAIN_QUIET),
                _ -> {},
                Optional.empty());
    queueProxies.add(attached);
    return attached;
  }

  /** The pods that the activator knows. */
  void ready(QueueProxyHandle... pods) {
    List<Address> addresses = Arrays.stream(pods).map(QueueProxyHandle::serving).toList();
    activator
        .revisions()
        .onPrivateEndpoints(ID, new Endpoints(addresses, List.of()), Optional.empty());
  }

  /** The gateway sends requests to the activator. */
  void throughTheActivator() {
    serve(List.of(activator.address()));
  }

  /** The gateway sends requests to the pods. */
  void straightTo(QueueProxyHandle... pods) {
    serve(Arrays.stream(pods).map(QueueProxyHandle::serving).toList());
  }

  Client client() throws IOException {
    return new Client(front.address());
  }

  static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n";
  }

  static String post(String path, String body) {
    return "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s"
        .formatted(path, HOST, body.length(), body);
  }

  /** Every place is free again: no request is counted anywhere. */
  void awaitRest() {
    await()
        .until(() ->
            queueProxies.stream().allMatch(pod -> pod.inFlight() == 0 && pod.queueDepth() == 0)
                && activator.counts().revisions().stream()
                    .allMatch(counts -> counts.active() == 0 && counts.queued() == 0));
  }

  private void serve(List<Address> addresses) {
    gateway
        .routes()
        .onService(
            SERVICE,
            Map.of("80", new ServicePort(Protocol.HTTP1, new Endpoints(addresses, List.of()))));
  }

  private static Ingress ingress() {
    Split split =
        new Split(
            SERVICE,
            "80",
            100,
            Map.of(
                "Knative-Serving-Revision", ID.name(),
                "Knative-Serving-Namespace", ID.namespace()));
    Path path = new Path("", Map.of(), "", Map.of(), List.of(split));
    return new Ingress(
        "default",
        "hello",
        1,
        HttpOption.ENABLED,
        List.of(),
        List.of(new Rule(List.of(HOST), Visibility.EXTERNAL_IP, List.of(path))));
  }

  @Override
  public void close() {
    queueProxies.forEach(QueueProxyHandle::close);
    front.close();
    activator.close();
    stats.close();
    autoscaler.close();
    podEngine.close();
    engine.close();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
