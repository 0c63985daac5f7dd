package dev.bellows.dataplane.gateway;

import static dev.bellows.dataplane.gateway.TestGateway.HELLO;
import static dev.bellows.dataplane.gateway.TestGateway.HOST;
import static dev.bellows.dataplane.gateway.TestGateway.ask;
import static dev.bellows.dataplane.gateway.TestGateway.rule;
import static dev.bellows.dataplane.gateway.TestGateway.split;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.bellows.core.route.Address;
import dev.bellows.core.route.Ingress.HttpOption;
import dev.bellows.core.route.Ingress.Rule;
import dev.bellows.core.route.Ingress.Visibility;
import dev.bellows.core.route.ServiceId;
import dev.bellows.dataplane.activator.TestPod;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.raw.Client;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The gateway over real sockets, with real Services behind it. */
class GatewayTest {
  private static final EventLoopGroup LOOPS = EventLoops.create("gateway-test", 2);
  private static final Address DEAD = new Address("127.0.0.1", 1);

  private TestGateway test;
  private Gateway gateway;

  @BeforeEach
  void startGateway() throws IOException {
    test = new TestGateway(LOOPS, GatewayConfig.DEFAULT);
    gateway = test.gateway;
  }

  @AfterEach
  void closeWhatIsOpen() {
    test.close();
  }

  @AfterAll
  static void stop() {
    LOOPS.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  @Test
  void whoConnectsBeforeItAcceptsWaitsAndIsAnswered() throws IOException {
    Listener early = gateway.bind(test.engine, "127.0.0.1", 0, Set.of(Visibility.EXTERNAL_IP));
    try (Client client = new Client(early.address())) {
      client.send("GET / HTTP/1.1\r\nHost: nowhere.example.com\r\n\r\n");
      assertThat(early.connectionCount()).isZero();
      early.accept();
      assertThat(client.response().status()).isEqualTo(404);
    }
  }

  @Test
  void aRequestReachesItsServiceWithTheHeadersOfItsRoute() throws IOException {
    TestPod pod = test.pod("hello");
    test.route(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 100));
    test.service(HELLO, pod.address());

    assertThat(test.get("/", "Host: " + HOST + ":8080")).isEqualTo("200 hello");

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
    TestPod pod = test.pod("hello");
    test.route(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 100));
    test.service(HELLO, pod.address());

    test.get(
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
    TestPod pod = test.pod("hello");
    test.route(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 100));
    test.route("hello.default", Visibility.CLUSTER_LOCAL, "", split(HELLO, 100));
    test.service(HELLO, pod.address());
    String[] headers = {
      "K-Original-Host: other.example.com", "K-Proxy-Request: activator", "K-Kubelet-Probe: x"
    };

    test.get("/", headers[0], headers[1], headers[2], "Host: " + HOST);
    test.get("/", headers[0], headers[1], headers[2], "Host: hello.default");

