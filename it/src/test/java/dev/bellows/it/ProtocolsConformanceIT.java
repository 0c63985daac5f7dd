package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.networking.ServerlessService;
import dev.bellows.api.serving.Service;
import dev.bellows.it.programs.GrpcPing;
import dev.bellows.it.programs.Http2Hello;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a request may speak, with the names and the checks of the original's tests (runtime, e2e).
 * docs/conformance.md has the whole list.
 */
@BesideOthers
@Execution(ExecutionMode.CONCURRENT)
class ProtocolsConformanceIT {
  private static final String PROGRAM = "conformance.test/program";
  private static final String HTTP2 = "conformance.test/hellohttp2";
  private static final String GRPC = "conformance.test/grpc-ping";
  private static final String SOCKET = "conformance.test/wsserver";
  private static final String H2C = "ports: [{name: h2c, containerPort: 8080}]";
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir static Path directory;
  @AutoClose private static Serving serving;

  @BeforeAll
  static void start() throws IOException {
    Command.require("python3");
    serving = Serving.start(directory.resolve("data"));
    serving.addProgram(PROGRAM);
    serving.addProgram(SOCKET, "wsserver.py");
    serving.addProgram(GRPC, GrpcPing.class);
    serving.addProgram(HTTP2, Http2Hello.class);
  }

  @Test
  void testProtocols() throws Exception {
    serving.createService("one", PROGRAM);
    serving.awaitReady("one");
    String spoken = Serving.json(ask("one", HttpClient.Version.HTTP_1_1)).path("protocol").asText();
    assertThat(spoken).isEqualTo("HTTP/1.1");
    assertThat(Serving.json(ask("one", HttpClient.Version.HTTP_2)).path("protocol").asText())
        .as("translated by the gateway")
        .isEqualTo("HTTP/1.1");
  }

  @Test
  void testHelloHTTP2WithPortNameH2C() throws Exception {
    serving.createService("two", HTTP2, H2C);
    serving.awaitReady("two");
    assertThat(ask("two", HttpClient.Version.HTTP_2)).isEqualTo("HTTP/2.0");
    assertThat(ask("two", HttpClient.Version.HTTP_1_1)).isEqualTo("HTTP/2.0");
  }

  private static String ask(String name, HttpClient.Version version) throws Exception {
    try (HttpClient client = HttpClient.newBuilder().version(version).build()) {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(serving.bellows().gateway())
                  .header("Host", Serving.host(serving.url(name)))
                  .timeout(LIMIT)
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(answer.version()).isEqualTo(version);
      return answer.body();
    }
  }

  @Test
  void testGRPCUnaryPing() throws Exception {
    grpc("unary", "Serve", "target-burst-capacity", "0", "min-scale", "1");
    assertThat(ping("unary")).startsWith("ping  unary-00001-deployment-");
  }

  @Test
  void testGRPCUnaryPingViaActivator() throws Exception {
    grpc("unary-held", "Proxy", "target-burst-capacity", "-1");
    assertThat(ping("unary-held")).startsWith("ping  unary-held-00001-deployment-");
  }

  @Test
  void testGRPCStreamingPing() throws Exception {
    grpc("stream", "Serve", "target-burst-capacity", "0", "min-scale", "1");
    streams("stream");
  }

  @Test
  void testGRPCStreamingPingViaActivator() throws Exception {
    grpc("stream-held", "Proxy", "target-burst-capacity", "-1");
    streams("stream-held");
  }

  @Test
  void testGRPCLoadBalancing() throws Exception {
    grpc("balanced", "Serve", "target-burst-capacity", "0", "min-scale", "2");
    assertThat(serving.readyPods("balanced-00001")).isEqualTo(2);
    Set<String> pods = new TreeSet<>();
    within()
        .until(() -> {
          pods.add(ping("balanced"));
          return pods.size() == 2;
        });
  }

  @Test
  void testGRPCSplit() {
    serving.createService("halves", GRPC, H2C);
    serving.awaitReady("halves");
    template("halves", GRPC, "green", ",\"ports\":[{\"name\":\"h2c\",\"containerPort\":8080}]");
    serving.awaitReady("halves");
    halves("halves");
    Set<String> revisions = new TreeSet<>();
    within()
        .until(() -> {
          revisions.add(ping("halves").substring(0, "ping green".length()));
          return revisions.size() == 2;
        });
    assertThat(revisions).containsExactly("ping  halv", "ping green");
  }

  @Test
  void testReadinessGRPCProbe() throws Exception {
    serving.createService("healthy", GRPC, H2C, "readinessProbe: {periodSeconds: 1, grpc: {}}");
    serving.awaitReady("healthy");
    assertThat(ping("healthy")).startsWith("ping ");
  }

  @Test
  void testWebSocket() throws Exception {
    socket("socket", "Serve", "target-burst-capacity", "0", "min-scale", "1");
    try (Talk talk = talk("socket")) {
      assertThat(talk.say("Hello, websocket")).isEqualTo("Hello, websocket");
    }
  }

