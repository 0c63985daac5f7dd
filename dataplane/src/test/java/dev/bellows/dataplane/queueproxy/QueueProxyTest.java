package dev.bellows.dataplane.queueproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.route.Address;
import dev.bellows.core.stat.Stat;
import dev.bellows.core.stat.StatWire;
import dev.bellows.dataplane.raw.Backend;
import dev.bellows.dataplane.raw.Client;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
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

class QueueProxyTest {
  private static ConditionFactory await() {
    return Awaitility.await().pollInterval(Duration.ofMillis(2));
  }

  @Test
  void givesTheUserTheHostTheClientAskedForAndTellsWhereItCameFrom() throws IOException {
    try (Backend user = Backend.echoingHeads();
        Pod pod = new Pod(user.address());
        QueueProxyHandle queueProxy = pod.attach();
        Client client = new Client(queueProxy.serving())) {
      client.send(
          "GET / HTTP/1.1\r\nHost: 10.0.0.1:8012\r\nK-Original-Host: hello.example.com"
              + "\r\nKnative-Serving-Revision: r\r\nKnative-Serving-Namespace: n"
              + "\r\nK-Proxy-Request: activator\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n");
      assertThat(client.response().body())
          .isEqualTo(
              "GET / HTTP/1.1\r\nK-Proxy-Request: activator\r\nForwarded: for=9.9.9.9"
                  + "\r\nHost: hello.example.com\r\nX-Forwarded-For: 9.9.9.9, 127.0.0.1");
    }
  }

  @Test
  void runsAsManyAsTheConcurrencyQueuesTenTimesThatAndRefusesTheNext() throws IOException {
    CountDownLatch open = new CountDownLatch(1);
    try (Backend user =
            new Backend(connection -> {
              while (true) {
                connection.head();
                open.await();
                connection.ok("done");
              }
            });
        Pod pod = new Pod(user.address()).with("CONTAINER_CONCURRENCY", "2");
        QueueProxyHandle queueProxy = pod.attach()) {
      List<Client> clients = new ArrayList<>();
      for (int i = 0; i < 22; i++) {
        clients.add(new Client(queueProxy.serving()).get("/" + i));
        int inPod = i + 1;
        await().until(() -> queueProxy.inFlight() == inPod);
      }
      assertThat(queueProxy.queueDepth()).isEqualTo(22);
      try (Client refused = new Client(queueProxy.serving()).get("/refused")) {
        Client.Response response = refused.response();
        assertThat(response.status()).isEqualTo(503);
        assertThat(response.body()).isEqualTo("pending request queue full\n");
        assertThat(response.header("x-content-type-options")).isEqualTo("nosniff");
      }
      assertThat(user.accepted).hasValue(2);
      open.countDown();
      for (Client client : clients) {
        assertThat(client.response().body()).isEqualTo("done");
        client.close();
      }
      await().until(() -> queueProxy.inFlight() == 0 && queueProxy.queueDepth() == 0);
    }
  }

