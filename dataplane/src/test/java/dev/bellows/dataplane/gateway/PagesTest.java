package dev.bellows.dataplane.gateway;

import static dev.bellows.dataplane.gateway.TestGateway.HELLO;
import static dev.bellows.dataplane.gateway.TestGateway.HOST;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bellows.core.revision.Protocol;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.Endpoints;
import dev.bellows.core.route.Ingress.Visibility;
import dev.bellows.core.route.ServicePort;
import dev.bellows.core.route.Unready;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.raw.Client;
import dev.bellows.dataplane.raw.Leaks;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the gateway says itself: to programs, to people at a browser, and in its log. */
class PagesTest {
  private static final EventLoopGroup LOOPS = EventLoops.create("pages-test", 2);
  private static final Address DEAD = new Address("127.0.0.1", 1);
  private static final Instant NOON = Instant.parse("2026-11-21T12:00:00.123456Z");

  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private TestGateway gateway;

  private void start(GatewayConfig config) throws IOException {
    gateway = new TestGateway(LOOPS, config);
  }

  @AfterEach
  void close() {
    gateway.close();
  }

  @AfterAll
  static void stop() {
    LOOPS.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    Leaks.assertNone();
  }

  @Test
  void whatIsMissingIsSaidInTextJsonOrHtml() throws IOException {
    start(GatewayConfig.DEFAULT);
    gateway.route(HOST, Visibility.EXTERNAL_IP, "", TestGateway.split(HELLO, 100));
    assertThat(gateway.get("/", "Host: " + HOST))
        .isEqualTo("503 The route leads to Service default/hello, which does not exist.");
    assertThat(gateway.get("/", "Host: " + HOST, "Accept: application/json"))
        .isEqualTo(
            "503 {\"status\":503,\"message\":"
                + "\"The route leads to Service default/hello, which does not exist.\"}");
    String page =
        TestGateway.exchange(
            TestGateway.connect(gateway.listener.address()),
            "GET",
            "/",
            "Host: " + HOST,
            "Accept: text/html");
    assertThat(page)
        .startsWith("HTTP/1.1 503")
        .containsIgnoringCase("\ncontent-type: text/html; charset=utf-8\n")
        .containsIgnoringCase("\nvary: Accept\n")
        .containsIgnoringCase("\ncache-control: no-store\n")
        .contains("<html lang=\"en\">", "<h1>A Service is missing</h1>", "default/hello")
        .doesNotContain("<script");
  }

  @Test
  void aPageCannotBeMadeToSayWhatItsReaderDidNotMean() throws IOException {
    start(GatewayConfig.DEFAULT);
    gateway.route(HOST, Visibility.EXTERNAL_IP, "", TestGateway.split(HELLO, 100));
    gateway
        .gateway
        .routes()
        .onUnready(
            new Unready("Route", "default", "bad", List.of("bad"), true, "<script>'\"&</script>"));
    assertThat(gateway.get("/", "Host: bad", "Accept: text/html"))
        .contains("&lt;script&gt;&#39;&quot;&amp;&lt;/script&gt;")
        .doesNotContain("<script");
  }

  @Test
  void aFailedServiceIsNotAnUnknownHost() throws IOException {
    start(GatewayConfig.DEFAULT);
    Unready starting =
        new Unready("Route", "default", "hello", List.of(HOST, "hello.default"), false, "");
    gateway.gateway.routes().onUnready(starting);
    assertThat(gateway.get("/", "Host: " + HOST))
        .isEqualTo("503 Route default/hello of host '" + HOST + "' exists and is not ready yet.");
    gateway
        .gateway
        .routes()
        .onUnready(
            new Unready(
                "Route",
                "default",
                "hello",
                starting.hosts(),
                true,
                "RevisionFailed: the program exited with 1."));
    assertThat(gateway.get("/", "Host: hello.default"))
        .isEqualTo(
            "503 Route default/hello of host 'hello.default' exists and is not ready:"
                + " RevisionFailed: the program exited with 1.");
    assertThat(gateway.get("/", "Host: other.example.com")).startsWith("404 ");
    assertThat(gateway.gateway.counts().unavailable()).isEqualTo(2);
    gateway.gateway.routes().onUnreadyNoMore("Route", "default", "hello");
    assertThat(gateway.get("/", "Host: " + HOST)).startsWith("404 ");
  }

  @Test
  void whatIsRoutedIsServedWhateverItsRouteSaysOfItself() throws IOException {
    start(GatewayConfig.DEFAULT);
    gateway.route(HOST, Visibility.EXTERNAL_IP, "", TestGateway.split(HELLO, 100));
    gateway.service(HELLO, gateway.pod("the last good one").address());
    gateway
        .gateway
        .routes()
        .onUnready(new Unready("Route", "default", "hello", List.of(HOST), true, "the new one"));
    assertThat(gateway.get("/", "Host: " + HOST)).isEqualTo("200 the last good one");
  }

  private void startWithLog(AccessLog.Form form) throws IOException {
    start(
        new GatewayConfig(
            OptionalInt.empty(),
            Optional.of(new AccessLog(form, lines::add, InstantSource.fixed(NOON))),
            Optional.empty()));
    gateway.route(HOST, Visibility.EXTERNAL_IP, "other.svc", TestGateway.split(HELLO, 100));
  }

  private String line() throws InterruptedException {
    return String.valueOf(lines.poll(10, TimeUnit.SECONDS));
  }

