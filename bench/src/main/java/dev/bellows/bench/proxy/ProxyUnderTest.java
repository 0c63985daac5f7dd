package dev.bellows.bench.proxy;

import com.sun.management.ThreadMXBean;
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
import dev.bellows.dataplane.activator.ActivatorConfig;
import dev.bellows.dataplane.gateway.Gateway;
import dev.bellows.dataplane.probe.Prober;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.proxy.TlsSettings;
import dev.bellows.dataplane.queueproxy.QueueProxyConfig;
import dev.bellows.dataplane.queueproxy.QueueProxyHandle;
import dev.bellows.dataplane.queueproxy.SharedQueueProxy;
import dev.bellows.dataplane.stats.StatClient;
import dev.bellows.dataplane.stats.StatServer;
import io.netty.channel.EventLoopGroup;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A queue-proxy of the shared form before a given backend, alone, or behind our gateway, or behind
 * gateway and activator, in one process. Prints where to send requests, and serves until its input
 * ends. What it reads, line by line, and prints about it:
 *
 * <ul>
 *   <li>{@code allocated}: how many bytes its threads have allocated;
 *   <li>{@code collect}: has garbage collected; "done";
 *   <li>{@code pods N}: attaches N more pods, which nobody sends requests to; "done";
 *   <li>{@code wake} and {@code sleep}: the activator knows the pod, or none; "done".
 * </ul>
 */
public final class ProxyUnderTest {
  private static final String LOOPBACK = "127.0.0.1";
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final ServiceId SERVICE = new ServiceId("default", "measured");
  private static final RevisionId REVISION = new RevisionId("default", "measured-00001");

  private final EventLoopGroup loops;
  private final ProxyEngine engine;
  private final SharedQueueProxy queueProxies;
  private final Address backend;
  private final String concurrency;

  private ProxyUnderTest(Address backend, String concurrency, int threads) {
    this.backend = backend;
    this.concurrency = concurrency;
    loops = EventLoops.create("proxy", threads);
    engine = new ProxyEngine(loops, System::nanoTime);
    queueProxies = new SharedQueueProxy(engine, new Prober(loops), System::nanoTime, (_, _) -> {});
  }

  /**
   * Starts to serve.
   *
   * @param arguments {@code queue-proxy}, {@code gateway} or {@code activator}; the backend's port;
   *     the container concurrency; how many event loops
   */
  public static void main(String[] arguments) throws IOException {
    Address backend = new Address(LOOPBACK, Integer.parseInt(arguments[1]));
    new ProxyUnderTest(backend, arguments[2], Integer.parseInt(arguments[3])).serve(arguments[0]);
  }

  private void serve(String role) throws IOException {
    QueueProxyHandle pod = pod();
    Activator activator = role.equals("activator") ? activator() : null;
    Address entrance =
        switch (role) {
          case "queue-proxy" -> pod.serving();
          case "gateway" -> gateway(engine, pod.serving());
          case "activator" -> gateway(engine, Objects.requireNonNull(activator).address());
          default -> throw new IllegalArgumentException("no such role: " + role);
        };
    System.out.println(entrance.port());
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] words = line.split(" ", -1);
      Object said = "done";
      switch (words[0]) {
        case "allocated" -> said = THREADS.getTotalThreadAllocatedBytes();
        case "collect" -> System.gc();
        case "pods" -> {
          for (int i = Integer.parseInt(words[1]); i > 0; i--) {
            pod();
          }
        }
        case "wake" -> ready(Objects.requireNonNull(activator), List.of(pod.serving()));
        case "sleep" -> ready(Objects.requireNonNull(activator), List.of());
        default -> throw new IllegalArgumentException("no such question: " + line);
      }
      System.out.println(said);
    }
  }

  private QueueProxyHandle pod() throws IOException {
    return queueProxies.attach(
        QueueProxyConfig.fromEnvironment(environment(concurrency))
            .listeningOn(LOOPBACK)
            .forwardingTo(backend));
  }

  private Activator activator() throws IOException {
    StatServer autoscaler =
        StatServer.start(loops, LOOPBACK, 0, _ -> true, InstantSource.system(), _ -> {});
    Activator activator =
        Activator.start(
            engine,
            new ActivatorConfig(
                "activator-1",
                LOOPBACK,
                LOOPBACK,
                List.of(0),
                0,
                TlsSettings.DEFAULT,
                "cluster.local"),
            StatClient.connect(
                loops, URI.create("ws://" + autoscaler.address()), new SplittableRandom(1)),
            System::nanoTime,
            ThreadLocalRandom::current);
    activator
        .revisions()
        .onRevision(
            new Revision(
                REVISION,
                "measured",
                "measured",
                Protocol.HTTP1,
                Integer.parseInt(concurrency),
                PATIENCE,
                PATIENCE,
                Duration.ZERO,
                false,
                false));
    return activator;
  }

  private static void ready(Activator activator, List<Address> pods) {
    activator
        .revisions()
        .onPrivateEndpoints(REVISION, new Endpoints(pods, List.of()), Optional.empty());
  }

  private static Address gateway(ProxyEngine engine, Address pod) throws IOException {
    Gateway gateway = new Gateway(System::nanoTime);
    gateway
        .routes()
        .onService(
            SERVICE,
            Map.of(
                Protocol.HTTP1.servicePortName(),
                new ServicePort(Protocol.HTTP1, new Endpoints(List.of(pod), List.of()))));
    Split all =
        new Split(
            SERVICE,
            Protocol.HTTP1.servicePortName(),
            100,
            Map.of(
                "Knative-Serving-Revision", REVISION.name(),
                "Knative-Serving-Namespace", REVISION.namespace()));
    gateway
        .routes()
        .onIngress(
            new Ingress(
                "default",
                "measured",
                1,
                HttpOption.ENABLED,
                List.of(),
                List.of(
                    new Rule(
                        List.of("measured.default.example.com"),
                        Visibility.EXTERNAL_IP,
                        List.of(new Path("", Map.of(), "", Map.of(), List.of(all)))))));
    return gateway.listen(engine, LOOPBACK, 0, EnumSet.allOf(Visibility.class)).address();
  }

  /** As a reconciler would set it for a pod that serves on a free port. */
  private static Map<String, String> environment(String containerConcurrency) {
    return Map.ofEntries(
        Map.entry("CONTAINER_CONCURRENCY", containerConcurrency),
        Map.entry("QUEUE_SERVING_PORT", "8012"),
        Map.entry("QUEUE_SERVING_TLS_PORT", "8112"),
        Map.entry("USER_PORT", "8080"),
        Map.entry("REVISION_TIMEOUT_SECONDS", "300"),
        Map.entry("SERVING_NAMESPACE", "default"),
        Map.entry("SERVING_REVISION", "measured-00001"),
        Map.entry("SERVING_CONFIGURATION", "measured"),
        Map.entry("SERVING_POD", "measured-00001-deployment-1"),
        Map.entry("SERVING_POD_IP", LOOPBACK),
        Map.entry("SERVING_LOGGING_CONFIG", ""),
        Map.entry("SERVING_LOGGING_LEVEL", ""));
  }
}
