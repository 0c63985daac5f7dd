package dev.bellows.dataplane.activator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bellows.core.revision.Protocol;
import dev.bellows.core.revision.Revision;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Endpoints;
import dev.bellows.core.route.SecretId;
import dev.bellows.core.route.TlsSecret;
import dev.bellows.dataplane.proxy.Answer;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.InternalTls;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.proxy.TlsSettings;
import dev.bellows.dataplane.raw.Client;
import dev.bellows.dataplane.raw.Identity;
import dev.bellows.dataplane.stats.StatClient;
import dev.bellows.dataplane.stats.StatServer;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The activator with the system's own hops encrypted, over real sockets with real certificates. */
class InternalTlsTest {
  private static final RevisionId ID = new RevisionId("Team-A", "hello-00001");
  private static final String POD_NAME = "kn-user-team-a";
  private static final String DATA_PLANE = "data-plane.knative.dev";
  private static final SecretId SECRET = new SecretId("knative-serving", "routing-serving-certs");

  /** Of the pod, whose ports are fixed: no other process uses it. */
  private static final String POD_IP =
      "127.94.%d.%d"
          .formatted(
              (ProcessHandle.current().pid() >> 8) & 0xff, ProcessHandle.current().pid() & 0xff);

  private final EventLoopGroup loops = EventLoops.create("internal-tls", 2);
  private final List<AutoCloseable> open = new ArrayList<>();
  private final Queue<String> plainRequests = new ConcurrentLinkedQueue<>();
  private ProxyEngine engine;
  private ProxyEngine podEngine;
  private Activator activator;
  private InternalTls podTls;
  private Identity routing;

  @BeforeEach
  void start() throws Exception {
    open.add(() -> loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly());
    engine = closing(new ProxyEngine(loops, System::nanoTime));
    podEngine = closing(new ProxyEngine(loops, System::nanoTime));
    StatServer autoscaler =
        closing(
            StatServer.start(loops, "127.0.0.1", 0, _ -> true, InstantSource.system(), _ -> {}));
    StatClient stats =
        closing(
            StatClient.connect(loops, URI.create("ws://" + autoscaler.address()), new Random(1)));
    await().until(stats::reachable);
    activator =
        closing(
            Activator.start(
                engine,
                ActivatorConfigs.onLoopback("10.9.0.1"),
                stats,
                System::nanoTime,
                Random::new));
    routing = Identity.create("EC", "kn-routing", DATA_PLANE);
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
  }

  private <T extends AutoCloseable> T closing(T opened) {
    open.add(opened);
    return opened;
  }

  private static TlsSecret secret(Identity identity) throws Exception {
    return new TlsSecret(SECRET, identity.certificatePem(), identity.keyPem());
  }

  /** A pod that answers probes plainly and requests on both ports, telling which it was. */
  private void pod(Protocol protocol, Identity identity) throws Exception {
    Listener plain =
        podEngine.listen(
            POD_IP,
            protocol.queueProxyPort(),
            List.of(exchange -> {
              if (exchange.headers().contains("K-Network-Probe")) {
                exchange.answer(Answer.text(200, "queue"));
              } else {
                plainRequests.add(exchange.request().uri());
                exchange.answer(Answer.text(200, "plain"));
              }
            }));
    podTls = new InternalTls(TlsSettings.DEFAULT);
    podTls.onCertificate(secret(identity));
    podEngine.listenTls(
        POD_IP,
        8112,
        List.of(exchange ->
            exchange.answer(Answer.text(200, "TLS " + exchange.version() + " " + exchange.host()))),
        podTls.shown());
    activator
        .revisions()
        .onRevision(
            new Revision(
                ID,
                "hello",
                "hello",
                protocol,
                0,
                Duration.ofSeconds(30),
                Duration.ZERO,
                Duration.ZERO,
                false,
                false));
    activator
        .revisions()
        .onPrivateEndpoints(
            ID, new Endpoints(List.of(plain.address()), List.of()), Optional.empty());
  }

