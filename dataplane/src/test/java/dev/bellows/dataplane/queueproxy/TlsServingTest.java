package dev.bellows.dataplane.queueproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.raw.Backend;
import dev.bellows.dataplane.raw.Client;
import dev.bellows.dataplane.raw.Identity;
import io.netty.channel.EventLoopGroup;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The TLS port beside the plain one: when it is there, what it serves, what it shows. */
class TlsServingTest {
  private static final Logger LOG = LoggerFactory.getLogger(TlsServingTest.class);

  @TempDir Path directory;
  private final EventLoopGroup loops = EventLoops.create("tls", 1);
  private final ProxyEngine engine = new ProxyEngine(loops, System::nanoTime);

  @AfterEach
  void stop() {
    engine.close();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  private Identity identity(String name) throws Exception {
    Identity identity = Identity.create("EC", name);
    identity.writeCertificate(directory.resolve("tls.crt"));
    identity.writeKey(directory.resolve("tls.key"), "PRIVATE KEY");
    return identity;
  }

  private Optional<TlsServing> open(QueueProxyHandle handle) throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    return TlsServing.open(
        engine, handle, Map.of("QUEUE_SERVING_TLS_PORT", String.valueOf(port)), directory, LOG);
  }

  private static HttpResponse<String> get(Identity trusted, TlsServing tls) throws Exception {
    try (HttpClient client =
        HttpClient.newBuilder().version(Version.HTTP_1_1).sslContext(trusted.trusting()).build()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("https://" + tls.listener().address() + "/")).build(),
          BodyHandlers.ofString());
    }
  }

  @Test
  void servesAsThePlainPortDoesAndFollowsItsCertificate() throws Exception {
    Identity first = identity("first");
    try (Backend user = Backend.echoingHeads();
        Pod pod = new Pod(user.address())) {
      QueueProxyHandle handle = pod.attach();
      try (TlsServing tls = open(handle).orElseThrow()) {
        assertThat(get(first, tls).body()).startsWith("GET / HTTP/1.1");
        try (Client plain = new Client(handle.serving())) {
          assertThat(plain.get("/").response().status()).isEqualTo(200);
        }
        Identity second = identity("second");
        tls.look();
        assertThat(get(second, tls).statusCode()).isEqualTo(200);
        handle.close();
        assertThatThrownBy(() -> get(second, tls)).isInstanceOf(java.net.ConnectException.class);
      }
    }
  }

  @Test
  void isNotThereWithoutACertificateOrItsKey() throws Exception {
    try (Backend user = Backend.echoingHeads();
        Pod pod = new Pod(user.address());
        QueueProxyHandle handle = pod.attach()) {
      assertThat(open(handle)).isEmpty();
      Identity.create("EC", "half").writeCertificate(directory.resolve("tls.crt"));
      assertThat(open(handle)).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"'','',TLSv1.3", "1.2,'',TLSv1.2 TLSv1.3", "1.2,1.2,TLSv1.2", "1.3,1.3,TLSv1.3"})
  void speaksTheVersionsItIsTold(String lowest, String highest, String versions) {
    assertThat(TlsServing.versions(environment(lowest, highest)))
        .isEqualTo(List.of(versions.split(" ", -1)));
  }

  @ParameterizedTest
  @CsvSource({
    "1.1,'',QUEUE_PROXY_TLS_MIN_VERSION must be 1.2 or 1.3",
    "1.3,1.2,QUEUE_PROXY_TLS_MIN_VERSION must not be higher"
  })
  void refusesVersionsThatItCannotSpeak(String lowest, String highest, String message) {
    assertThatThrownBy(() -> TlsServing.versions(environment(lowest, highest)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }

  private static Environment environment(String lowest, String highest) {
    return new Environment(
        Map.of("QUEUE_PROXY_TLS_MIN_VERSION", lowest, "QUEUE_PROXY_TLS_MAX_VERSION", highest));
  }
}
