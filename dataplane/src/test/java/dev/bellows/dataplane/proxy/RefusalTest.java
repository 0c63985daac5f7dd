package dev.bellows.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.dataplane.raw.Backend;
import dev.bellows.dataplane.raw.Client;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that could be read in two ways are refused and never forwarded (ADR 0025). */
class RefusalTest extends ProxyFixture {
  private static final String POST = "POST / HTTP/1.1\r\nHost: h\r\n";

  @ParameterizedTest
  @ValueSource(
      strings = {
        POST + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        POST + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        POST + "Content-Length: 5, 5\r\n\r\nhello",
        POST + "Content-Length: +5\r\n\r\nhello",
        POST + "Content-Length: 0x5\r\n\r\nhello",
        POST + "Content-Length: -1\r\n\r\n",
        POST + "Content-Length: \r\n\r\n",
        POST + "Content-Length: 99999999999999999999\r\n\r\n",
        POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        POST + "Transfer-Encoding: xchunked\r\n\r\n",
        POST + "Transfer-Encoding: chunked, identity\r\n\r\n",
        POST + "Transfer-Encoding: identity\r\n\r\n",
        POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + "Transfer-Encoding:\u000bchunked\r\n\r\n0\r\n\r\n",
        POST + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n\tb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n \r\n\r\n",
        "GET / HTTP/1.1\r\n Host: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: a\u0000b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n",
        "GET / HTTP/1.1\nHost: h\n\n",
        "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /\u0001 HTTP/1.1\r\nHost: h\r\n\r\n",
        "G\u0001ET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET path HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: :8080\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: :a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a:b:80\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a[::1]\r\n\r\n",
        "GET http://:80/ HTTP/1.1\r\nHost: \r\n\r\n",
        "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n",
        "GET http:///x HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n",
        POST + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        " GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /\rHTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / http/1.1\r\nHost: h\r\n\r\n"
      })
  void refusesWhatCouldBeReadInTwoWays(String request) throws IOException {
    try (Backend backend = Backend.echoingHeads();
        Client client = new Client(proxyTo(backend.address()))) {
      Client.Response response =
          client.send(request + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n").response();
      assertThat(response.status()).isEqualTo(400);
      assertThat(response.header("connection")).isEqualTo("close");
      assertThat(client.closed()).isTrue();
      assertThat(backend.heads).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0x5\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5;a=\nb\r\nhello\r\n0\r\n\r\n",
        "5\r\nhelloXX\r\n0\r\n\r\n",
        "ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        "0\r\nX : y\r\n\r\n"
      })
  void breaksOffARequestWhoseChunksAreMalformed(String body) throws IOException {
    try (Backend backend =
            new Backend(connection -> {
              connection.head();
              String got = new String(connection.in.readAllBytes(), StandardCharsets.ISO_8859_1);
              assertThat(got).doesNotContain("0\r\n\r\n").doesNotContain("smuggled");
            });
        Client client = new Client(proxyTo(backend.address()))) {
      client.send(
          POST
              + "Transfer-Encoding: chunked\r\n\r\n"
              + body
              + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.response().status()).isEqualTo(400);
      assertThat(client.closed()).isTrue();
      assertThat(backend.heads).hasSizeLessThanOrEqualTo(1);
    }
  }

  @Test
  void limitsTheHead() throws IOException {
    String large = "x".repeat(Limits.HEAD_BYTES);
    assertThat(statusOf("GET / HTTP/1.1\r\nHost: h\r\nX: " + large + "\r\n\r\n")).isEqualTo(431);
    assertThat(statusOf("GET /" + large + " HTTP/1.1\r\nHost: h\r\n\r\n")).isEqualTo(414);
    String many = "X: y\r\n".repeat(Limits.HEAD_BYTES / 4 + 1);
    assertThat(statusOf("GET / HTTP/1.1\r\nHost: h\r\n" + many + "\r\n")).isEqualTo(431);
  }

  @Test
  void refusesWhatItDoesNotSpeak() throws IOException {
    assertThat(statusOf("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n")).isEqualTo(405);
    assertThat(statusOf("GET / HTTP/2.0\r\nHost: h\r\n\r\n")).isEqualTo(505);
    assertThat(statusOf(POST + "Expect: miracles\r\nContent-Length: 0\r\n\r\n")).isEqualTo(417);
  }

  @ParameterizedTest
  @ValueSource(strings = {"h", "h:80", "h:", "[::1]", "[::1]:80", "1.2.3.4:5", ""})
  void takesAHostThatHasOneReading(String host) throws IOException {
    assertThat(statusOf("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n")).isEqualTo(200);
  }

  private int statusOf(String request) throws IOException {
    try (Backend backend = Backend.echoingHeads();
        Client client = new Client(proxyTo(backend.address()))) {
      return client.send(request).response().status();
    }
  }

  @Test
  void recognisesAFoldedLineWhereverItIsSplit() throws IOException {
    String request = "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n";
    for (int split = 1; split < request.length(); split++) {
      try (Backend backend = Backend.echoingHeads();
          Client client = new Client(proxyTo(backend.address()))) {
        client.send(request.substring(0, split));
        client.send(request.substring(split));
        assertThat(client.response().status()).as("split at %d", split).isEqualTo(400);
        assertThat(backend.heads).isEmpty();
      }
    }
  }

  @Test
  void forwardsAnAbsoluteTargetAsItsPath() throws IOException {
    try (Backend backend = Backend.echoingHeads();
        Client client = new Client(proxyTo(backend.address()))) {
      client.send("GET http://h/a?b HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.response().body()).startsWith("GET /a?b HTTP/1.1\r\nHost: h\r\n");
      client.send("GET HTTP://h HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.response().body()).startsWith("GET / HTTP/1.1\r\nHost: h\r\n");
    }
  }
}
