package dev.bellows.dataplane.queueproxy;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.log.JsonLogs;
import dev.bellows.dataplane.probe.Probe;
import dev.bellows.dataplane.probe.Prober;
import dev.bellows.dataplane.proxy.Answer;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Starts a sidecar, sends it what a pod sees in its first second, and stops: run once per build, to
 * record which classes a start needs (a class-data archive).
 */
final class Rehearsal {
  /** An address that nobody uses, so that the sidecar's ports are free. */
  private static final String IP = "127.93.12.80";

  private static final Duration LIMIT = Duration.ofSeconds(2);

  private Rehearsal() {}

  public static void main(String[] arguments) throws IOException {
    Sidecar.tune(); // before anything of Netty is loaded
    JsonLogs.install("", "", Map.of()); // before anything makes a logger
    EventLoopGroup loops = EventLoops.create("program", 1);
    try (ProxyEngine program = new ProxyEngine(loops, System::nanoTime);
        Listener user =
            program.listen(IP, 0, List.of(exchange -> exchange.answer(Answer.text(200, "ok"))));
        Sidecar sidecar = Sidecar.start(environment(user.address()))) {
      Prober client = new Prober(loops);
      QueueProxyHandle handle = sidecar.handle();
      get(client, handle.serving(), "/", Map.of());
      get(
          client,
          handle.serving(),
          "/",
          Map.of("User-Agent", "kube-probe/rehearsal", "K-Network-Probe", "queue"));
      get(client, handle.metrics(), "/metrics", Map.of());
    }
  }

  private static void get(
      Prober client, Address address, String path, Map<String, String> headers) {
    client
        .ask(new Probe.HttpGet(address, false, path, List.copyOf(headers.entrySet())), LIMIT)
        .toCompletableFuture()
        .join();
  }

  private static Map<String, String> environment(Address user) {
    String port = String.valueOf(user.port());
    Map<String, String> environment = new HashMap<>();
    environment.put("CONTAINER_CONCURRENCY", "1");
    environment.put("QUEUE_SERVING_PORT", "8012");
    environment.put("QUEUE_SERVING_TLS_PORT", "8112");
    environment.put("USER_PORT", port);
    environment.put("REVISION_TIMEOUT_SECONDS", "300");
    environment.put(
        "SERVING_READINESS_PROBE",
        "{\"tcpSocket\":{\"host\":\"%s\",\"port\":%s},\"successThreshold\":1}".formatted(IP, port));
    environment.put("SERVING_NAMESPACE", "rehearsal");
    environment.put("SERVING_REVISION", "rehearsal-00001");
    environment.put("SERVING_CONFIGURATION", "rehearsal");
    environment.put("SERVING_POD", "rehearsal");
    environment.put("SERVING_POD_IP", IP);
    environment.put("SERVING_LOGGING_CONFIG", "");
    environment.put("SERVING_LOGGING_LEVEL", "");
    environment.put("BELLOWS_LISTEN_IP", IP);
    return environment;
  }
}
