package dev.bellows.dataplane.queueproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.stat.StatWire;
import dev.bellows.dataplane.raw.Backend;
import dev.bellows.dataplane.raw.Client;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the user container sees of a request, header by header (data-plane spec §2, §8.1). */
class HeadersTest {
  private static ConditionFactory await() {
    return Awaitility.await().pollInterval(Duration.ofMillis(2));
  }

  /** What the user container gets when a client sends these lines after its Host. */
  private static List<String> seen(String lines) throws IOException {
    try (Backend user = Backend.echoingHeads();
        Pod pod = new Pod(user.address());
        QueueProxyHandle queueProxy = pod.attach();
        Client client = new Client(queueProxy.serving())) {
      client.send("GET /path?q=1 HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n");
      Client.Response response = client.response();
      assertThat(response.status()).isEqualTo(200);
      List<String> seen = new ArrayList<>(response.body().lines().toList());
      assertThat(seen.removeFirst()).isEqualTo("GET /path?q=1 HTTP/1.1");
      return seen;
    }
  }

  @Test
  void nothingIsAddedButWhereTheRequestCameFrom() throws IOException {
    assertThat(seen("")).containsExactlyInAnyOrder("Host: h", "X-Forwarded-For: 127.0.0.1");
  }

  /** Each line as the client sends it, and as it arrives; nothing = it does not. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Knative-Serving-Revision: r        | ''",
        "Knative-Serving-Namespace: n       | ''",
        "K-Proxy-Request: activator         | K-Proxy-Request: activator",
        "K-Network-Hash: h                  | K-Network-Hash: h",
        "K-Network-Probe: queue             | K-Network-Probe: queue",
        "K-Network-Probe: other             | K-Network-Probe: other",
        "K-Kubelet-Probe: any               | K-Kubelet-Probe: any",
        "K-Passthrough-Lb: true             | K-Passthrough-Lb: true",
        "K-Original-Host:                   | K-Original-Host:",
        "Knative-Serving-Tag: t             | Knative-Serving-Tag: t",
        "Knative-Serving-Default-Route: true| Knative-Serving-Default-Route: true",
        "X-B3-TraceId: 1                    | X-B3-TraceId: 1",
        "X-B3-Sampled: 0                    | X-B3-Sampled: 0",
        "Baggage: a=b                       | Baggage: a=b",
        "User-Agent: curl/8                 | User-Agent: curl/8",
        "User-Agent: not-kube-probe/1       | User-Agent: not-kube-probe/1",
        "Accept-Encoding: br                | Accept-Encoding: br",
        "Proxy-Connection: keep-alive       | ''",
        "Keep-Alive: timeout=5              | ''",
        "Proxy-Authenticate: Basic          | ''",
        "Proxy-Authorization: Basic x       | ''",
        "TE: trailers                       | TE: trailers",
        "TE: gzip                           | ''",
        "Upgrade: websocket                 | ''",
        "Authorization: Basic x             | Authorization: Basic x",
      })
  void aHeaderPassesOrDoesNot(String sent, String arrives) throws IOException {
    List<String> expected = new ArrayList<>(List.of("Host: h", "X-Forwarded-For: 127.0.0.1"));
    if (!arrives.isEmpty()) {
      expected.add(arrives);
    }
    assertThat(seen(sent + "\r\n").stream().map(String::strip))
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void whatConnectionNamesGoesNoFurtherInEitherDirection() throws IOException {
    assertThat(seen("Connection: X-Mine, close\r\nX-Mine: 1\r\nX-Other: 2\r\n"))
        .containsExactlyInAnyOrder("Host: h", "X-Other: 2", "X-Forwarded-For: 127.0.0.1");
    try (Backend user =
            new Backend(connection -> {
              connection.head();
              connection.send(
                  "HTTP/1.1 200 OK\r\nConnection: X-Mine\r\nX-Mine: 1\r\nKeep-Alive: 1"
                      + "\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\nX-Other: 2"
                      + "\r\nContent-Length: 0\r\n\r\n");
            });
        Pod pod = new Pod(user.address());
        QueueProxyHandle queueProxy = pod.attach();
        Client client = new Client(queueProxy.serving())) {
      assertThat(client.get("/").response().head())
          .isEqualTo("HTTP/1.1 200 OK\r\nX-Other: 2\r\nContent-Length: 0");
    }
  }

  @Test
  void theOriginalHostIsTrustedFromAnyone() throws IOException {
    assertThat(seen("K-Original-Host: hello.example.com\r\n"))
        .containsExactlyInAnyOrder("Host: hello.example.com", "X-Forwarded-For: 127.0.0.1");
  }

  /** X-Forwarded-For, -Host, -Proto, Forwarded as they come; Forwarded as it arrives. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "127.0.0.1, ::1 | h | p | - | for=127.0.0.1;host=h;proto=p, for=\"[::1]\"",
        "127.0.0.1, ::1 | - | - | - | for=127.0.0.1, for=\"[::1]\"",
        "-              | h | p | - | host=h;proto=p",
        ",,,            | - | - | - | for=, for=, for=",
        "127.0.0.1, ::1 | h | p | for=a, for=b | for=a, for=b",
        "1.1.1.1        | - | - | '' | for=1.1.1.1",
        "-              | - | - | - | -"
      })
  void forwardedSaysWhatTheOlderHeadersSaid(
      String hops, String host, String proto, String existing, String arrives) throws IOException {
    StringBuilder sent = new StringBuilder();
    String[] names = {"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded"};
    String[] values = {hops, host, proto, existing};
    List<String> expected = new ArrayList<>(List.of("Host: h"));
    for (int i = 0; i < names.length; i++) {
      if (values[i] != null) {
        sent.append(names[i]).append(": ").append(values[i]).append("\r\n");
      }
    }
    expected.add("X-Forwarded-For: " + (hops == null ? "" : hops + ", ") + "127.0.0.1");
    if (host != null) {
      expected.add("X-Forwarded-Host: " + host);
    }
    if (proto != null) {
      expected.add("X-Forwarded-Proto: " + proto);
    }
    if (arrives != null) {
      expected.add("Forwarded: " + arrives);
    }
    assertThat(seen(sent.toString())).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void kubeletsQuestionsToTheUserNeitherWaitNorCount() throws Exception {
    CountDownLatch open = new CountDownLatch(1);
    try (Backend user =
            new Backend(connection -> {
              while (true) {
                if (!connection.head().contains("K-Kubelet-Probe")) {
                  open.await();
                }
                connection.ok("done");
              }
            });
        Pod pod = new Pod(user.address()).with("CONTAINER_CONCURRENCY", "1");
        QueueProxyHandle queueProxy = pod.attach();
        Client running = new Client(queueProxy.serving()).get("/");
        Client kubelet = new Client(queueProxy.serving())) {
      await().until(() -> queueProxy.queueDepth() == 1);
      for (int i = 0; i < 3; i++) {
        kubelet.send("GET / HTTP/1.1\r\nHost: h\r\nK-Kubelet-Probe: 1\r\n\r\n");
        assertThat(kubelet.response().body()).isEqualTo("done");
        assertThat(queueProxy.queueDepth()).isEqualTo(1);
        assertThat(queueProxy.inFlight()).isEqualTo(1);
      }
      open.countDown();
      assertThat(running.response().body()).isEqualTo("done");
      await().until(() -> queueProxy.invocationDurations().get(200) != null);
      assertThat(queueProxy.invocationDurations().get(200).count()).isEqualTo(1);
    }
  }

  /** As a scraper finds them: whatever it asks with, and wherever it says it wants protobuf. */
  @ParameterizedTest
  @CsvSource({"GET, */*", "POST, application/protobuf", "HEAD, text/plain"})
  void statsAreThereForAnyMethodInTheOneForm(String method, String accept) throws Exception {
    try (Backend user = Backend.echoingHeads();
        Pod pod = new Pod(user.address());
        QueueProxyHandle queueProxy = pod.attach();
        HttpClient scraper = HttpClient.newHttpClient()) {
      HttpResponse<byte[]> page =
          scraper.send(
              HttpRequest.newBuilder(URI.create("http://" + queueProxy.metrics() + "/metrics"))
                  .method(method, HttpRequest.BodyPublishers.noBody())
                  .header("Accept", accept)
                  .build(),
              HttpResponse.BodyHandlers.ofByteArray());
      assertThat(page.statusCode()).isEqualTo(200);
      assertThat(page.headers().firstValue("content-type")).hasValue("application/protobuf");
      if (!method.equals("HEAD")) {
        assertThat(page.body()).hasSizeLessThanOrEqualTo(336);
        assertThat(StatWire.decodeStat(page.body()).podName())
            .isEqualTo("hello-00001-deployment-abc");
      }
    }
  }
}
