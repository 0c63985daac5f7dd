package dev.bellows.dataplane.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

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
import dev.bellows.dataplane.activator.TestPod;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.raw.Client;
import io.netty.channel.EventLoopGroup;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The gateway over real sockets, with real Services behind it. */
class GatewayTest {
  private static final String HOST = "hello.default.example.com";
  private static final ServiceId HELLO = new ServiceId("default", "hello");
  private static final EventLoopGroup LOOPS = EventLoops.create("gateway-test", 2);
  private static final Address DEAD = new Address("127.0.0.1", 1);

  private final List<AutoCloseable> open = new ArrayList<>();
  private final Gateway gateway = new Gateway(System::nanoTime);
  private ProxyEngine podEngine;
  private Listener listener;
  private Listener external;

  @BeforeEach
  void startGateway() throws IOException {
    ProxyEngine engine = closing(new ProxyEngine(LOOPS, System::nanoTime));
    podEngine = closing(new ProxyEngine(LOOPS, System::nanoTime));
    listener = gateway.listen(engine, "127.0.0.1", 0, Set.of(Visibility.values()));
    external = gateway.listen(engine, "127.0.0.1", 0, Set.of(Visibility.EXTERNAL_IP));
  }

  @AfterEach
  void closeWhatIsOpen() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
  }

  @AfterAll
  static void stop() {
    LOOPS.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  @Test
  void whoConnectsBeforeItAcceptsWaitsAndIsAnswered() throws IOException {
    ProxyEngine engine = closing(new ProxyEngine(LOOPS, System::nanoTime));
    Listener early = gateway.bind(engine, "127.0.0.1", 0, Set.of(Visibility.EXTERNAL_IP));
    try (Client client = new Client(early.address())) {
      client.send("GET / HTTP/1.1\r\nHost: nowhere.example.com\r\n\r\n");
      assertThat(early.connectionCount()).isZero();
      early.accept();
      assertThat(client.response().status()).isEqualTo(404);
    }
  }

  @Test
  void aRequestReachesItsServiceWithTheHeadersOfItsRoute() throws IOException {
    TestPod pod = pod("hello");
    route(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 100));
    service(HELLO, pod.address());

    assertThat(get("/", "Host: " + HOST + ":8080")).isEqualTo("200 hello");

    var seen = pod.requests().getFirst();
    assertThat(seen.get("Host")).isEqualTo(HOST + ":8080");
    assertThat(seen.get("Knative-Serving-Revision")).isEqualTo("hello-rev");
    assertThat(seen.get("Knative-Serving-Namespace")).isEqualTo("default");
    assertThat(seen.get("X-Path")).isEqualTo("appended");
    assertThat(seen.get("X-Forwarded-For")).isEqualTo("127.0.0.1");
    assertThat(seen.get("X-Forwarded-Proto")).isEqualTo("http");
    assertThat(seen.get("X-Forwarded-Host")).isEqualTo(HOST + ":8080");
    assertThat(gateway.counts().forwarded()).isEqualTo(1);
  }

  @Test
  void whatALoadBalancerSaidIsKept() throws IOException {
    TestPod pod = pod("hello");
    route(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 100));
    service(HELLO, pod.address());

    get(
        "/",
        "Host: " + HOST,
        "X-Forwarded-For: 203.0.113.7",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: www.example.com");

    var seen = pod.requests().getFirst();
    assertThat(seen.get("X-Forwarded-For")).isEqualTo("203.0.113.7, 127.0.0.1");
    assertThat(seen.get("X-Forwarded-Proto")).isEqualTo("https");
    assertThat(seen.get("X-Forwarded-Host")).isEqualTo("www.example.com");
  }

  @Test
  void aClientFromOutsideCannotSpeakForTheSystem() throws IOException {
    TestPod pod = pod("hello");
    route(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 100));
    route("hello.default", Visibility.CLUSTER_LOCAL, "", split(HELLO, 100));
    service(HELLO, pod.address());
    String[] headers = {
      "K-Original-Host: other.example.com", "K-Proxy-Request: activator", "K-Kubelet-Probe: x"
    };

    get("/", headers[0], headers[1], headers[2], "Host: " + HOST);
    get("/", headers[0], headers[1], headers[2], "Host: hello.default");

    var outside = pod.requests().get(0);
    assertThat(outside.contains("K-Original-Host")).isFalse();
    assertThat(outside.contains("K-Proxy-Request")).isFalse();
    assertThat(outside.contains("K-Kubelet-Probe")).isFalse();
    assertThat(pod.requests().get(1).get("K-Original-Host")).isEqualTo("other.example.com");
  }

  @Test
  void aRewrittenHostKeepsTheOriginalBeside() throws IOException {
    TestPod pod = pod("hello");
    route("mapped.example.com", Visibility.EXTERNAL_IP, "hello.default.svc", split(HELLO, 100));
    service(HELLO, pod.address());

    assertThat(get("/", "Host: mapped.example.com")).isEqualTo("200 hello");

    assertThat(pod.requests().getFirst().get("Host")).isEqualTo("hello.default.svc");
    assertThat(pod.requests().getFirst().get("K-Original-Host")).isEqualTo("mapped.example.com");
  }

  @Test
  void whatIsMissingIsSaid() throws IOException {
    route(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 100));
    route("inside.default", Visibility.CLUSTER_LOCAL, "", split(HELLO, 100));

    assertThat(get("/", "Host: nowhere.example.com"))
        .isEqualTo("404 Nothing is routed at host 'nowhere.example.com'.");
    assertThat(get("/", "Host: " + HOST))
        .isEqualTo("503 The route leads to Service default/hello, which does not exist.");
    service(HELLO);
    assertThat(get("/", "Host: " + HOST, "Accept: application/json"))
        .isEqualTo(
            "503 {\"status\":503,\"message\":"
                + "\"Service default/hello has no ready address behind port 80.\"}");
    assertThat(ask(external.address(), "/", "Host: inside.default"))
        .isEqualTo("404 Nothing is routed at host 'inside.default'.");
    assertThat(gateway.counts().notRouted()).isEqualTo(2);
    assertThat(gateway.counts().unavailable()).isEqualTo(2);
  }

  @Test
  void anAddressThatCannotBeReachedIsPassedOverUnseen() throws IOException {
    TestPod pod = pod("alive");
    route(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 100));
    service(HELLO, DEAD, pod.address());

    for (int i = 0; i < 10; i++) {
      assertThat(get("/?id=" + i, "Host: " + HOST)).isEqualTo("200 alive");
    }

    assertThat(pod.timesById().values()).containsOnly(1).hasSize(10);
    assertThat(gateway.counts().retried()).isEqualTo(1);
  }

  @Test
  void ifNoAddressCanBeReachedTheAnswerSaysSo() throws IOException {
    route(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 100));
    service(HELLO, DEAD);

    assertThat(get("/", "Host: " + HOST))
        .startsWith("502 None of 1 addresses of Service default/hello could be reached:");
    assertThat(gateway.counts().unreachable()).isEqualTo(1);
  }

  @Test
  void aNetworkProbeLearnsWhetherItsHostIsRouted() throws IOException {
    route(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 100));

    assertThat(get("/", "Host: " + HOST, "K-Network-Probe: probe", "K-Network-Hash: abc"))
        .isEqualTo("200 ");
    assertThat(get("/", "Host: " + HOST, "K-Network-Probe: probe")).startsWith("400 ");
    assertThat(get("/", "Host: not.yet", "K-Network-Probe: probe", "K-Network-Hash: abc"))
        .startsWith("404 ");
  }

  @Test
  void requestsFollowTheSharesOfTheirRoute() throws IOException {
    ServiceId other = new ServiceId("default", "other");
    route(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 80), split(other, 20));
    service(HELLO, pod("hello").address());
    service(other, pod("other").address());

    Map<String, Integer> answers = new HashMap<>();
    for (int i = 0; i < 100; i++) {
      answers.merge(get("/", "Host: " + HOST), 1, Integer::sum);
    }

    assertThat(answers)
        .containsExactlyInAnyOrderEntriesOf(Map.of("200 hello", 80, "200 other", 20));
  }

  @Test
  void noRequestIsLostWhileEndpointsAndRoutesChange() throws Exception {
    List<TestPod> pods = List.of(pod("a"), pod("b"), pod("c"));
    Rule rule = rule(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 100));
    gateway
        .routes()
        .onIngress(new Ingress("default", "hello", 1, HttpOption.ENABLED, List.of(rule)));
    service(HELLO, pods.getFirst().address());
    AtomicBoolean stop = new AtomicBoolean();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<CompletableFuture<Map<String, Integer>>> clients =
          IntStream.range(0, 4)
              .mapToObj(_ ->
                  CompletableFuture.supplyAsync(
                      () -> {
                        Map<String, Integer> answers = new HashMap<>();
                        while (!stop.get()) {
                          answers.merge(getUnchecked("/", "Host: " + HOST), 1, Integer::sum);
                        }
                        return answers;
                      },
                      threads))
              .toList();

      for (int version = 2; version < 100; version++) {
        int present = 1 + version % 3;
        service(
            HELLO, pods.subList(0, present).stream().map(TestPod::address).toArray(Address[]::new));
        gateway
            .routes()
            .onIngress(new Ingress("default", "hello", version, HttpOption.ENABLED, List.of(rule)));
        long answered = gateway.counts().forwarded();
        await()
            .pollInterval(Duration.ofMillis(1))
            .until(() -> gateway.counts().forwarded() > answered);
      }
      stop.set(true);

      for (CompletableFuture<Map<String, Integer>> client : clients) {
        assertThat(client.get(10, TimeUnit.SECONDS).keySet()).isSubsetOf("200 a", "200 b", "200 c");
      }
    }
  }

  @Test
  void aDrainAnswersTheRequestInFlightAndTakesNoOther() throws Exception {
    TestPod pod = closing(new TestPod(podEngine, "slow", 400, true));
    route(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 100));
    service(HELLO, pod.address());
    try (Client inFlight = new Client(listener.address());
        Client idle = new Client(listener.address())) {
      inFlight.send("GET / HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n");
      await().until(() -> !pod.requests().isEmpty());

      var drained = listener.drain().toCompletableFuture();

      assertThat(idle.closed()).isTrue();
      assertThatThrownBy(() -> new Client(listener.address())).isInstanceOf(IOException.class);
      Client.Response answer = inFlight.response();
      assertThat(answer.body()).isEqualTo("slow");
      assertThat(answer.header("Connection")).isEqualTo("close");
      drained.get(10, TimeUnit.SECONDS);
    }
  }

  private TestPod pod(String name) throws IOException {
    return closing(new TestPod(podEngine, name, 0, true));
  }

  private void route(String host, Visibility visibility, String rewriteHost, Split... splits) {
    gateway
        .routes()
        .onIngress(
            new Ingress(
                "default",
                host,
                1,
                HttpOption.ENABLED,
                List.of(rule(host, visibility, rewriteHost, splits))));
  }

  private static Rule rule(
      String host, Visibility visibility, String rewriteHost, Split... splits) {
    Path path = new Path("", Map.of(), rewriteHost, Map.of("X-Path", "appended"), List.of(splits));
    return new Rule(List.of(host), visibility, List.of(path));
  }

  private static Split split(ServiceId service, int percent) {
    return new Split(
        service,
        "80",
        percent,
        Map.of(
            "Knative-Serving-Revision",
            service.name() + "-rev",
            "Knative-Serving-Namespace",
            service.namespace()));
  }

  private void service(ServiceId service, Address... ready) {
    gateway
        .routes()
        .onService(
            service,
            Map.of(
                "80",
                new ServicePort(Protocol.HTTP1, new Endpoints(Arrays.asList(ready), List.of()))));
  }

  private String get(String target, String... headers) throws IOException {
    return ask(listener.address(), target, headers);
  }

  private String getUnchecked(String target, String... headers) {
    try {
      return get(target, headers);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Status and body; over a socket of its own, since the JDK's client sets Host itself. */
  private static String ask(Address address, String target, String... headers) throws IOException {
    try (Socket socket = new Socket(address.ip(), address.port())) {
      List<String> lines = new ArrayList<>(List.of("GET " + target + " HTTP/1.1"));
      lines.addAll(List.of(headers));
      lines.addAll(List.of("Connection: close", "", ""));
      socket
          .getOutputStream()
          .write(String.join("\r\n", lines).getBytes(StandardCharsets.US_ASCII));
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      String status = in.readLine().substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length());
      String header;
      do {
        header = in.readLine();
      } while (!header.isEmpty());
      return status + " " + in.lines().collect(Collectors.joining());
    }
  }

  private <T extends AutoCloseable> T closing(T resource) {
    open.add(resource);
    return resource;
  }
}
