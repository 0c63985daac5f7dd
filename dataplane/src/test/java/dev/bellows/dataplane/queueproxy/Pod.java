package dev.bellows.dataplane.queueproxy;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.probe.Prober;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.ProxyEngine;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** A pod under test: the environment that a reconciler would give its queue-proxy. */
final class Pod implements AutoCloseable {
  private static final EventLoopGroup LOOPS = EventLoops.create("pod", 2);

  /** Lines of the request log so far. */
  final Queue<String> requestLines = new ConcurrentLinkedQueue<>();

  final Map<String, String> environment = new HashMap<>();
  private final ProxyEngine engine = new ProxyEngine(LOOPS, System::nanoTime);
  private final Address user;
  final Queue<Address> toldReady = new ConcurrentLinkedQueue<>();
  private @Nullable Path certificates;
  private Duration drainQuiet = Duration.ofSeconds(30);

  Pod(Address user) {
    this.user = user;
    environment.putAll(
        Map.of(
            "CONTAINER_CONCURRENCY", "0",
            "QUEUE_SERVING_PORT", "8012",
            "QUEUE_SERVING_TLS_PORT", "8112",
            "USER_PORT", "8080",
            "REVISION_TIMEOUT_SECONDS", "300",
            "SERVING_NAMESPACE", "default",
            "SERVING_REVISION", "hello-00001",
            "SERVING_CONFIGURATION", "hello",
            "SERVING_POD", "hello-00001-deployment-abc"));
    environment.putAll(
        Map.of(
            "SERVING_POD_IP", "127.0.0.1",
            "SERVING_LOGGING_CONFIG", "",
            "SERVING_LOGGING_LEVEL", ""));
  }

  Pod withCertificates(Path directory) {
    certificates = directory;
    return this;
  }

  Pod with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  Pod drainingAfter(Duration quiet) {
    drainQuiet = quiet;
    return this;
  }

  QueueProxyHandle attach() throws IOException {
    return new SharedQueueProxy(
            engine, new Prober(LOOPS), System::nanoTime, (_, pod) -> toldReady.add(pod))
        .attach(
            QueueProxyConfig.fromEnvironment(environment)
                .listeningOn("127.0.0.1")
                .forwardingTo(user)
                .drainingAfter(drainQuiet),
            requestLines::add,
            Optional.ofNullable(certificates));
  }

  @Override
  public void close() {
    engine.close();
  }
}
