package dev.bellows.dataplane.activator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.bellows.core.revision.Protocol;
import dev.bellows.core.revision.Revision;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.Endpoints;
import dev.bellows.core.stat.StatMessage;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.raw.Client;
import dev.bellows.dataplane.raw.Collector;
import dev.bellows.dataplane.stats.StatClient;
import dev.bellows.dataplane.stats.StatServer;
import dev.bellows.dataplane.telemetry.Attributes;
import dev.bellows.dataplane.telemetry.Metric;
import dev.bellows.dataplane.telemetry.Tracer;
import io.netty.channel.EventLoopGroup;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The activator over real sockets, with real pods before a real autoscaler's socket. */
class ActivatorTest {
  private static final RevisionId ID = new RevisionId("default", "hello-00001");
  private static final EventLoopGroup LOOPS = EventLoops.create("activator-test", 2);
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final List<AutoCloseable> open = new ArrayList<>();
  private final Queue<StatMessage> reported = new ConcurrentLinkedQueue<>();
  private ProxyEngine engine;
  private ProxyEngine podEngine;
  private StatServer autoscaler;
  private Activator activator;

  @BeforeEach
  void startActivator() throws IOException {
    // Two engines, so that the way to the pods is a real socket.
    engine = closing(new ProxyEngine(LOOPS, System::nanoTime));
    podEngine = closing(new ProxyEngine(LOOPS, System::nanoTime));
    autoscaler =
        closing(
            StatServer.start(
                LOOPS, "127.0.0.1", 0, _ -> true, InstantSource.system(), reported::addAll));
    StatClient stats =
        closing(
            StatClient.connect(LOOPS, URI.create("ws://" + autoscaler.address()), new Random(1)));
    await().until(stats::reachable);
    activator =
        closing(
            Activator.start(
                engine,
                ActivatorConfigs.onLoopback("10.9.0.1"),
                stats,
                System::nanoTime,
                Random::new));
  }

