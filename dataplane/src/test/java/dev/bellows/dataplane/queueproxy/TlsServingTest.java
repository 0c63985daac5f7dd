package dev.bellows.dataplane.queueproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bellows.core.route.Address;
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
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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

  private static int freePort() throws Exception {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }

  private static Pod pod(Backend user) throws Exception {
    return new Pod(user.address()).with("QUEUE_SERVING_TLS_PORT", String.valueOf(freePort()));
  }

  private Optional<TlsServing> open(QueueProxyHandle handle) throws Exception {
    return TlsServing.open(engine, handle, directory, LOG);
  }

  private static HttpResponse<String> get(Identity trusted, TlsServing tls) throws Exception {
    return get(trusted, tls.listener().address());
  }

  private static HttpResponse<String> get(Identity trusted, Address at) throws Exception {
    try (HttpClient client =
        HttpClient.newBuilder().version(Version.HTTP_1_1).sslContext(trusted.trusting()).build()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("https://" + at + "/")).build(),
          BodyHandlers.ofString());
    }
  }

  @Test
  void servesAsThePlainPortDoesAndFollowsItsCertificate() throws Exception {
    Identity first = identity("first");
    try (Backend user = Backend.echoingHeads();
        Pod pod = pod(user)) {
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
        Pod pod = pod(user);
        QueueProxyHandle handle = pod.attach()) {
      assertThat(open(handle)).isEmpty();
      Identity.create("EC", "half").writeCertificate(directory.resolve("tls.crt"));
      assertThat(open(handle)).isEmpty();
    }
  }

  @Test
  void aSharedPodServesByTlsWhereItHasACertificate() throws Exception {
    Identity identity = identity("shared");
    try (Backend user = Backend.echoingHeads();
        Pod pod = pod(user).withCertificates(directory);
        QueueProxyHandle handle = pod.attach()) {
      assertThat(get(identity, handle.servingTls().orElseThrow()).statusCode()).isEqualTo(200);
    }
  }
}
