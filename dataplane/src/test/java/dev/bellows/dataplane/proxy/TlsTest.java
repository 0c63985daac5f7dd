package dev.bellows.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.raw.Client;
import dev.bellows.dataplane.raw.Http2Peer;
import dev.bellows.dataplane.raw.Identity;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A listener behind TLS: which protocol is spoken, and with which certificate. */
class TlsTest extends ProxyFixture {
  @TempDir Path directory;
  private Path certificateFile;
  private Path keyFile;

  @BeforeEach
  void nameFiles() {
    certificateFile = directory.resolve("tls.crt");
    keyFile = directory.resolve("tls.key");
  }

  private Identity identity(String name) throws Exception {
    Identity identity = Identity.create("EC", name);
    write(identity);
    return identity;
  }

  private void write(Identity identity) throws Exception {
    identity.writeCertificate(certificateFile);
    identity.writeKey(keyFile, "PRIVATE KEY");
  }

  private ServerCertificate load() throws IOException {
    return ServerCertificate.load(certificateFile, keyFile, TlsSettings.DEFAULT);
  }

  private Address serving(ServerCertificate certificate) throws IOException {
    return engine
        .listenTls(
            "127.0.0.1",
            0,
            List.of(exchange ->
                exchange.answer(
                    Answer.text(200, exchange.version() + " " + exchange.request().uri()))),
            certificate)
        .address();
  }

  private static HttpResponse<String> get(Identity trusted, Address address, Version version)
      throws Exception {
    try (HttpClient client =
        HttpClient.newBuilder().version(version).sslContext(trusted.trusting()).build()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("https://" + address + "/tls")).build(),
          BodyHandlers.ofString());
    }
  }

  @ParameterizedTest
  @CsvSource({"HTTP_2,HTTP/2.0 /tls", "HTTP_1_1,HTTP/1.1 /tls"})
  void speaksWhatAClientChoosesByAlpn(Version version, String answer) throws Exception {
    Identity identity = identity("first");
    HttpResponse<String> response = get(identity, serving(load()), version);
    assertThat(response.version()).isEqualTo(version);
    assertThat(response.body()).isEqualTo(answer);
  }

  @Test
  void speaksHttp2WithAClientThatBeginsWithItAndChoosesNothing() throws Exception {
    Identity identity = identity("first");
    Address address = serving(load());
    SSLSocket socket =
        (SSLSocket)
            identity.trusting().getSocketFactory().createSocket(address.ip(), address.port());
    try (Http2Peer client = Http2Peer.client(socket)) {
      client.get(1, "/no-alpn");
      assertThat(client.response(1).body()).isEqualTo("HTTP/2.0 /no-alpn");
      assertThat(socket.getApplicationProtocol()).isEmpty();
      assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.3");
    }
  }

  @ParameterizedTest
  @CsvSource({"RSA,PRIVATE KEY", "RSA,RSA PRIVATE KEY", "EC,PRIVATE KEY", "EC,EC PRIVATE KEY"})
  void readsKeysInTheFormsThatAreAbout(String algorithm, String kind) throws Exception {
    Identity identity = Identity.create(algorithm, "first");
    identity.writeCertificate(certificateFile);
    identity.writeKey(keyFile, kind);
    assertThat(get(identity, serving(load()), Version.HTTP_1_1).statusCode()).isEqualTo(200);
  }

  @Test
  void showsARenewedCertificateToNewConnections() throws Exception {
    Identity first = identity("first");
    ServerCertificate certificate = load();
    Address address = serving(certificate);
    assertThat(certificate.reload()).as("nothing has changed").isFalse();
    Identity second = identity("second");
    assertThat(get(first, address, Version.HTTP_2).statusCode()).isEqualTo(200);
    assertThat(certificate.reload()).isTrue();
    assertThat(get(second, address, Version.HTTP_2).statusCode()).isEqualTo(200);
    assertThatThrownBy(() -> get(first, address, Version.HTTP_2)).isInstanceOf(SSLException.class);
  }

  @Test
  void keepsTheOldCertificateWhileTheNewOnesAreNoPair() throws Exception {
    Identity first = identity("first");
    ServerCertificate certificate = load();
    Address address = serving(certificate);
    Identity second = Identity.create("EC", "second");
    second.writeCertificate(certificateFile);
    assertThatThrownBy(certificate::reload)
        .isInstanceOf(IOException.class)
        .hasMessage("the private key is not that of the certificate");
    assertThat(get(first, address, Version.HTTP_2).statusCode()).isEqualTo(200);
    second.writeKey(keyFile, "PRIVATE KEY");
    assertThat(certificate.reload()).isTrue();
    assertThat(get(second, address, Version.HTTP_2).statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({"'',no certificate", "rubbish,malformed certificate"})
  void saysWhatIsWrongWithAFile(String text, String message) throws Exception {
    identity("first");
    Files.writeString(certificateFile, text);
    assertThatThrownBy(this::load).isInstanceOf(IOException.class).hasMessageContaining(message);
  }

  @Test
  void speaksNoOlderTlsThanItIsTold() throws Exception {
    Identity identity = identity("first");
    Address address = serving(load());
    try (SSLSocket socket =
        (SSLSocket)
            identity.trusting().getSocketFactory().createSocket(address.ip(), address.port())) {
      socket.setEnabledProtocols(new String[] {"TLSv1.2"});
      assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
    }
  }

  @Test
  void closesOnAClientThatSpeaksNoTls() throws Exception {
    identity("first");
    try (Client client = new Client(serving(load()))) {
      client.get("/");
      client.in.readAllBytes(); // an alert, perhaps
      assertThat(client.closed()).isTrue();
    }
  }
}
