package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.bellows.core.stat.Stat;
import dev.bellows.core.stat.StatWire;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A queue-proxy as a process of its own, told and asked only what the original is. */
@BesideOthers
class SidecarIT {
  private static final Path LIBRARIES =
      Path.of("").toAbsolutePath().getParent().resolve("dataplane/target/lib");

  /** An address of loopback that nothing else uses: the ports of a queue-proxy are fixed. */
  private static final String IP = "127.61.7.12";

  private final Map<String, String> environment = new HashMap<>();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private HttpServer user;

  @BeforeEach
  void startTheProgram() throws IOException {
    user = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    user.createContext(
        "/",
        exchange -> {
          byte[] answer =
              exchange.getRequestHeaders().getFirst("Host").getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    user.start();
    String port = String.valueOf(user.getAddress().getPort());
    environment.putAll(
        Map.of(
            "CONTAINER_CONCURRENCY", "10",
            "QUEUE_SERVING_PORT", "8012",
            "QUEUE_SERVING_TLS_PORT", "8112",
            "USER_PORT", port,
            "REVISION_TIMEOUT_SECONDS", "300",
            "SERVING_LOGGING_CONFIG", "",
            "SERVING_LOGGING_LEVEL", "info",
            "BELLOWS_LISTEN_IP", IP));
    environment.putAll(
        Map.of(
            "SERVING_NAMESPACE", "default",
            "SERVING_REVISION", "hello-00001",
            "SERVING_CONFIGURATION", "hello",
            "SERVING_POD", "hello-00001-deployment-abc",
            "SERVING_POD_IP", "10.1.2.3",
            "SERVING_READINESS_PROBE",
                "{\"tcpSocket\":{\"host\":\"127.0.0.1\",\"port\":%s},\"successThreshold\":1}"
                    .formatted(port)));
  }

  @AfterEach
  void stopTheProgram() {
    user.stop(0);
  }

  @Test
  void servesReportsAndDrainsAsTheOriginalDoes() throws Exception {
    Process sidecar = start();
    CompletableFuture<String> output = output(sidecar);
    try {
      awaitReady(sidecar, output);
      assertThat(get(8012, "/", "K-Original-Host", "hello.example.com").body())
          .isEqualTo("hello.example.com");
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() -> {
            Stat stat = scrape();
            assertThat(stat.podName()).isEqualTo("hello-00001-deployment-abc");
            assertThat(stat.processUptime()).isPositive();
          });

      CompletableFuture<HttpResponse<String>> drained =
          http.sendAsync(request(8022, "/wait-for-drain"), HttpResponse.BodyHandlers.ofString());
      terminate(sidecar);
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() -> {
            HttpResponse<String> probe = probe();
            assertThat(probe.statusCode()).isEqualTo(503);
            assertThat(probe.body()).isEqualTo("shutting down\n");
          });
      assertThat(get(8012, "/", "Accept", "*/*").statusCode())
          .as("a draining pod serves")
          .isEqualTo(200);
      assertThat(drained).as("the drain lasts as long as requests come").isNotDone();

      terminate(sidecar); // the second signal
      assertThat(sidecar.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(sidecar.exitValue()).isEqualTo(1);
      assertThat(output.join())
          .contains("\"severity\":\"INFO\"", "\"knative.dev/key\":\"default/hello-00001\"");
    } finally {
      sidecar.destroyForcibly();
    }
  }

  @Test
  void exitsWithZeroAfterThirtySecondsWithoutARequest() throws Exception {
    Process sidecar = start();
    CompletableFuture<String> output = output(sidecar);
    try {
      awaitReady(sidecar, output);
      CompletableFuture<HttpResponse<String>> drained =
          http.sendAsync(request(8022, "/wait-for-drain"), HttpResponse.BodyHandlers.ofString());
      terminate(sidecar);
      assertThat(drained.get(90, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
      assertThat(sidecar.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(sidecar.exitValue()).as(output.join()).isZero();
    } finally {
      sidecar.destroyForcibly();
    }
  }

  @Test
  void saysInOneLineWhichVariableIsWrong() throws Exception {
    environment.put("USER_PORT", "http");
    Process sidecar = start();
    CompletableFuture<String> output = output(sidecar);
    assertThat(sidecar.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(sidecar.exitValue()).isEqualTo(1);
    assertThat(output.join())
        .isEqualTo("queue-proxy: USER_PORT must be a whole number from 0, got 'http'\n");
  }

  @Test
  void endsIfAPortIsTaken() throws Exception {
    try (ServerSocket other = new ServerSocket(9090, 1, InetAddress.getByName(IP))) {
      Process sidecar = start();
      CompletableFuture<String> output = output(sidecar);
      assertThat(sidecar.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(sidecar.exitValue()).isEqualTo(1);
      assertThat(output.join())
          .startsWith("queue-proxy: cannot listen on " + IP + ":" + other.getLocalPort() + ": ");
    }
  }

  private Process start() throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Xmx64m",
                    "-ea",
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow",
                    "-cp",
                    LIBRARIES + "/*",
                    "dev.bellows.dataplane.queueproxy.Sidecar"))
            .redirectErrorStream(true);
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** SIGTERM; the process' own method would close its output as well. */
  private static void terminate(Process process) {
    assertThat(process.toHandle().destroy()).isTrue();
  }

  private static CompletableFuture<String> output(Process process) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
          } catch (IOException e) {
            return "cannot be read: " + e;
          }
        },
        // Of its own: the common pool of two processors has one thread.
        task -> Thread.ofPlatform().daemon().start(task));
  }

  private void awaitReady(Process sidecar, CompletableFuture<String> output) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptions()
        .failFast(() -> assertThat(sidecar.isAlive()).as(() -> output.join()).isTrue())
        .untilAsserted(() -> assertThat(probe().body()).isEqualTo("queue"));
  }

  private HttpResponse<String> probe() throws IOException, InterruptedException {
    return get(8012, "/", "K-Network-Probe", "queue", "User-Agent", "kube-probe/1.34");
  }

  private Stat scrape() throws Exception {
    HttpResponse<byte[]> response =
        http.send(request(9090, "/metrics"), HttpResponse.BodyHandlers.ofByteArray());
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/protobuf");
    return StatWire.decodeStat(response.body());
  }

  private HttpResponse<String> get(int port, String path, String... headers)
      throws IOException, InterruptedException {
    return http.send(request(port, path, headers), HttpResponse.BodyHandlers.ofString());
  }

  private static HttpRequest request(int port, String path, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://" + IP + ":" + port + path))
            .timeout(Duration.ofSeconds(60));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return request.build();
  }
}