  @AfterEach
  void closeWhatIsOpen() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
  }

  @AfterAll
  static void stop() {
    HTTP.close();
    LOOPS.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  @Test
  void twoHundredRequestsAtZeroAreEachAnsweredOnceByThePodThatComes() throws Exception {
    activator.revisions().onRevision(revision(0, Duration.ofSeconds(30)));
    List<CompletableFuture<HttpResponse<String>>> answers = requests(200);
    await().until(() -> queued() == 200);
    TestPod pod = pod("late", 1, true);
    notReady(pod);

    for (CompletableFuture<HttpResponse<String>> answer : answers) {
      assertThat(answer.get(20, TimeUnit.SECONDS).body()).isEqualTo("late");
    }
    assertThat(pod.timesById())
        .isEqualTo(
            IntStream.range(0, 200).boxed().collect(Collectors.toMap(i -> "/?id=" + i, _ -> 1)));
    await().until(() -> active() == 0 && queued() == 0);
  }

  @Test
  void aPodNeverGetsMoreThanItsContainerConcurrency() throws Exception {
    activator.revisions().onRevision(revision(3, Duration.ofSeconds(30)));
    List<CompletableFuture<HttpResponse<String>>> answers = requests(100);
    await().until(() -> queued() == 100);
    TestPod one = pod("one", 2, true);
    TestPod two = pod("two", 2, true);

    ready(one);
    ready(one, two);

    for (CompletableFuture<HttpResponse<String>> answer : answers) {
      assertThat(answer.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    }
    assertThat(one.requests().size() + two.requests().size()).isEqualTo(100);
    assertThat(one.mostAtOnce()).isEqualTo(3);
    assertThat(two.mostAtOnce()).isEqualTo(3);
  }

  @Test
  void clientsThatLeaveWhileTheyWaitTakeNoPlaceWithThem() throws Exception {
    activator.revisions().onRevision(revision(1, Duration.ofSeconds(30)));
    List<Socket> leaving = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      Socket socket = new Socket(InetAddress.getLoopbackAddress(), activator.address().port());
      socket
          .getOutputStream()
          .write(
              String.join(
                      "\r\n",
                      "GET /leaving HTTP/1.1",
                      "Host: hello-00001.default.svc.cluster.local",
                      "",
                      "")
                  .getBytes(StandardCharsets.US_ASCII));
      leaving.add(socket);
    }
    await().until(() -> queued() == 50);
    for (Socket socket : leaving) {
      socket.close();
    }
    await().until(() -> queued() == 0);

    List<CompletableFuture<HttpResponse<String>>> answers = requests(5);
    await().until(() -> queued() == 5);
    TestPod pod = pod("pod", 1, true);
    ready(pod);

    for (CompletableFuture<HttpResponse<String>> answer : answers) {
      assertThat(answer.get(20, TimeUnit.SECONDS).body()).isEqualTo("pod");
    }
    assertThat(pod.timesById()).doesNotContainKey("/leaving");
    await().until(() -> active() == 0 && queued() == 0);
  }

  @Test
  void aClientThatLeavesWhileItsRequestRunsFreesThePod() throws Exception {
    activator.revisions().onRevision(revision(1, Duration.ofSeconds(30)));
    TestPod pod = pod("pod", 60_000, true);
    ready(pod);
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), activator.address().port());
    socket
        .getOutputStream()
        .write(
            String.join(
                    "\r\n", "GET / HTTP/1.1", "Host: hello-00001.default.svc.cluster.local", "", "")
                .getBytes(StandardCharsets.US_ASCII));
    await().until(() -> active() == 1);

    socket.close();

    await().until(() -> active() == 0);
  }

  @Test
  void aPodThatIsNotReadyYetIsAskedUntilItIs() throws Exception {
    activator.revisions().onRevision(revision(0, Duration.ofSeconds(30)));
    CompletableFuture<HttpResponse<String>> answer = requests(1).getFirst();
    TestPod pod = pod("slow starter", 0, false);
    notReady(pod);
    await().until(() -> pod.probes() > 10);
    assertThat(answer).isNotDone();

    pod.becomeReady();

    assertThat(answer.get(5, TimeUnit.SECONDS).body()).isEqualTo("slow starter");
  }

  @Test
  void aPodThatCannotBeReachedIsLeftForOneThatCan() throws Exception {
    activator.revisions().onRevision(revision(1, Duration.ofSeconds(30)));
    Address dead = deadAddress();
    TestPod alive = pod("alive", 0, true);
    // First available goes by address, so the dead one is chosen first.
    activator
        .revisions()
        .onPrivateEndpoints(
            ID, new Endpoints(List.of(dead, alive.address()), List.of()), Optional.empty());

    for (CompletableFuture<HttpResponse<String>> answer : requests(20)) {
      assertThat(answer.get(5, TimeUnit.SECONDS).body()).isEqualTo("alive");
    }
    assertThat(alive.timesById().values()).containsOnly(1);
  }

  @Test
  void aRequestWaitsForAPodThatCameToNothingAsIfItHadNotBeenThere() throws Exception {
    activator.revisions().onRevision(revision(0, Duration.ofSeconds(30)));
    activator
        .revisions()
        .onPrivateEndpoints(ID, new Endpoints(List.of(deadAddress()), List.of()), Optional.empty());
    CompletableFuture<HttpResponse<String>> answer = requests(1).getFirst();
    await().until(() -> queued() == 1);

    ready(pod("next", 0, true));

    assertThat(answer.get(5, TimeUnit.SECONDS).body()).isEqualTo("next");
  }

  @Test
  void podsBehindAMeshAreReachedThroughTheirService() throws Exception {
    activator.revisions().onRevision(revision(2, Duration.ofSeconds(30)));
    TestPod past = pod("past the mesh", 0, false);
    TestPod service = pod("through the Service", 0, true);
    activator
        .revisions()
        .onPrivateEndpoints(
            ID, new Endpoints(List.of(past.address()), List.of()), Optional.of(service.address()));

    for (CompletableFuture<HttpResponse<String>> answer : requests(5)) {
      assertThat(answer.get(5, TimeUnit.SECONDS).body()).isEqualTo("through the Service");
    }
    assertThat(past.requests()).isEmpty();
  }

  @Test
  void aPodThatAnswersIsAddressedItselfThoughItsServiceCouldBeToo() throws Exception {
    activator.revisions().onRevision(revision(2, Duration.ofSeconds(30)));
    TestPod pod = pod("itself", 0, true);
    TestPod service = pod("through the Service", 0, true);
    activator
        .revisions()
        .onPrivateEndpoints(
            ID, new Endpoints(List.of(pod.address()), List.of()), Optional.of(service.address()));

    assertThat(requests(1).getFirst().get(5, TimeUnit.SECONDS).body()).isEqualTo("itself");
    assertThat(service.probes()).isZero();

    activator.useAddressing(new Addressing(MeshCompatibility.ENABLED, false));
    await()
        .untilAsserted(() ->
            assertThat(requests(1).getFirst().get(5, TimeUnit.SECONDS).body())
                .isEqualTo("through the Service"));
  }

  @Test
  void aWaitEndsWithTheRevisionsTimeout() throws Exception {
    activator.revisions().onRevision(revision(0, Duration.ofMillis(50)));

    HttpResponse<String> answer = requests(1).getFirst().get(5, TimeUnit.SECONDS);

    assertThat(answer.statusCode()).isEqualTo(504);
    assertThat(answer.body()).isEqualTo("activator request timeout");
    await().until(() -> queued() == 0);
  }

  @Test
  void aRequestForNoRevisionIsNotFound() throws Exception {
    assertThat(get(Map.of("Knative-Serving-Namespace", "n", "Knative-Serving-Revision", "r")))
        .isEqualTo(
            "404 Error getting active endpoint: revision.serving.knative.dev \"r\" not found\n");
    assertThat(get(Map.of("Accept", "*/*")))
        .isEqualTo(
            "404 Error getting active endpoint: revision.serving.knative.dev \"\" not found\n");
  }

  @Test
  void whoWaitsForARevisionThatIsDeletedIsToldSo() throws Exception {
    activator.revisions().onRevision(revision(0, Duration.ofSeconds(30)));
    CompletableFuture<HttpResponse<String>> answer = requests(1).getFirst();
    await().until(() -> queued() == 1);

    activator.revisions().onRevisionDeleted(ID);

    assertThat(answer.get(5, TimeUnit.SECONDS).statusCode()).isEqualTo(404);
  }

  @Test
  void aRevisionThatComesBackKnowsNothingOfItsFormerPods() throws Exception {
    activator.revisions().onRevision(revision(0, Duration.ofSeconds(30)));
    ready(pod("former", 0, true));
    assertThat(requests(1).getFirst().get(5, TimeUnit.SECONDS).body()).isEqualTo("former");
    activator.revisions().onRevisionDeleted(ID);
    activator.revisions().onRevision(revision(0, Duration.ofSeconds(30)));
    CompletableFuture<HttpResponse<String>> answer = requests(1).getFirst();
    await().until(() -> queued() == 1);

    ready(pod("new", 0, true));

    assertThat(answer.get(5, TimeUnit.SECONDS).body()).isEqualTo("new");
  }

  @Test
  void aRevisionThatChangesTakesThoseWhoWaitAlong() throws Exception {
    activator.revisions().onRevision(revision(0, Duration.ofSeconds(30)));
    List<CompletableFuture<HttpResponse<String>>> answers = requests(5);
    await().until(() -> queued() == 5);

    activator.revisions().onRevision(revision(2, Duration.ofSeconds(30)));
    await().until(() -> queued() == 5);
    TestPod pod = pod("pod", 5, true);
    ready(pod);

    for (CompletableFuture<HttpResponse<String>> answer : answers) {
      assertThat(answer.get(5, TimeUnit.SECONDS).body()).isEqualTo("pod");
    }
    assertThat(pod.mostAtOnce()).isEqualTo(2);
    await().until(() -> active() == 0);
  }

  @Test
  void endpointsMayBeToldBeforeTheirRevision() throws Exception {
    TestPod pod = pod("early", 0, true);
    ready(pod);
    activator.revisions().onRevision(revision(0, Duration.ofSeconds(30)));

    assertThat(requests(1).getFirst().get(5, TimeUnit.SECONDS).body()).isEqualTo("early");
  }

  @Test
  void theQueueProxySeesWhatItMustSeeAndWhatTheClientSaid() throws Exception {
    activator.revisions().onRevision(revision(0, Duration.ofSeconds(30)));
    TestPod pod = pod("pod", 0, true);
    ready(pod);
    String passes =
        """
        X-Other: 1
        K-Network-Probe:\s
        K-Passthrough-Lb: true
        Knative-Serving-Tag: t
        Knative-Serving-Default-Route: true
        Forwarded: for=a
        X-Forwarded-Host: x
        X-Forwarded-Proto: https
        X-B3-TraceId: 1
        Baggage: a=b
        TE: trailers
        """;
    String request =
        "GET / HTTP/1.1\nHost: h.example\nKnative-Serving-Namespace: %s\n".formatted(ID.namespace())
            + "Knative-Serving-Revision: %s\nK-Proxy-Request: me\n".formatted(ID.name())
            + "K-Network-Hash: h\nKeep-Alive: 5\nX-Forwarded-For: 9.9.9.9\n"
            + passes
            + "\n";
    for (String original : List.of("", "K-Original-Host: told.example\n")) {
      try (Client client = new Client(activator.address())) {
        client.send(request.replace("\n\n", "\n" + original + "\n").replace("\n", "\r\n"));
        assertThat(client.response().status()).isEqualTo(200);
      }
      List<String> seen = new ArrayList<>();
      pod.requests().getLast().forEach(each -> seen.add(each.getKey() + ": " + each.getValue()));
      List<String> expected = new ArrayList<>(passes.lines().toList());
      expected.add("Host: " + pod.address());
      expected.add(original.isEmpty() ? "K-Original-Host: h.example" : original.strip());
      expected.add("K-Proxy-Request: activator");
      expected.add("X-Forwarded-For: 9.9.9.9, 127.0.0.1");
      assertThat(seen).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  @Test
  void theRequestLogBeginsChangesAndEndsWhileRequestsPass() throws Exception {
    activator.revisions().onRevision(revision(0, Duration.ofSeconds(30)));
    ready(pod("pod", 0, true));
    Queue<String> lines = new ConcurrentLinkedQueue<>();
    for (String template :
        List.of(
            "{{.Revision.Namespace}}/{{.Revision.Name}} {{.Response.Code}} [{{.Revision.PodName}}]",
            "{{.Request.Method}} [{{.TraceID}}]",
            "{{.Unfinished",
            "")) {
      activator.useRequestLog(Optional.of(template).filter(each -> !each.isEmpty()), lines::add);
      requests(1).getFirst().get(20, TimeUnit.SECONDS);
    }
    await().until(() -> active() == 0);
    assertThat(lines).containsExactly("default/hello-00001 200 []\n", "GET []\n", "GET []\n");
  }

  @Test
  void theFirstRequestIsReportedAtOnce() {
    activator.revisions().onRevision(revision(0, Duration.ofSeconds(30)));
    List<CompletableFuture<HttpResponse<String>>> answers = requests(1);

    await().until(() -> !reported.isEmpty());
    StatMessage first = reported.peek();
    assertThat(first.revision()).isEqualTo(ID);
    assertThat(first.stat().podName()).isEqualTo("activator-1");
    assertThat(first.stat().averageConcurrentRequests()).isEqualTo(1);
    assertThat(first.stat().requestCount()).isEqualTo(1);
    await()
        .untilAsserted(() ->
            assertThat(activator.counts().revisions().getFirst().concurrency()).isEqualTo(1.0));
    assertThat(answers.getFirst()).isNotDone();
  }

  @Test
  void probesAreAnsweredInThePlaceOfRevisions() throws Exception {
    assertThat(get(Map.of("K-Network-Probe", "activator"))).isEqualTo("200 activator");
    assertThat(get(Map.of("K-Network-Probe", "probe", "K-Network-Hash", "h"))).isEqualTo("200 ");
    assertThat(get(Map.of("K-Network-Probe", "probe")))
        .isEqualTo("400 a probe request must contain a non-empty \"K-Network-Hash\" header\n");
    assertThat(get(Map.of("K-Network-Probe", "a<b>\"")))
        .isEqualTo("400 unexpected probe header value: \"a&lt;b&gt;&#34;\"\n");
  }

  @Test
  void theKubeletHearsWhetherItIsHealthy() throws Exception {
    Map<String, String> kubelet = Map.of("User-Agent", "kube-probe/1.33");
    assertThat(get(kubelet)).isEqualTo("200 ");

    autoscaler.close();
    await().until(() -> !activator.counts().autoscalerReachable());
    assertThat(get(kubelet)).isEqualTo("500 connection has not yet been established\n");
  }

  /** Others send to it until they have noticed. */
  @Test
  void aLameDuckTakesRequestsForAWhileAndLetsThemEnd() throws Exception {
    activator.revisions().onRevision(revision(0, Duration.ofSeconds(30)));
    ready(pod("pod", 8000, true));
    Duration lameDuck = Duration.ofSeconds(6);
    long told = System.nanoTime();
    CompletableFuture<Void> drained = activator.drain(lameDuck).toCompletableFuture();
    assertThat(get(Map.of("User-Agent", "kube-probe/1.33")))
        .isEqualTo("500 received SIGTERM from kubelet\n");

    assertThat(requests(1).getFirst().get(20, TimeUnit.SECONDS).body()).isEqualTo("pod");
    drained.get(20, TimeUnit.SECONDS);
    assertThat(Duration.ofNanos(System.nanoTime() - told)).isGreaterThan(lameDuck);
    assertThatThrownBy(() -> get(Map.of())).isInstanceOf(IOException.class);
  }

  private long queued() {
    return activator.counts().revisions().stream().mapToInt(each -> each.queued()).sum();
  }

  private long active() {
    return activator.counts().revisions().stream().mapToLong(each -> each.active()).sum();
  }

  private List<CompletableFuture<HttpResponse<String>>> requests(int count) {
    return IntStream.range(0, count)
        .mapToObj(i ->
            HTTP.sendAsync(
                request("/?id=" + i)
                    .header("Knative-Serving-Namespace", ID.namespace())
                    .header("Knative-Serving-Revision", ID.name())
                    .build(),
                BodyHandlers.ofString()))
        .toList();
  }

  private String get(Map<String, String> headers) throws Exception {
    HttpRequest.Builder builder = request("/");
    headers.forEach(builder::header);
    HttpResponse<String> response = HTTP.send(builder.build(), BodyHandlers.ofString());
    return response.statusCode() + " " + response.body();
  }

  private HttpRequest.Builder request(String target) {
    return HttpRequest.newBuilder(URI.create("http://" + activator.address() + target));
  }

  private TestPod pod(String name, long workMillis, boolean ready) throws IOException {
    return closing(new TestPod(podEngine, name, workMillis, ready));
  }

  private void ready(TestPod... pods) {
    activator
        .revisions()
        .onPrivateEndpoints(ID, new Endpoints(addresses(pods), List.of()), Optional.empty());
  }

  private void notReady(TestPod... pods) {
    activator
        .revisions()
        .onPrivateEndpoints(ID, new Endpoints(List.of(), addresses(pods)), Optional.empty());
  }

  private static List<Address> addresses(TestPod... pods) {
    return Arrays.stream(pods).map(TestPod::address).toList();
  }

  /** Where nobody listens; sorts before every address that a pod of these tests has. */
  private static Address deadAddress() {
    return new Address("127.0.0.1", 1);
  }

  @Test
  void aMeshIsToldWhichPodIsMeant() throws Exception {
    activator.useAddressing(new Addressing(MeshCompatibility.AUTO, true));
    activator.revisions().onRevision(revision(0, Duration.ofSeconds(30)));
    TestPod pod = pod("meshed", 1, true);
    notReady(pod);
    assertThat(requests(1).getFirst().get(20, TimeUnit.SECONDS).body()).isEqualTo("meshed");
    assertThat(pod.requests().getFirst().get("Host")).isEqualTo("hello-00001-private.default");
    assertThat(pod.requests().getFirst().get("K-Passthrough-Lb")).isEqualTo("true");
  }

  @Test
  void aRequestFromZeroIsTracedUnderUpstreamsNames() throws Exception {
    try (Collector collector = Collector.start();
        Tracer tracer =
            Tracer.by(
                    "http/protobuf",
                    collector.endpoint("http/protobuf"),
                    1,
                    Attributes.of("service.name", "activator"),
                    "test",
                    LOOPS.next(),
                    InstantSource.system(),
                    Random::new,
                    _ -> {})
                .orElseThrow()) {
      activator.telemetry().trace(Optional.of(tracer));
      activator.telemetry().measure(true);
      activator.revisions().onRevision(revision(0, Duration.ofSeconds(30)));
      List<CompletableFuture<HttpResponse<String>>> answers = requests(1);
      await().until(() -> queued() == 1);
      TestPod pod = pod("traced", 1, true);
      notReady(pod);
      assertThat(answers.getFirst().get(20, TimeUnit.SECONDS).body()).isEqualTo("traced");
      await().until(() -> active() == 0);
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> {
            tracer.flush().toCompletableFuture().join();
            return collector.spans().size() >= 4;
          });
      assertThat(collector.spans())
          .extracting(Span::getName)
          .containsExactlyInAnyOrder("GET", "throttler_try", "activator_proxy", "GET /");
      assertThat(
              collector.spans().stream()
                  .filter(span -> span.getName().equals("GET"))
                  .map(span -> Collector.attributes(span.getAttributesList()))
                  .toList())
          .allSatisfy(about -> assertThat(about).containsEntry("kn.revision.name", "hello-00001"));
      assertThat(pod.requests().getFirst().get("traceparent")).endsWith("-01");
      assertThat(activator.telemetry().metrics())
          .filteredOn(metric -> metric.name().equals("http.client.request.duration"))
          .singleElement()
          .satisfies(
              metric -> assertThat(((Metric.Data.Histograms) metric.data()).points()).hasSize(1));
    }
  }

  private static Revision revision(int containerConcurrency, Duration timeout) {
    return new Revision(
        ID,
        "hello",
        "hello",
        Protocol.HTTP1,
        containerConcurrency,
        timeout,
        Duration.ZERO,
        Duration.ZERO,
        false,
        false);
  }

  private <T extends AutoCloseable> T closing(T resource) {
    open.add(resource);
    return resource;
  }
}
