package dev.bellows.dataplane.gateway;

import static dev.bellows.dataplane.gateway.TestGateway.HELLO;
import static dev.bellows.dataplane.gateway.TestGateway.HOST;
import static dev.bellows.dataplane.gateway.TestGateway.SECRET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bellows.core.route.Ingress.HttpOption;
import dev.bellows.core.route.Ingress.Tls;
import dev.bellows.core.route.Ingress.Visibility;
import dev.bellows.core.route.TlsSecret;
import dev.bellows.dataplane.activator.TestPod;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.raw.Http2Peer;
import dev.bellows.dataplane.raw.Identity;
import dev.bellows.dataplane.raw.Leaks;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** TLS at the gateway: which certificate, which protocol, and who is sent there. */
class GatewayTlsTest {
  private static final EventLoopGroup LOOPS = EventLoops.create("gateway-tls-test", 2);

  private TestGateway gateway;
  private TestPod pod;

  @BeforeEach
  void start() throws IOException {
    gateway = new TestGateway(LOOPS, GatewayConfig.DEFAULT);
    pod = gateway.pod("hello");
    gateway.service(HELLO, pod.address());
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

  /** A connection that checks the certificate against the name it asks for. */
  private SSLSocket connect(Identity trusted, String name, String... alpn) throws Exception {
    Socket plain = TestGateway.connect(gateway.tls.address());
    SSLSocket socket =
        (SSLSocket) trusted.trusting().getSocketFactory().createSocket(plain, name, 443, true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    parameters.setServerNames(List.of(new SNIHostName(name)));
    parameters.setApplicationProtocols(alpn);
    socket.setSSLParameters(parameters);
    socket.setSoTimeout(10_000);
    socket.startHandshake();
    return socket;
  }

  private String get(Identity trusted, String name) throws Exception {
    String answer =
        TestGateway.exchange(connect(trusted, name, "http/1.1"), "GET", "/", "Host: " + name);
    return answer.substring(9, 12) + " " + answer.substring(answer.indexOf("\n\n") + 2).strip();
  }

  @Test
  void aHostShowsTheCertificateThatItsIngressNames() throws Exception {
    Identity identity = Identity.create("EC", HOST);
    gateway.routeWithTls(HttpOption.ENABLED);
    gateway.secret(identity);
    assertThat(get(identity, HOST)).isEqualTo("200 hello");
    assertThat(pod.requests().getFirst().get("X-Forwarded-Proto")).isEqualTo("https");
    assertThat(gateway.get("/", "Host: " + HOST)).as("by http, too").isEqualTo("200 hello");
    assertThat(pod.requests().getLast().get("X-Forwarded-Proto")).isEqualTo("http");
  }

  @Test
  void aBrowserMayChooseHttp2() throws Exception {
    Identity identity = Identity.create("EC", HOST);
    gateway.routeWithTls(HttpOption.ENABLED);
    gateway.secret(identity);
    SSLSocket socket = connect(identity, HOST, "h2", "http/1.1");
    assertThat(socket.getApplicationProtocol()).isEqualTo("h2");
    try (Http2Peer client = Http2Peer.client(socket)) {
      client.headers(
          1, true, ":method", "GET", ":scheme", "https", ":path", "/", ":authority", HOST);
      assertThat(client.response(1).body()).isEqualTo("hello");
    }
  }

  @Test
  void eachNameHasItsOwnCertificateAndAWildcardServesTheRest() throws Exception {
    Identity own = Identity.create("EC", HOST);
    Identity shared = Identity.create("RSA", "*.shared.example.com");
    gateway.routeWithTls(HttpOption.ENABLED);
    gateway.secret(own);
    var wildcard = new dev.bellows.core.route.SecretId("certs", "wildcard");
    gateway.tell(
        "shared",
        1,
        HttpOption.ENABLED,
        List.of(new Tls(List.of("*.shared.example.com"), wildcard)),
        TestGateway.rule(
            "a.shared.example.com", Visibility.EXTERNAL_IP, "", TestGateway.split(HELLO, 100)));
    gateway
        .gateway
        .routes()
        .onTlsSecret(new TlsSecret(wildcard, shared.certificatePem(), shared.keyPem()));
    assertThat(get(own, HOST)).isEqualTo("200 hello");
    assertThat(get(shared, "a.shared.example.com")).isEqualTo("200 hello");
    assertThat(get(shared, "b.shared.example.com")).startsWith("404 Nothing is routed");
    assertThatThrownBy(() -> get(shared, "b.a.shared.example.com"))
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("unrecognized_name");
  }

  @Test
  void anIngressMayLeaveTheHostsOfItsCertificateToItsRules() throws Exception {
    Identity identity = Identity.create("EC", HOST);
    gateway.tell(
        "hello",
        1,
        HttpOption.ENABLED,
        List.of(new Tls(List.of(), SECRET)),
        TestGateway.rule(HOST, Visibility.EXTERNAL_IP, "", TestGateway.split(HELLO, 100)));
    gateway.secret(identity);
    assertThat(get(identity, HOST)).isEqualTo("200 hello");
  }

  @Test
  void aRenewedSecretServesNewConnectionsAtOnceAndABadOneChangesNothing() throws Exception {
    Identity first = Identity.create("EC", HOST);
    Identity second = Identity.create("EC", HOST);
    gateway.routeWithTls(HttpOption.ENABLED);
    gateway.secret(first);
    try (SSLSocket old = connect(first, HOST, "http/1.1")) {
      gateway.secret(second);
      assertThat(get(second, HOST)).isEqualTo("200 hello");
      assertThatThrownBy(() -> get(first, HOST)).isInstanceOf(SSLException.class);
      assertThat(TestGateway.exchange(old, "GET", "/", "Host: " + HOST))
          .as("a connection that is open")
          .startsWith("HTTP/1.1 200");
    }
    assertThatThrownBy(() ->
            gateway
                .gateway
                .routes()
                .onTlsSecret(new TlsSecret(SECRET, first.certificatePem(), second.keyPem())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the private key is not that of the certificate");
    assertThat(get(second, HOST)).isEqualTo("200 hello");
    gateway.gateway.routes().onTlsSecretDeleted(SECRET);
    assertThatThrownBy(() -> get(second, HOST)).isInstanceOf(SSLException.class);
  }

  @Test
  void oldVersionsOfTlsAreRefused() throws Exception {
    Identity identity = Identity.create("RSA", HOST);
    gateway.routeWithTls(HttpOption.ENABLED);
    gateway.secret(identity);
    for (String version : new String[] {"TLSv1.2", "TLSv1.3"}) {
      assertThatCode(() -> handshake(identity, version)).doesNotThrowAnyException();
    }
    assertThat(Gateway.TLS.versions()).containsExactlyInAnyOrder("TLSv1.2", "TLSv1.3");
  }

  private void handshake(Identity identity, String version) throws Exception {
    Socket plain = TestGateway.connect(gateway.tls.address());
    try (SSLSocket socket =
        (SSLSocket) identity.trusting().getSocketFactory().createSocket(plain, HOST, 443, true)) {
      socket.setEnabledProtocols(new String[] {version});
      socket.startHandshake();
      assertThat(socket.getSession().getProtocol()).isEqualTo(version);
    }
  }

  @ParameterizedTest
  @CsvSource({"GET,301", "HEAD,301", "POST,308", "PUT,308"})
  void whereHttpIsRedirectedAClientIsSentToTheSameUrlByHttps(String method, int status)
      throws Exception {
    gateway.routeWithTls(HttpOption.REDIRECTED);
    gateway.secret(Identity.create("EC", HOST));
    String answer =
        TestGateway.exchange(
            TestGateway.connect(gateway.external.address()),
            method,
            "/a/b?c=d",
            "Host: " + HOST + ":8080");
    assertThat(answer)
        .startsWith("HTTP/1.1 " + status)
        .containsIgnoringCase(
            "\nlocation: https://" + HOST + ":" + gateway.tls.address().port() + "/a/b?c=d\n");
    assertThat(pod.requests()).isEmpty();
  }

  @Test
  void nobodyIsRedirectedWhoCameByHttpsOrProvesAName() throws Exception {
    Identity identity = Identity.create("EC", HOST);
    gateway.routeWithTls(HttpOption.REDIRECTED);
    gateway.secret(identity);
    assertThat(get(identity, HOST)).isEqualTo("200 hello");
    assertThat(gateway.get("/", "Host: " + HOST, "X-Forwarded-Proto: https"))
        .as("TLS ended at a load balancer")
        .isEqualTo("200 hello");
    assertThat(gateway.get("/.well-known/acme-challenge/token", "Host: " + HOST))
        .isEqualTo("200 hello");
    gateway.tell(
        HOST,
        2,
        HttpOption.REDIRECTED,
        List.of(),
        TestGateway.rule(HOST, Visibility.EXTERNAL_IP, "", TestGateway.split(HELLO, 100)));
    assertThat(gateway.get("/", "Host: " + HOST))
        .as("an Ingress without a certificate")
        .isEqualTo("200 hello");
  }
}
