package dev.bellows.bench.proxy;

import com.sun.management.ThreadMXBean;
import dev.bellows.core.revision.Protocol;
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
import dev.bellows.dataplane.gateway.Gateway;
import dev.bellows.dataplane.probe.Prober;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.queueproxy.QueueProxyConfig;
import dev.bellows.dataplane.queueproxy.QueueProxyHandle;
import dev.bellows.dataplane.queueproxy.SharedQueueProxy;
import io.netty.channel.EventLoopGroup;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;

/**
 * A queue-proxy of the shared form before a given backend, alone or with our gateway before it in
 * the same process. Prints where to send requests, and serves until it is killed; for each line
 * that it reads it prints how many bytes its threads have allocated.
 */
public final class ProxyUnderTest {
  private static final String LOOPBACK = "127.0.0.1";
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final ServiceId SERVICE = new ServiceId("default", "measured");

  private ProxyUnderTest() {}

  /**
   * Starts to serve.
   *
   * @param arguments {@code queue-proxy} or {@code gateway}; the backend's port; the container
   *     concurrency; how many event loops
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    String role = arguments[0];
    Address backend = new Address(LOOPBACK, Integer.parseInt(arguments[1]));
    EventLoopGroup loops = EventLoops.create("proxy", Integer.parseInt(arguments[3]));
    ProxyEngine engine = new ProxyEngine(loops, System::nanoTime);
    QueueProxyHandle pod =
        new SharedQueueProxy(engine, new Prober(loops), System::nanoTime, (_, _) -> {})
            .attach(
                QueueProxyConfig.fromEnvironment(environment(arguments[2]))
                    .listeningOn(LOOPBACK)
                    .forwardingTo(backend));
    Address entrance =
        switch (role) {
          case "queue-proxy" -> pod.serving();
          case "gateway" -> gateway(engine, pod.serving());
          default -> throw new IllegalArgumentException("no such role: " + role);
        };
    System.out.println(entrance.port());
    BufferedReader asked =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (asked.readLine() != null) {
      System.out.println(THREADS.getTotalThreadAllocatedBytes());
    }
    Thread.currentThread().join(); // the event loops alone would not keep the process
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
    Split all = new Split(SERVICE, Protocol.HTTP1.servicePortName(), 100, Map.of());
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