  @Test
  void tellsOnceWhereItServesWhenTheUserContainerListens() throws IOException {
    Address later;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      later = new Address("127.0.0.1", free.getLocalPort());
    }
    try (Pod pod =
            new Pod(later)
                .with(
                    "SERVING_READINESS_PROBE",
                    "{\"tcpSocket\":{\"port\":8080},\"successThreshold\":1}");
        QueueProxyHandle queueProxy = pod.attach()) {
      assertThat(pod.toldReady).isEmpty();
      try (ServerSocket user =
          new ServerSocket(later.port(), 1, InetAddress.ofLiteral(later.ip()))) {
        await().until(() -> !pod.toldReady.isEmpty());
        assertThat(user.isBound()).isTrue();
        assertThat(queueProxy.ready().toCompletableFuture().join()).isTrue();
      }
      assertThat(pod.toldReady).containsExactly(queueProxy.serving());
    }
  }

  @Test
  void freesThePlaceOfAClientThatLeavesWhileItWaits() throws IOException {
    CountDownLatch open = new CountDownLatch(1);
    try (Backend user =
            new Backend(connection -> {
              while (true) {
                connection.head();
                open.await();
                connection.ok("done");
              }
            });
        Pod pod = new Pod(user.address()).with("CONTAINER_CONCURRENCY", "1");
        QueueProxyHandle queueProxy = pod.attach();
        Client running = new Client(queueProxy.serving()).get("/running")) {
      await().until(() -> queueProxy.queueDepth() == 1);
      for (int round = 0; round < 30; round++) {
        Client leaving = new Client(queueProxy.serving()).get("/leaving");
        await().until(() -> queueProxy.queueDepth() == 2);
        leaving.close();
        await().until(() -> queueProxy.queueDepth() == 1);
      }
      try (Client staying = new Client(queueProxy.serving()).get("/staying")) {
        await().until(() -> queueProxy.queueDepth() == 2);
        open.countDown();
        assertThat(running.response().body()).isEqualTo("done");
        assertThat(staying.response().body()).isEqualTo("done");
      }
      await().until(() -> queueProxy.queueDepth() == 0);
    }
  }

  @Test
  void reportsWhatItMeasuredAsABareStat() throws Exception {
    try (Backend user = Backend.echoingHeads();
        Pod pod = new Pod(user.address());
        QueueProxyHandle queueProxy = pod.attach();
        Client client = new Client(queueProxy.serving());
        HttpClient scraper = HttpClient.newHttpClient()) {
      client.get("/").response();
      client.send("GET / HTTP/1.1\r\nHost: h\r\nK-Proxy-Request: activator\r\n\r\n").response();
      await().until(() -> scrape(scraper, queueProxy), stat -> stat.requestCount() > 0);
      Stat stat = scrape(scraper, queueProxy);
      assertThat(stat.podName()).isEqualTo("hello-00001-deployment-abc");
      assertThat(stat.timestamp()).isZero();
      assertThat(queueProxy.invocationDurations())
          .hasEntrySatisfying(200, counted -> assertThat(counted.count()).isEqualTo(2));
    }
  }

  private static Stat scrape(HttpClient scraper, QueueProxyHandle queueProxy) throws Exception {
    HttpResponse<byte[]> response =
        scraper.send(
            HttpRequest.newBuilder(
                    java.net.URI.create("http://" + queueProxy.metrics() + "/metrics"))
                .build(),
            HttpResponse.BodyHandlers.ofByteArray());
    assertThat(response.headers().firstValue("content-type")).hasValue("application/protobuf");
    return StatWire.decodeStat(response.body());
  }

  @Test
  void answersProbesAndLetsOthersPass() throws IOException {
    try (Backend user = Backend.echoingHeads();
        Pod pod = new Pod(user.address());
        QueueProxyHandle queueProxy = pod.attach();
        Client client = new Client(queueProxy.serving())) {
      Client.Response ready =
          probe(client, "User-Agent: kube-probe/1.30\r\nK-Network-Probe: queue");
      assertThat(ready.status()).isEqualTo(200);
      assertThat(ready.body()).isEqualTo("queue");

      Client.Response unexpected = probe(client, "User-Agent: kube-probe/1.30");
      assertThat(unexpected.status()).isEqualTo(400);
      assertThat(unexpected.body()).isEqualTo("unexpected probe header value: \n");

      Client.Response echoed = probe(client, "K-Network-Probe: probe\r\nK-Network-Hash: abc");
      assertThat(echoed.status()).isEqualTo(200);
      assertThat(echoed.header("k-network-hash")).isEqualTo("abc");

      Client.Response hashless = probe(client, "K-Network-Probe: probe");
      assertThat(hashless.status()).isEqualTo(400);
      assertThat(hashless.body())
          .isEqualTo("a probe request must contain a non-empty \"K-Network-Hash\" header\n");

      assertThat(probe(client, "K-Network-Probe: queue").body()).startsWith("GET /probe HTTP/1.1");
      assertThat(probe(client, "K-Kubelet-Probe: 1").body()).startsWith("GET /probe HTTP/1.1");
      assertThat(queueProxy.invocationDurations()).isEmpty();
    }
  }

  private static Client.Response probe(Client client, String headers) throws IOException {
    return client.send("GET /probe HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n\r\n").response();
  }

  @Test
  void failsProbesButServesWhileItDrainsAndThenStops() throws IOException {
    try (Backend user = Backend.echoingHeads();
        Pod pod = new Pod(user.address()).drainingAfter(Duration.ofSeconds(1));
        QueueProxyHandle queueProxy = pod.attach();
        Client client = new Client(queueProxy.serving());
        Client preStop = new Client(queueProxy.admin()).get("/wait-for-drain")) {
      var drained = queueProxy.drain().toCompletableFuture();
      Client.Response probe =
          await()
              .until(
                  () -> probe(client, "User-Agent: kube-probe/1\r\nK-Network-Probe: queue"),
                  response -> response.status() == 503);
      assertThat(probe.body()).isEqualTo("shutting down\n");
      assertThat(probe(client, "K-Network-Probe: probe\r\nK-Network-Hash: x").status())
          .isEqualTo(503);
      assertThat(client.get("/still-served").response().status()).isEqualTo(200);
      assertThat(preStop.response().status()).isEqualTo(200);
      await().until(drained::isDone);
      assertThat(client.closed()).isTrue();
    }
  }

  @Test
  void finishesTheRequestInFlightBeforeItStops() throws IOException {
    CountDownLatch open = new CountDownLatch(1);
    try (Backend user =
            new Backend(connection -> {
              connection.head();
              open.await();
              connection.ok("done");
            });
        Pod pod = new Pod(user.address()).drainingAfter(Duration.ofMillis(1));
        QueueProxyHandle queueProxy = pod.attach();
        Client client = new Client(queueProxy.serving());
        Client preStop = new Client(queueProxy.admin()).get("/wait-for-drain")) {
      client.get("/long");
      await().until(() -> queueProxy.inFlight() == 1);
      var drained = queueProxy.drain().toCompletableFuture();
      // Many silences long: what keeps the pod is the request alone.
      await().during(Duration.ofMillis(300)).until(() -> !drained.isDone());
      assertThat(preStop.in.available()).isZero();
      open.countDown();
      assertThat(client.response().body()).isEqualTo("done");
      assertThat(preStop.response().status()).isEqualTo(200);
      await().until(drained::isDone);
    }
  }

  @Test
  void goesOnServingWhenNoTerminationFollowsTheRequestToDrain() throws IOException {
    try (Backend user = Backend.echoingHeads();
        Pod pod = new Pod(user.address());
        QueueProxyHandle queueProxy = pod.attach();
        Client client = new Client(queueProxy.serving());
        Client preStop = new Client(queueProxy.admin())) {
      assertThat(preStop.get("/other").response().status()).isEqualTo(404);
      assertThat(preStop.get("/wait-for-drain").response().status()).isEqualTo(200);
      assertThat(probe(client, "User-Agent: kube-probe/1\r\nK-Network-Probe: queue").body())
          .isEqualTo("queue");
    }
  }

  @Test
  void answers504WhenNothingComesInTime() throws IOException {
    try (Backend user =
            new Backend(connection -> connection.socket.getInputStream().readAllBytes());
        Pod pod =
            new Pod(user.address())
                .with("REVISION_TIMEOUT_SECONDS", "60")
                .with("REVISION_RESPONSE_START_TIMEOUT_SECONDS", "1");
        QueueProxyHandle queueProxy = pod.attach();
        Client client = new Client(queueProxy.serving())) {
      Client.Response response = client.get("/").response();
      assertThat(response.status()).isEqualTo(504);
      assertThat(response.body()).isEqualTo("request timeout");
      assertThat(response.header("x-content-type-options")).isEmpty();
      await().until(() -> queueProxy.inFlight() == 0);
    }
  }

  @Test
  void cutsAResponseThatFallsSilentInsteadOfLyingAboutItsEnd() throws IOException {
    try (Backend user =
            new Backend(connection -> {
              connection.head();
              connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nfoo\r\n");
              connection.socket.getInputStream().readAllBytes();
            });
        Pod pod = new Pod(user.address()).with("REVISION_IDLE_TIMEOUT_SECONDS", "1");
        QueueProxyHandle queueProxy = pod.attach();
        Client client = new Client(queueProxy.serving())) {
      assertThat(client.get("/").head().status()).isEqualTo(200);
      assertThat(client.line()).isEqualTo("3");
      assertThat(client.line()).isEqualTo("foo");
      assertThat(client.closed()).isTrue();
    }
  }

  @Test
  void fallsBackToAFreePortWhereTheStandardOneIsTaken() throws IOException {
    try (Backend user = Backend.echoingHeads();
        Pod pod = new Pod(user.address()).with("QUEUE_SERVING_PORT", portOf(user));
        QueueProxyHandle queueProxy = pod.attach();
        Client client = new Client(queueProxy.serving())) {
      assertThat(queueProxy.serving()).isNotEqualTo(user.address());
      assertThat(client.get("/").response().status()).isEqualTo(200);
    }
  }

  private static String portOf(Backend backend) {
    return Integer.toString(backend.address().port());
  }
}
