package dev.bellows.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.raw.Backend;
import dev.bellows.dataplane.raw.Client;
import dev.bellows.dataplane.raw.Http2Peer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;

/** A client of HTTP/1.1 may ask to go on in HTTP/2 (RFC 7540 §3.2). */
class Http2UpgradeTest extends ProxyFixture {
  private static final String ASKING =
      String.join(
          "\r\n",
          "Host: h",
          "Connection: Upgrade, HTTP2-Settings",
          "Upgrade: h2c",
          "HTTP2-Settings: AAMAAABkAAQAAP__",
          "");

  private Address telling() throws IOException {
    return listen(exchange ->
        exchange.answer(
            Answer.text(
                200, exchange.version() + " " + exchange.request().uri() + exchange.headers())));
  }

  @Test
  void answersTheRequestThatAskedOnTheFirstStream() throws Exception {
    try (Client client = new Client(telling())) {
      client.send("GET /first HTTP/1.1\r\n" + ASKING + "\r\n");
      Client.Response agreed = client.head();
      assertThat(agreed.status()).isEqualTo(101);
      assertThat(agreed.header("upgrade")).isEqualTo("h2c");
      Http2Peer http2 = Http2Peer.upgraded(client);
      assertThat(http2.response(1).body())
          .startsWith("HTTP/1.1 /first")
          .doesNotContainIgnoringCase("upgrade")
          .doesNotContainIgnoringCase("http2-settings");
      http2.get(3, "/second");
      assertThat(http2.response(3).body()).startsWith("HTTP/2.0 /second");
    }
  }

  @Test
  void takesWhatAClientSendsBeforeItHasRead() throws Exception {
    try (Client client = new Client(twoHopsTo(telling()))) {
      client.send(
          "GET /first HTTP/1.1\r\n"
              + ASKING
              + "\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0");
      assertThat(client.head().status()).isEqualTo(101);
      assertThat(Http2Peer.from(client).response(1).status()).isEqualTo(200);
    }
  }

  @Test
  void servesARequestWithABodyInHttp11() throws Exception {
    try (Client client = new Client(telling())) {
      client.send("POST /p HTTP/1.1\r\n" + ASKING + "Content-Length: 4\r\n\r\nbody");
      Client.Response response = client.response();
      assertThat(response.status()).isEqualTo(200);
      assertThat(response.body()).startsWith("HTTP/1.1 /p");
    }
  }

  @Test
  void servesARequestInHttp11WhereOthersWereSentAfterIt() throws Exception {
    try (Backend backend = Backend.echoingHeads();
        Client client = new Client(proxyTo(backend.address()))) {
      client.send(
          "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
              + "GET /2 HTTP/1.1\r\n"
              + ASKING
              + "\r\nPOST /3 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
      assertThat(client.response().body()).startsWith("GET /1 ");
      assertThat(client.response().body()).startsWith("GET /2 ");
      assertThat(client.response().body()).startsWith("POST /3 ");
    }
  }

  @Test
  void servesNothingAfterALastRequestThatAskedForHttp2() throws Exception {
    try (Backend backend = Backend.echoingHeads();
        Client client = new Client(proxyTo(backend.address()))) {
      client.send(
          "POST /1 HTTP/1.1\r\n"
              + ASKING
              + "Connection: close\r\nContent-Length: 4\r\n\r\nbody"
              + "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.response().body()).startsWith("POST /1 ");
      assertThat(client.closed()).isTrue();
      assertThat(backend.heads).hasSize(1);
    }
  }

  @Test
  void passesNoWishForHttp2On() throws Exception {
    try (Client client = new Client(twoHopsTo(telling()))) {
      client.send("POST /p HTTP/1.1\r\n" + ASKING + "Content-Length: 4\r\n\r\nbody");
      assertThat(client.response().body())
          .doesNotContainIgnoringCase("upgrade")
          .doesNotContainIgnoringCase("http2-settings");
    }
  }

  @Test
  void servesARequestWithUnreadableSettingsInHttp11() throws Exception {
    try (Client client = new Client(telling())) {
      client.send("GET /p HTTP/1.1\r\n" + ASKING.replace("AAMAAABkAAQAAP__", "AAM") + "\r\n");
      Client.Response response = client.response();
      assertThat(response.status()).isEqualTo(200);
      assertThat(response.body()).startsWith("HTTP/1.1 /p");
      client.get("/again");
      assertThat(client.response().status()).isEqualTo(200);
    }
  }

  @Test
  void speaksHttp2WithTheJdksClient() throws Exception {
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
      URI uri = URI.create("http://" + twoHopsTo(telling()) + "/jdk");
      HttpResponse<String> first =
          client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
      assertThat(first.version()).isEqualTo(HttpClient.Version.HTTP_2);
      HttpResponse<String> second =
          client.send(
              HttpRequest.newBuilder(uri).POST(BodyPublishers.ofString("body")).build(),
              BodyHandlers.ofString());
      assertThat(second.version()).isEqualTo(HttpClient.Version.HTTP_2);
      assertThat(second.body()).startsWith("HTTP/2.0 /jdk");
    }
  }
}