  private HttpResponse<String> get(Version version) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newBuilder().version(version).build()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://" + activator.address() + "/"))
              .header("Knative-Serving-Namespace", ID.namespace())
              .header("Knative-Serving-Revision", ID.name())
              .build(),
          BodyHandlers.ofString());
    }
  }

  private HttpResponse<String> getByTls(Identity trusted) throws Exception {
    try (HttpClient client =
        HttpClient.newBuilder().version(Version.HTTP_2).sslContext(trusted.trusting()).build()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("https://" + activator.tlsAddress() + "/"))
              .header("Knative-Serving-Namespace", ID.namespace())
              .header("Knative-Serving-Revision", ID.name())
              .build(),
          BodyHandlers.ofString());
    }
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void requestsTravelEncryptedInTheProtocolInWhichTheyCame(Protocol protocol) throws Exception {
    Identity pods = Identity.create("EC", POD_NAME, DATA_PLANE);
    pod(protocol, pods);
    activator.internalTls().onAuthorities(List.of("# pods\n" + pods.certificatePem()));
    activator.internalTls().onEnabled(true);
    HttpResponse<String> answer = get(protocol == Protocol.H2C ? Version.HTTP_2 : Version.HTTP_1_1);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body())
        .isEqualTo(
            "TLS %s %s:%d"
                .formatted(
                    protocol == Protocol.H2C ? "HTTP/2.0" : "HTTP/1.1",
                    POD_IP,
                    protocol.queueProxyPort()));
    assertThat(plainRequests).isEmpty();
  }

  @Test
  void aPodOfAnotherNamespaceIsNotSpokenTo() throws Exception {
    Identity others = Identity.create("EC", "kn-user-team-b", DATA_PLANE);
    pod(Protocol.HTTP1, others);
    activator.internalTls().onAuthorities(List.of(others.certificatePem()));
    activator.internalTls().onEnabled(true);
    HttpResponse<String> answer = get(Version.HTTP_1_1);
    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(answer.body()).contains("kn-user-team-b", "not for kn-user-team-a");
    assertThat(plainRequests).isEmpty();
  }

  @Test
  void aPodWhoseAuthorityIsNotKnownIsNotSpokenToUntilItIs() throws Exception {
    Identity pods = Identity.create("EC", POD_NAME, DATA_PLANE);
    pod(Protocol.HTTP1, pods);
    activator.internalTls().onAuthorities(List.of(routing.certificatePem()));
    activator.internalTls().onEnabled(true);
    assertThat(get(Version.HTTP_1_1).statusCode()).isEqualTo(502);
    activator.internalTls().onAuthorities(List.of(routing.certificatePem(), pods.certificatePem()));
    await().until(() -> get(Version.HTTP_1_1).statusCode() == 200);
    assertThat(plainRequests).isEmpty();
  }

  @Test
  void theSwitchWorksWhileItRuns() throws Exception {
    Identity pods = Identity.create("EC", POD_NAME, DATA_PLANE);
    pod(Protocol.HTTP1, pods);
    activator.internalTls().onAuthorities(List.of(pods.certificatePem()));
    assertThat(get(Version.HTTP_1_1).body()).isEqualTo("plain");
    activator.internalTls().onEnabled(true);
    assertThat(get(Version.HTTP_1_1).body()).startsWith("TLS HTTP/1.1");
    activator.internalTls().onEnabled(false);
    assertThat(get(Version.HTTP_1_1).body()).isEqualTo("plain");
  }

  @Test
  void itsOwnPortShowsTheRoutingCertificateAndFollowsIt() throws Exception {
    Identity pods = Identity.create("EC", POD_NAME, DATA_PLANE);
    pod(Protocol.HTTP1, pods);
    try (Client early = new Client(activator.tlsAddress())) {
      assertThat(early.closed()).as("nothing to show yet").isTrue();
    }
    activator.internalTls().onCertificate(secret(routing));
    assertThat(getByTls(routing).statusCode()).isEqualTo(200);
    Identity renewed = Identity.create("EC", "kn-routing", DATA_PLANE);
    activator.internalTls().onCertificate(secret(renewed));
    assertThat(getByTls(renewed).statusCode()).isEqualTo(200);
  }
}