  @Test
  void theAccessLogSaysInJsonWhatWasAskedForAndWhatBecameOfIt() throws Exception {
    startWithLog(AccessLog.Form.json);
    var pod = gateway.pod("hello");
    gateway.service(HELLO, DEAD, pod.address());
    for (int i = 0; i < 2; i++) { // of the two, one meets the dead address first
      gateway.get("/a?b=\"c", "Host: " + HOST + ":80", "User-Agent: test/1");
      JsonNode line = new ObjectMapper().readTree(line());
      assertThat(line.path("time").asText()).isEqualTo("2026-11-21T12:00:00.123Z");
      assertThat(line.path("client").asText()).isEqualTo("127.0.0.1");
      assertThat(line.path("method").asText()).isEqualTo("GET");
      assertThat(line.path("scheme").asText()).isEqualTo("http");
      assertThat(line.path("host").asText()).isEqualTo(HOST + ":80");
      assertThat(line.path("path").asText()).isEqualTo("/a?b=\"c");
      assertThat(line.path("protocol").asText()).isEqualTo("HTTP/1.1");
      assertThat(line.path("userAgent").asText()).isEqualTo("test/1");
      assertThat(line.path("status").asInt()).isEqualTo(200);
      assertThat(line.path("responseBytes").asInt()).isEqualTo("hello".length());
      assertThat(line.path("durationMillis").isNumber()).isTrue();
      assertThat(line.path("end").asText()).isEqualTo("complete");
      assertThat(line.path("service").asText()).isEqualTo("default/hello");
      assertThat(line.path("address").asText()).isEqualTo(pod.address().toString());
      assertThat(line.path("attempts").asInt()).isBetween(1, 2);
    }
    gateway.get("/", "Host: nowhere");
    JsonNode refused = new ObjectMapper().readTree(line());
    assertThat(refused.path("status").asInt()).isEqualTo(404);
    assertThat(refused.has("service")).isFalse();
  }

  @Test
  void theAccessLogInTextIsOneLinePerRequestWhateverAClientSends() throws Exception {
    startWithLog(AccessLog.Form.text);
    var pod = gateway.pod("hello");
    gateway.service(HELLO, pod.address());
    gateway.get("/", "Host: " + HOST, "User-Agent: a\"b\\c");
    assertThat(line())
        .matches(
            "2026-11-21T12:00:00.123Z 127.0.0.1 \"GET http://"
                + HOST
                + "/ HTTP/1.1\" 200 0 5 [0-9.]+ms complete default/hello "
                + pod.address()
                + " \"a\\\\\"b\\\\\\\\c\"\n");
    assertThat(AccessLog.quoted("a\u007fb\n\"\u20ac")).isEqualTo("a\\u007fb\\u000a\\\"\\u20ac");
  }

  @ParameterizedTest
  @EnumSource(AccessLog.Form.class)
  void aClientThatLeavesIsLoggedAsOneThatLeft(AccessLog.Form form) throws Exception {
    startWithLog(form);
    var pod = gateway.pod("slow", 60_000);
    gateway.service(HELLO, pod.address());
    try (Client client = new Client(gateway.listener.address())) {
      client.send("GET / HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n");
      org.awaitility.Awaitility.await().until(() -> !pod.requests().isEmpty());
    }
    assertThat(line()).contains("client-left");
  }

  private void startWithWaitPage() throws IOException {
    start(
        new GatewayConfig(
            OptionalInt.empty(), Optional.empty(), Optional.of(Duration.ofMillis(50))));
    gateway.route(HOST, Visibility.EXTERNAL_IP, "", TestGateway.split(HELLO, 100));
  }

  private void asleep(Address address, boolean asleep) {
    gateway
        .gateway
        .routes()
        .onService(
            HELLO,
            Map.of(
                "80",
                new ServicePort(
                    Protocol.HTTP1,
                    new Endpoints(List.of(address), List.of()),
                    ServicePort.Wrapping.NONE,
                    asleep)));
  }

  @Test
  void aPersonWhoOpensAPageOfASleepingServiceSeesThatItIsBeingStarted() throws Exception {
    startWithWaitPage();
    var activator = gateway.pod("awake", 60_000);
    asleep(activator.address(), true);
    String page =
        TestGateway.exchange(
            TestGateway.connect(gateway.listener.address()),
            "GET",
            "/",
            "Host: " + HOST,
            "Accept: text/html,*/*",
            "Sec-Fetch-Dest: document");
    assertThat(page)
        .startsWith("HTTP/1.1 503")
        .containsIgnoringCase("\nretry-after: 2\n")
        .containsIgnoringCase("\ncache-control: no-store\n")
        .contains("role=\"status\"", "<strong>" + HOST + "</strong>", "location.reload()");
    assertThat(activator.requests()).as("the request that wakes it").hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "GET,Accept: */*,X: x,true",
    "GET,Accept: text/html,Sec-Fetch-Dest: image,true",
    "HEAD,Accept: text/html,X: x,true",
    "POST,Accept: text/html,X: x,true",
    "GET,Accept: text/html,X: x,false",
  })
  void nobodyElseSeesIt(String method, String accept, String other, boolean asleep)
      throws Exception {
    startWithWaitPage();
    var pod = gateway.pod("hello", 250);
    asleep(pod.address(), asleep);
    assertThat(
            TestGateway.exchange(
                TestGateway.connect(gateway.listener.address()),
                method,
                "/",
                "Host: " + HOST,
                accept,
                other))
        .startsWith("HTTP/1.1 200");
  }
}