  @Test
  void testWebSocketViaActivator() throws Exception {
    socket("socket-held", "Proxy", "target-burst-capacity", "-1");
    try (Talk talk = talk("socket-held")) {
      assertThat(talk.say("Hello, websocket")).isEqualTo("Hello, websocket");
    }
  }

  /** A conversation is a request as any other: it may last as long, and be silent as long. */
  @ParameterizedTest
  @CsvSource({"timeoutSeconds: 6", "'timeoutSeconds: 120, idleTimeoutSeconds: 6'"})
  void testWebSocketWithTimeout(String limits) throws Exception {
    String name = "socket-timeout-" + Integer.toHexString(limits.hashCode());
    serving.create(
        Serving.serviceManifest(name, SOCKET)
            .replace(
                "      containers:",
                "      " + limits.replace(", ", "\n      ") + "\n      containers:"));
    serving.awaitReady(name);
    try (Talk talk = talk(name)) {
      assertThat(talk.say("wait 100")).isEqualTo("wait 100");
      assertThat(talk.say("wait 60000")).startsWith("over: ");
    }
  }

  @Test
  void testWebSocketBlueGreenRoute() throws Exception {
    serving.createService("socket-halves", SOCKET, "env: [{name: TARGET, value: blue}]");
    serving.awaitReady("socket-halves");
    template("socket-halves", SOCKET, "green", "");
    serving.awaitReady("socket-halves");
    halves("socket-halves");
    Set<String> answers = new TreeSet<>();
    within()
        .until(() -> {
          try (Talk talk = talk("socket-halves")) {
            answers.add(talk.say("hello "));
          }
          return answers.size() == 2;
        });
    assertThat(answers).containsExactly("hello blue", "hello green");
  }

  private static void grpc(String name, String mode, String... settings) {
    create(Serving.serviceManifest(name, GRPC, H2C), name, mode, settings);
  }

  private static void socket(String name, String mode, String... settings) {
    create(Serving.serviceManifest(name, SOCKET), name, mode, settings);
  }

  /** Returns once it is Ready, and its requests go by the activator (Proxy) or not (Serve). */
  private static void create(String manifest, String name, String mode, String... settings) {
    serving.create(Serving.scaled(manifest, settings));
    serving.awaitReady(name);
    within()
        .until(() ->
            mode.equals(serving.get(ServerlessService.class, name + "-00001").getSpec().mode()));
  }

  private static void template(String name, String image, String target, String further) {
    serving.patch(
        Service.class,
        name,
        """
        {"spec":{"template":{"spec":{"containers":[{"image":"%s",
          "env":[{"name":"TARGET","value":"%s"}]%s}]}}}}
        """
            .formatted(image, target, further));
  }

  private static void halves(String name) {
    serving.patch(
        Service.class,
        name,
        """
        {"spec":{"traffic":[{"revisionName":"%s-00001","percent":50},
          {"revisionName":"%s-00002","percent":50}]}}
        """
            .formatted(name, name));
    serving.awaitReady(name);
  }

  private static ManagedChannel channel(String name) {
    return Grpc.newChannelBuilder(
            serving.bellows().gateway().getAuthority(), InsecureChannelCredentials.create())
        .overrideAuthority(Serving.host(serving.url(name)))
        .build();
  }

  /** What a ping on a connection of its own is answered. */
  private static String ping(String name) throws InterruptedException {
    ManagedChannel channel = channel(name);
    try {
      return ClientCalls.blockingUnaryCall(
          channel,
          GrpcPing.PING,
          CallOptions.DEFAULT.withDeadlineAfter(LIMIT.toSeconds(), TimeUnit.SECONDS),
          "ping");
    } finally {
      channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }
  }

  /** Each message is answered before the next is sent. */
  private static void streams(String name) throws InterruptedException {
    ManagedChannel channel = channel(name);
    try {
      BlockingQueue<String> answers = new LinkedBlockingQueue<>();
      StreamObserver<String> call =
          ClientCalls.asyncBidiStreamingCall(
              channel.newCall(GrpcPing.STREAM, CallOptions.DEFAULT), into(answers));
      for (int i = 0; i < 10; i++) {
        call.onNext("ping" + i);
        assertThat(answers.poll(LIMIT.toSeconds(), TimeUnit.SECONDS)).startsWith("ping" + i + " ");
      }
      call.onCompleted();
      assertThat(answers.poll(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo("completed");
    } finally {
      channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }
  }

  private static StreamObserver<String> into(BlockingQueue<String> answers) {
    return new StreamObserver<>() {
      @Override
      public void onNext(String value) {
        answers.add(value);
      }

      @Override
      public void onError(Throwable broken) {
        answers.add(broken.toString());
      }

      @Override
      public void onCompleted() {
        answers.add("completed");
      }
    };
  }

  private static Talk talk(String name) throws Exception {
    return Talk.at(serving.bellows().gateway(), Serving.host(serving.url(name)));
  }

  private static ConditionFactory within() {
    return Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(200, TimeUnit.MILLISECONDS);
  }
}