    var outside = pod.requests().get(0);
    assertThat(outside.contains("K-Original-Host")).isFalse();
    assertThat(outside.contains("K-Proxy-Request")).isFalse();
    assertThat(outside.contains("K-Kubelet-Probe")).isFalse();
    assertThat(pod.requests().get(1).get("K-Original-Host")).isEqualTo("other.example.com");
  }

  @Test
  void aRewrittenHostKeepsTheOriginalBeside() throws IOException {
    TestPod pod = test.pod("hello");
    test.route(
        "mapped.example.com", Visibility.EXTERNAL_IP, "hello.default.svc", split(HELLO, 100));
    test.service(HELLO, pod.address());

    assertThat(test.get("/", "Host: mapped.example.com")).isEqualTo("200 hello");

    assertThat(pod.requests().getFirst().get("Host")).isEqualTo("hello.default.svc");
    assertThat(pod.requests().getFirst().get("K-Original-Host")).isEqualTo("mapped.example.com");
  }

  @Test
  void whatIsMissingIsSaid() throws IOException {
    test.route(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 100));
    test.route("inside.default", Visibility.CLUSTER_LOCAL, "", split(HELLO, 100));

    assertThat(test.get("/", "Host: nowhere.example.com"))
        .isEqualTo("404 Nothing is routed at host 'nowhere.example.com'.");
    assertThat(test.get("/", "Host: " + HOST))
        .isEqualTo("503 The route leads to Service default/hello, which does not exist.");
    test.service(HELLO);
    assertThat(test.get("/", "Host: " + HOST, "Accept: application/json"))
        .isEqualTo(
            "503 {\"status\":503,\"message\":"
                + "\"Service default/hello has no ready address behind port 80.\"}");
    assertThat(ask(test.external.address(), "/", "Host: inside.default"))
        .isEqualTo("404 Nothing is routed at host 'inside.default'.");
    assertThat(gateway.counts().notRouted()).isEqualTo(2);
    assertThat(gateway.counts().unavailable()).isEqualTo(2);
  }

  @Test
  void anAddressThatCannotBeReachedIsPassedOverUnseen() throws IOException {
    TestPod pod = test.pod("alive");
    test.route(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 100));
    test.service(HELLO, DEAD, pod.address());

    for (int i = 0; i < 10; i++) {
      assertThat(test.get("/?id=" + i, "Host: " + HOST)).isEqualTo("200 alive");
    }

    assertThat(pod.timesById().values()).containsOnly(1).hasSize(10);
    assertThat(gateway.counts().retried()).isEqualTo(1);
  }

  @Test
  void ifNoAddressCanBeReachedTheAnswerSaysSo() throws IOException {
    test.route(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 100));
    test.service(HELLO, DEAD);

    assertThat(test.get("/", "Host: " + HOST))
        .startsWith("502 None of 1 addresses of Service default/hello could be reached:");
    assertThat(gateway.counts().unreachable()).isEqualTo(1);
  }

  @Test
  void aRequestThatNobodyTookWaitsForWhoFollows() throws Exception {
    TestPod next = test.pod("next");
    test.route(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 100));
    test.service(HELLO, DEAD);
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      CompletableFuture<String> answer =
          CompletableFuture.supplyAsync(() -> getUnchecked("/?id=1", "Host: " + HOST), clients);
      // Tried once more a second later: by then it waits.
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> gateway.counts().retried() > 0 || gateway.counts().unreachable() > 0);
      test.service(HELLO, next.address());
      assertThat(answer.join()).isEqualTo("200 next");
    }
    assertThat(next.timesById().values()).containsOnly(1).hasSize(1);
    assertThat(gateway.counts().unreachable()).isZero();
  }

  @Test
  void aNetworkProbeLearnsWhetherItsHostIsRouted() throws IOException {
    test.route(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 100));

    assertThat(test.get("/", "Host: " + HOST, "K-Network-Probe: probe", "K-Network-Hash: abc"))
        .isEqualTo("200 ");
    assertThat(test.get("/", "Host: " + HOST, "K-Network-Probe: probe")).startsWith("400 ");
    assertThat(test.get("/", "Host: not.yet", "K-Network-Probe: probe", "K-Network-Hash: abc"))
        .startsWith("404 ");
  }

  @Test
  void requestsFollowTheSharesOfTheirRoute() throws IOException {
    ServiceId other = new ServiceId("default", "other");
    test.route(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 83), split(other, 17));
    test.service(HELLO, test.pod("hello").address());
    test.service(other, test.pod("other").address());

    Map<String, Integer> answers = new HashMap<>();
    for (int i = 0; i < 1000; i++) {
      answers.merge(test.get("/", "Host: " + HOST), 1, Integer::sum);
    }

    assertThat(answers)
        .containsExactlyInAnyOrderEntriesOf(Map.of("200 hello", 830, "200 other", 170));
  }

  @Test
  void noRequestIsLostWhileEndpointsAndRoutesChange() throws Exception {
    List<TestPod> pods = List.of(test.pod("a"), test.pod("b"), test.pod("c"));
    Rule rule = rule(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 100));
    test.tell("hello", 1, HttpOption.ENABLED, List.of(), rule);
    test.service(HELLO, pods.getFirst().address());
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
        test.service(
            HELLO, pods.subList(0, present).stream().map(TestPod::address).toArray(Address[]::new));
        test.tell("hello", version, HttpOption.ENABLED, List.of(), rule);
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
    TestPod pod = test.pod("slow", 400);
    test.route(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 100));
    test.service(HELLO, pod.address());
    try (Client inFlight = new Client(test.listener.address());
        Client idle = new Client(test.listener.address())) {
      inFlight.send("GET / HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n");
      await().until(() -> !pod.requests().isEmpty());

      var drained = test.listener.drain().toCompletableFuture();

      assertThat(idle.closed()).isTrue();
      assertThatThrownBy(() -> new Client(test.listener.address())).isInstanceOf(IOException.class);
      Client.Response answer = inFlight.response();
      assertThat(answer.body()).isEqualTo("slow");
      assertThat(answer.header("Connection")).isEqualTo("close");
      drained.get(10, TimeUnit.SECONDS);
    }
  }

  private String getUnchecked(String target, String... headers) {
    try {
      return test.get(target, headers);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
