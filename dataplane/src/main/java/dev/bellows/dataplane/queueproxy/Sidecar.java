package dev.bellows.dataplane.queueproxy;

import dev.bellows.dataplane.log.JsonLogs;
import dev.bellows.dataplane.probe.Prober;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.requestlog.LogLines;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The queue-proxy of one pod as a process of its own, beside the user container: the same code as
 * the shared one, told everything by environment variables (data-plane spec §1.2).
 *
 * <p>SIGTERM or SIGINT begins its end: probes fail, requests are served until none has come for a
 * while, those in progress end, and the process exits with 0; a second signal ends it at once with
 * 1 (data-plane spec §3.8).
 */
public final class Sidecar implements AutoCloseable {
  /** What a variable that the original does not have may say: where to listen, an IP literal. */
  private static final String LISTEN_IP = "BELLOWS_LISTEN_IP";

  /** More loops than this buy nothing beside one user container. */
  private static final int MAX_EVENT_LOOPS = 2;

  /** How long callers of {@code /wait-for-drain} get to take their answer. */
  private static final Duration FAREWELL = Duration.ofSeconds(2);

  /** How long the last measures and spans get to arrive. */
  private static final Duration TELEMETRY_LIMIT = Duration.ofSeconds(10);

  private final EventLoopGroup loops;
  private final ProxyEngine engine;
  private final QueueProxyHandle handle;

  private Sidecar(QueueProxyConfig config) throws IOException {
    loops =
        EventLoops.create(
            "queue-proxy",
            Math.clamp(Runtime.getRuntime().availableProcessors(), 1, MAX_EVENT_LOOPS));
    engine = new ProxyEngine(loops, System::nanoTime);
    try {
      handle =
          new QueueProxyHandle(
              config,
              engine::listen,
              loops.next(),
              new Prober(loops),
              System::nanoTime,
              // An activator elsewhere asks, or learns it from the cluster.
              (_, _) -> {},
              new LogLines(System.out));
      handle.openTls(engine, TlsServing.CERTIFICATES, log());
    } catch (IOException | IllegalArgumentException e) {
      close(engine, loops);
      throw e;
    }
  }

  /** Runs until a signal ends it; what cannot be started is said in one line, with exit code 1. */
  public static void main(String[] arguments) throws InterruptedException {
    Map<String, String> environment = System.getenv();
    try {
      start(environment).serve();
    } catch (IllegalArgumentException | IOException e) {
      System.err.println("queue-proxy: " + e.getMessage());
      System.exit(1);
    }
  }

  /**
   * Starts a queue-proxy; it serves when this returns.
   *
   * @throws IllegalArgumentException naming the variable that is missing or wrong
   * @throws IOException if a port cannot be had
   */
  static Sidecar start(Map<String, String> environment) throws IOException {
    tune();
    QueueProxyConfig config = QueueProxyConfig.fromEnvironment(environment);
    String listenIp = environment.getOrDefault(LISTEN_IP, "");
    if (!listenIp.isEmpty()) {
      config = config.listeningOn(listenIp);
    }
    installLogs(environment, config.pod());
    return new Sidecar(config);
  }

  /**
   * Settles what Netty would find out by itself at the price of a third of the start (measured in
   * docs/benchmarks.md); who sets one of these properties has the last word.
   */
  static void tune() {
    // A pod's file system is read-only: no library could be unpacked, and NIO costs 4 % more.
    tune("io.netty.transport.noNative", "true");
    tune("io.netty.jfr.enabled", "false");
    tune("io.netty.allocator.type", "unpooled");
    // Parts of channel ids, which only Netty's own log shows.
    tune("io.netty.machineId", "00:00:00:00:00:00:00:01");
    tune("io.netty.processId", "1");
  }

  private static void tune(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  private static void installLogs(Map<String, String> environment, PodIdentity pod) {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("knative.dev/key", pod.revision().toString());
    fields.put("knative.dev/pod", pod.name());
    String level = environment.getOrDefault("SERVING_LOGGING_LEVEL", "");
    try {
      JsonLogs.install(environment.getOrDefault("SERVING_LOGGING_CONFIG", ""), level, fields);
    } catch (IllegalArgumentException e) {
      // A pod whose logs are set up wrongly still serves, as the original's does.
      JsonLogs.install("", "", fields);
      log().warn("SERVING_LOGGING_CONFIG or SERVING_LOGGING_LEVEL: {}", e.getMessage());
    }
  }

  /** Where requests for the pod go, and the rest of what a test may ask. */
  QueueProxyHandle handle() {
    return handle;
  }

  private void serve() throws InterruptedException {
    Runtime.getRuntime().addShutdownHook(new Thread(this::drainAndHalt, "drain"));
    QueueProxyConfig config = handle.config();
    log()
        .info(
            "Serving on {}, forwarding to {}, containerConcurrency {}",
            handle.serving(),
            config.userTarget(),
            config.containerConcurrency());
    new CountDownLatch(1).await();
  }

  private void drainAndHalt() {
    // The JVM would exit with 143 after a SIGTERM, and ignore a second one.
    SecondSignal.haltsWith(1);
    log().info("Draining: probes fail from now on, requests are served until none come");
    try {
      handle.drain().toCompletableFuture().get();
      handle.farewell().toCompletableFuture().get(FAREWELL.toMillis(), TimeUnit.MILLISECONDS);
      handle
          .flushTelemetry()
          .toCompletableFuture()
          .get(TELEMETRY_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      log().info("Drained");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      log().warn("drained, but not everyone who waited for it, or for measures, heard so", e);
    }
    Runtime.getRuntime().halt(0);
  }

  @Override
  public void close() {
    handle.close();
    close(engine, loops);
  }

  private static void close(ProxyEngine engine, EventLoopGroup loops) {
    engine.close();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  // Not a constant: a logger may be made only when it is known how to log.
  private static Logger log() {
    return LoggerFactory.getLogger("queueproxy");
  }
}
