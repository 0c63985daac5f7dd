package dev.bellows.dataplane.queueproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.raw.Backend;
import dev.bellows.dataplane.raw.Client;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReadinessTest {
  private static final String AS_OFTEN_AS_IT_CAN = "\"periodSeconds\":0,\"successThreshold\":";

  @Test
  void findsAProgramThatStartsToListenLater() throws IOException {
    Address user;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      user = new Address("127.0.0.1", free.getLocalPort());
    }
    try (Pod pod =
            new Pod(user)
                .with(
                    "SERVING_READINESS_PROBE",
                    "{\"tcpSocket\":{\"port\":8080,\"host\":\"127.0.0.1\"},"
                        + AS_OFTEN_AS_IT_CAN
                        + "1}");
        QueueProxyHandle queueProxy = pod.attach()) {
      var ready = queueProxy.ready().toCompletableFuture();
      assertThat(ready).isNotDone();
      try (ServerSocket program =
          new ServerSocket(user.port(), 16, InetAddress.getByName(user.ip()))) {
        assertThat(program.isBound()).isTrue();
        assertThat(ready.join()).isTrue();
      }
    }
  }

  @Test
  void asksOnceForAllWhoAskMeanwhileAndAgainAfterwards() throws IOException {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    AtomicInteger questions = new AtomicInteger();
    try (Backend user =
            new Backend(connection -> {
              connection.head();
              questions.incrementAndGet();
              asked.countDown();
              answer.await();
              connection.ok("fine");
            });
        Pod pod = httpPod(user, "\"periodSeconds\":1,\"timeoutSeconds\":30");
        QueueProxyHandle queueProxy = pod.attach()) {
      var first = queueProxy.ready().toCompletableFuture();
      var second = queueProxy.ready().toCompletableFuture();
      await(asked);
      var third = queueProxy.ready().toCompletableFuture();
      answer.countDown();
      assertThat(first.join() && second.join() && third.join()).isTrue();
      assertThat(queueProxy.ready().toCompletableFuture().join()).isTrue();
      assertThat(questions).hasValue(2);
    }
  }

  @Test
  void needsSoManyPassesInARow() throws IOException {
    AtomicInteger questions = new AtomicInteger();
    try (Backend user =
            new Backend(connection -> {
              connection.head();
              boolean second = questions.incrementAndGet() == 2;
              connection.send(
                  "HTTP/1.1 " + (second ? "500 No" : "200 OK") + "\r\nContent-Length: 0\r\n\r\n");
            });
        Pod pod = httpPod(user, AS_OFTEN_AS_IT_CAN + "3");
        QueueProxyHandle queueProxy = pod.attach()) {
      assertThat(queueProxy.ready().toCompletableFuture().join()).isTrue();
      // Five, and more only where a machine under load lets a try of 100 ms pass.
      assertThat(questions).hasValueGreaterThanOrEqualTo(5);
    }
  }

  @ParameterizedTest
  @CsvSource({"200, 200, true", "200, 503, false", "503, 200, false"})
  void allOfSeveralContainersMustBeReady(int first, int second, boolean ready) throws IOException {
    try (Backend one = answering(first);
        Backend two = answering(second);
        Pod pod =
            new Pod(one.address())
                .with("ENABLE_MULTI_CONTAINER_PROBES", "true")
                .with(
                    "SERVING_READINESS_PROBE",
                    """
                    [{"httpGet":{"port":8080},"periodSeconds":1,"timeoutSeconds":5},
                     {"httpGet":{"port":%d},"periodSeconds":1,"timeoutSeconds":5}]\
                    """
                        .formatted(two.address().port()));
        QueueProxyHandle queueProxy = pod.attach()) {
      assertThat(queueProxy.ready().toCompletableFuture().join()).isEqualTo(ready);
      assertThat(one.heads).isNotEmpty();
      assertThat(two.heads).isNotEmpty();
    }
  }

  private static Backend answering(int status) throws IOException {
    return new Backend(connection -> {
      connection.head();
      connection.send("HTTP/1.1 " + status + " Told\r\nContent-Length: 0\r\n\r\n");
    });
  }

  @Test
  void asksAsTheManifestSays() throws IOException {
    try (Backend user = Backend.echoingHeads();
        Pod pod =
            new Pod(user.address())
                .with(
                    "SERVING_READINESS_PROBE",
                    """
                    {"httpGet":{"path":"healthz?full=1","port":8080,"host":"127.0.0.1",
                     "scheme":"HTTP","httpHeaders":[{"name":"X-Probe","value":"yes"}]},
                     "periodSeconds":1,"timeoutSeconds":5}\
                    """);
        QueueProxyHandle queueProxy = pod.attach()) {
      assertThat(queueProxy.ready().toCompletableFuture().join()).isTrue();
      assertThat(user.heads)
          .containsOnly(
              "GET /healthz?full=1 HTTP/1.1\r\nHost: %s\r\nUser-Agent: kube-probe//\r\nConnection: close\r\nX-Probe: yes"
                  .formatted(user.address()));
    }
  }

  @Test
  void answers503WithoutABodyWhileItIsNotReady() throws IOException {
    try (Backend user =
            new Backend(connection -> {
              connection.head();
              connection.send("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
            });
        Pod pod = httpPod(user, "\"periodSeconds\":1,\"timeoutSeconds\":5");
        QueueProxyHandle queueProxy = pod.attach();
        Client kubelet = new Client(queueProxy.serving())) {
      Client.Response response =
          kubelet
              .send(
                  "GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: kube-probe/1.30"
                      + "\r\nK-Network-Probe: queue\r\n\r\n")
              .response();
      assertThat(response.status()).isEqualTo(503);
      assertThat(response.body()).isEmpty();
    }
  }

  private static Pod httpPod(Backend user, String rest) {
    return new Pod(user.address())
        .with(
            "SERVING_READINESS_PROBE",
            "{\"httpGet\":{\"path\":\"/\",\"port\":8080,\"host\":\"127.0.0.1\"}," + rest + "}");
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
