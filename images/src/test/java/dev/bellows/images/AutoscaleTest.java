package dev.bellows.images;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AutoscaleTest {
  private HttpListener listener;

  @BeforeEach
  void serve() throws IOException {
    listener = new HttpListener(0, request -> Autoscale.answer(request, "pod-1"));
    Thread.ofVirtual()
        .start(() -> {
          try {
            listener.serve();
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @AfterEach
  void close() throws IOException {
    listener.close();
  }

  private HttpRequest get(String query) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + listener.port() + "/?" + query))
        .build();
  }

  private HttpResponse<String> send(HttpRequest request) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request, BodyHandlers.ofString());
    }
  }

  private String raw(String text) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), listener.port())) {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  @Test
  void doesWhatTheParametersSayAndNamesItsPod() throws Exception {
    assertThat(send(get("sleep=1&prime=100&bloat=2")).body())
        .isEqualTo(
            """
            The largest prime up to 100 is 97.
            Slept for 1 milliseconds.
            Held 2 megabytes.
            Answered by pod-1.
            """);
  }

  @Test
  void findsPrimesFromTheFirstOn() {
    assertThat(IntStream.of(0, 1, 2, 3, 4, 10, 1000).map(Autoscale::largestPrime))
        .containsExactly(0, 0, 2, 3, 3, 7, 997);
  }

  @Test
  void saysWhichParameterIsWrong() throws Exception {
    HttpResponse<String> response = send(get("sleep=long"));
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).isEqualTo("sleep must be a whole number, got 'long'\n");
    assertThat(send(get("bloat=1001")).statusCode()).isEqualTo(400);
  }

  @Test
  void servesMoreSleepersThanThereAreCores() throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      List<CompletableFuture<Integer>> answers =
          IntStream.range(0, 200)
              .mapToObj(i ->
                  client
                      .sendAsync(get("sleep=200"), BodyHandlers.discarding())
                      .thenApply(HttpResponse::statusCode))
              .toList();
      assertThat(answers).allSatisfy(answer -> assertThat(answer.get()).isEqualTo(200));
    }
  }

  @Test
  void keepsAConnectionForTheNextRequestWhateverTheBody() throws Exception {
    String answers =
        raw(
            "POST /?prime=3 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
                + "POST /?prime=5 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\n0\r\n\r\n"
                + "HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n");
    assertThat(answers.split("HTTP/1.1 200 OK", -1)).hasSize(4);
    assertThat(answers).contains("up to 3 is 3", "up to 5 is 5").endsWith("\r\n\r\n");
  }
}
