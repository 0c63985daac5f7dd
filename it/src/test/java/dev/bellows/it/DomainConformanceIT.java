package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.serving.DomainMapping;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Domains of one's own, with the names and the checks of the original's tests (api/v1beta1, e2e).
 * docs/conformance.md has the whole list.
 */
@BesideOthers
class DomainConformanceIT {
  private static final String HELLO = "dev.local/helloworld";
  private static final String PASSWORD = "changeit";

  @TempDir static Path directory;
  @AutoClose private static Serving serving;

  @BeforeAll
  static void start() throws IOException {
    Command.require("python3");
    serving = Serving.start(directory.resolve("data"));
  }

  @Test
  void testDomainMapping() throws Exception {
    serving.createService("mapped", HELLO);
    serving.awaitReady("mapped");
    serving.create(mapping("mapped"));
    serving.awaitReady(DomainMapping.class, "taken.example.org");
    assertThat(serving.request("http://taken.example.org", "/").body()).isEqualTo("Hello World!\n");
    // Another namespace may have the domain only once it is given up.
    var client = serving.client();
    client
        .resource(new NamespaceBuilder().withNewMetadata().withName("rival").endMetadata().build())
        .create();
    client
        .resource(Serving.serviceManifest("mapped", HELLO, "env: [{name: TARGET, value: rival}]"))
        .inNamespace("rival")
        .create();
    client.resource(mapping("mapped")).inNamespace("rival").create();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(rival().getStatus())
                .isNotNull()
                .matches(status -> status.isFalse("DomainClaimed")));
    serving.delete(DomainMapping.class, "taken.example.org");
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> {
          assertThat(serving.request("http://taken.example.org", "/").body())
              .isEqualTo("Hello rival!\n");
          // The gateway may answer before the status tells of it.
          assertThat(rival().getStatus()).isNotNull().matches(status -> status.isTrue("Ready"));
        });
  }

  @Test
  void testDomainMappingWebsocket() throws Exception {
    serving.addProgram("conformance.test/wsserver", "wsserver.py");
    serving.createService("socket", "conformance.test/wsserver");
    serving.awaitReady("socket");
    serving.create(
        """
        apiVersion: serving.knative.dev/v1beta1
        kind: DomainMapping
        metadata: {name: socket.example.org}
        spec: {ref: {kind: Service, apiVersion: serving.knative.dev/v1, name: socket}}
        """);
    serving.awaitReady(DomainMapping.class, "socket.example.org");
    try (Talk talk = Talk.at(serving.bellows().gateway(), "socket.example.org")) {
      assertThat(talk.say("Hello, websocket")).isEqualTo("Hello, websocket");
    }
  }

  @Test
  void testBYOCertificate() throws Exception {
    String host = "byo.example.org";
    KeyStore certificate = certificate(host);
    serving.createService("byo", HELLO);
    serving.awaitReady("byo");
    serving
        .client()
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName("byo")
                .withNamespace("default")
                .endMetadata()
                .withType("kubernetes.io/tls")
                .withStringData(
                    Map.of(
                        "tls.crt",
                        pem("CERTIFICATE", certificate.getCertificate("own").getEncoded()),
                        "tls.key",
                        pem(
                            "PRIVATE KEY",
                            certificate.getKey("own", PASSWORD.toCharArray()).getEncoded())))
                .build())
        .create();
    serving.create(
        """
        apiVersion: serving.knative.dev/v1beta1
        kind: DomainMapping
        metadata: {name: byo.example.org}
        spec:
          ref: {kind: Service, apiVersion: serving.knative.dev/v1, name: byo}
          tls: {secretName: byo}
        """);
    var status = Objects.requireNonNull(serving.awaitReady(DomainMapping.class, host).getStatus());
    assertThat(status.url())
        .isEqualTo("https://" + host + ":" + serving.bellows().gatewayTls().getPort());
    assertThat(status.condition("CertificateProvisioned").orElseThrow().reason())
        .isEqualTo("CertificateExternallyProvided");
    assertThat(getByTls(host, certificate)).startsWith("HTTP/1.1 200").endsWith("Hello World!\n");
  }

  /** A key and a certificate that vouches for itself, under the name {@code own}. */
  private static KeyStore certificate(String host) throws Exception {
    Path file = directory.resolve(host + ".p12");
    Command.of(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair",
            "-alias",
            "own",
            "-keyalg",
            "EC",
            "-dname",
            "CN=" + host,
            "-ext",
            "SAN=dns:" + host,
            "-keystore",
            file.toString(),
            "-storetype",
            "PKCS12",
            "-storepass",
            PASSWORD)
        .run()
        .succeeded();
    return KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray());
  }

  private static String pem(String what, byte[] content) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(
            what, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content), what);
  }

  /** The whole answer, from a gateway that shows this certificate for the host. */
  private static String getByTls(String host, KeyStore certificate)
      throws IOException, GeneralSecurityException {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("own", certificate.getCertificate("own"));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    int port = serving.bellows().gatewayTls().getPort();
    Socket plain = new Socket(InetAddress.getLoopbackAddress(), port);
    try (SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, true)) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      socket
          .getOutputStream()
          .write(
              ("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String mapping(String service) {
    return """
    apiVersion: serving.knative.dev/v1beta1
    kind: DomainMapping
    metadata: {name: taken.example.org}
    spec: {ref: {kind: Service, apiVersion: serving.knative.dev/v1, name: %s}}
    """
        .formatted(service);
  }

  private static DomainMapping rival() {
    return serving
        .client()
        .resources(DomainMapping.class)
        .inNamespace("rival")
        .withName("taken.example.org")
        .get();
  }
}
