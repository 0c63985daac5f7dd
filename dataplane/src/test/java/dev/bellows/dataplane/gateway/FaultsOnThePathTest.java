package dev.bellows.dataplane.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bellows.dataplane.queueproxy.QueueProxyHandle;
import dev.bellows.dataplane.raw.Backend;
import dev.bellows.dataplane.raw.Client;
import dev.bellows.dataplane.raw.Leaks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What goes wrong between gateway and program, all roles over real sockets: the client gets the
 * answer of data-plane spec §3.3 and §8 or sees that its response was cut, no request is sent twice
 * that may not be, and afterwards every place is free and every buffer given back.
 */
class FaultsOnThePathTest {
  private static final int CONCURRENCY = 4;

  private WholePath path;
  private Backend program;

  /** What a program does with a request, named in the request's path. */
  enum Fault {
    STALL(504, "request timeout"),
    RESET(502, ""),
    CLOSE(502, ""),
    HALF_A_HEAD(502, ""),
    GARBAGE(502, ""),
    BAD_LENGTH(502, ""),
    SHORT_BODY(0, ""),
    CUT_CHUNKS(0, "");

    /** The status that the client gets, or 0 for a response that is seen to be cut. */
    final int status;

    final String body;

    Fault(int status, String body) {
      this.status = status;
      this.body = body;
    }

    void happen(Backend.Connection connection) throws Exception {
      switch (this) {
        case STALL -> connection.socket.getInputStream().readAllBytes();
        case RESET -> connection.socket.setSoLinger(true, 0);
        case CLOSE -> {}
        case HALF_A_HEAD -> connection.send("HTTP/1.1 200 OK\r\nContent-Ty");
        case GARBAGE -> connection.send("\0\1\2\3 this is no HTTP\r\n\r\n");
        case BAD_LENGTH ->
            connection.send(
                "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde");
        case SHORT_BODY -> connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
        case CUT_CHUNKS ->
            connection.send(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nff\r\nmore");
      }
    }
  }

  @BeforeEach
  void start() throws IOException {
    path = new WholePath(CONCURRENCY);
    program =
        new Backend(connection -> {
          while (true) {
            String head = connection.head();
            String asked = head.split(" ", 3)[1].substring(1);
            int length = contentLength(head);
            connection.in.readNBytes(length);
            if (asked.startsWith("ok")) {
              connection.ok(asked);
            } else {
              Fault.valueOf(asked.split("\\?", 2)[0]).happen(connection);
              return;
            }
          }
        });
  }

  @AfterEach
  void stop() throws IOException {
    path.close();
    program.close();
  }

  @AfterAll
  static void nothingLeaked() {
    Leaks.assertNone();
  }

  @ParameterizedTest
  @EnumSource
  void aFaultIsAnsweredInTheOriginalsWordsAndSentOnce(Fault fault) throws IOException {
    path.ready(path.pod(program.address()));
    try (Client client = path.client()) {
      client.send(WholePath.post("/" + fault, "once"));
      assertAnswer(client, fault);
      assertThat(requests("/" + fault)).isEqualTo(1);
    }
    path.awaitRest();
    assertServes();
  }

  @Test
  void afterAStormOfFaultsEveryPlaceIsFree() throws Exception {
    long seed = new Random().nextLong();
    path.ready(path.pod(program.address()), path.pod(program.address()));
    List<String> asked = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      Fault fault = Fault.values()[i % Fault.values().length];
      // A stall takes its second each time: a few are enough.
      asked.add(fault == Fault.STALL && i > 40 ? "ok" : fault.name());
    }
    Collections.shuffle(asked, new Random(seed));
    Semaphore connections = new Semaphore(40);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<CompletableFuture<Void>> clients = new ArrayList<>();
      for (int i = 0; i < asked.size(); i++) {
        String what = asked.get(i) + "?" + i;
        boolean leaves = i % 10 == 0;
        connections.acquire();
        clients.add(
            CompletableFuture.runAsync(
                () -> {
                  try (Client client = path.client()) {
                    client.send(
                        what.hashCode() % 2 == 0
                            ? WholePath.get("/" + what)
                            : WholePath.post("/" + what, "x"));
                    if (!leaves) {
                      assertAnswer(client, what);
                    }
                  } catch (IOException e) {
                    throw new AssertionError(what + " of seed " + seed, e);
                  } finally {
                    connections.release();
                  }
                },
                threads));
      }
      for (CompletableFuture<Void> client : clients) {
        client.get(30, TimeUnit.SECONDS);
      }
    }
    path.awaitRest();
    for (int i = 0; i < asked.size(); i++) {
      assertThat(requests("/" + asked.get(i) + "?" + i)).as("seed %d", seed).isLessThan(3);
    }
    assertServes();
  }

  @Test
  void aKeptConnectionThatTheProgramClosedCostsNoSafeRequest() throws IOException {
    AtomicBoolean close = new AtomicBoolean();
    try (Backend forgetful =
            new Backend(connection -> {
              do {
                connection.head();
                connection.ok("ok");
              } while (!close.get());
            });
        Client client = path.client()) {
      path.ready(path.pod(forgetful.address()));
      assertThat(client.send(WholePath.get("/1")).response().status()).isEqualTo(200);
      close.set(true);
      for (int i = 2; i < 12; i++) {
        assertThat(client.send(WholePath.get("/" + i)).response().status()).isEqualTo(200);
      }
    }
    path.awaitRest();
  }

  @Test
  void whatAProgramSendsUnaskedNeverAnswersTheNextRequest() throws IOException {
    try (Backend chatty =
            new Backend(connection -> {
              while (true) {
                String asked = connection.head().split(" ", 3)[1];
                connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
                            .formatted(asked.length(), asked)
                        + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged");
              }
            });
        Client client = path.client()) {
      path.ready(path.pod(chatty.address()));
      for (int i = 0; i < 20; i++) {
        Client.Response answer = client.send(WholePath.get("/" + i)).response();
        assertThat(answer.body()).isEqualTo("/" + i);
      }
    }
    path.awaitRest();
  }

  @Test
  void endpointsThatComeAndGoTenTimesASecondLoseNothing() throws Exception {
    QueueProxyHandle[] pods = {
      path.pod(program.address()), path.pod(program.address()), path.pod(program.address())
    };
    path.ready(pods);
    whileRequestsPass(answered -> {
      for (int turn = 0; turn < 20; turn++) {
        switch (turn % 4) {
          case 0 -> path.ready(pods[turn % 3]);
          case 1 -> path.straightTo(pods[turn % 3], pods[(turn + 1) % 3]);
          case 2 -> path.throughTheActivator();
          default -> path.ready(pods);
        }
        answered.awaitMore(20);
      }
    });
  }

  @Test
  void everyPodDrainedInTurnLosesNothing() throws Exception {
    QueueProxyHandle first = path.pod(program.address());
    path.ready(first);
    whileRequestsPass(answered -> {
      QueueProxyHandle serving = first;
      for (int turn = 0; turn < 6; turn++) {
        QueueProxyHandle replacement = path.pod(program.address());
        path.ready(serving, replacement);
        path.straightTo(serving, replacement);
        answered.awaitMore(20);
        // As a kubelet and the endpoints' controller do it: out of the endpoints, then the end.
        path.ready(replacement);
        path.straightTo(replacement);
        serving.drain().toCompletableFuture().get(10, TimeUnit.SECONDS);
        serving = replacement;
      }
    });
  }

  /** What happens while requests pass. */
  interface Events {
    void happen(Answered answered) throws Exception;
  }

  /** Counts the answers so far. */
  static final class Answered {
    private final AtomicInteger count = new AtomicInteger();

    void awaitMore(int more) {
      int seen = count.get();
      await().pollInterval(Duration.ofMillis(5)).until(() -> count.get() >= seen + more);
    }
  }

  /** Twice as many clients as a pod has places ask without a pause; each is answered, once. */
  private void whileRequestsPass(Events events) throws Exception {
    AtomicInteger next = new AtomicInteger();
    AtomicBoolean stop = new AtomicBoolean();
    Answered answered = new Answered();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<CompletableFuture<Void>> clients = new ArrayList<>();
      for (int i = 0; i < 2 * CONCURRENCY; i++) {
        clients.add(CompletableFuture.runAsync(() -> askUntil(stop, next, answered), threads));
      }
      try {
        events.happen(answered);
      } finally {
        stop.set(true);
        for (CompletableFuture<Void> client : clients) {
          client.get(30, TimeUnit.SECONDS);
        }
      }
    }
    path.awaitRest();
    Map<String, Long> times =
        program.heads.stream()
            .collect(Collectors.groupingBy(head -> head.split(" ", 3)[1], Collectors.counting()));
    assertThat(times).hasSize(next.get());
    assertThat(times.values()).containsOnly(1L);
  }

  @Test
  void aPodKilledBeforeItTookARequestIsPassedOver() throws IOException {
    QueueProxyHandle dead = path.pod(program.address());
    QueueProxyHandle alive = path.pod(program.address());
    path.straightTo(dead, alive);
    dead.close();
    try (Client client = path.client()) {
      for (int i = 0; i < 20; i++) {
        assertThat(client.send(WholePath.post("/ok", "body")).response().status()).isEqualTo(200);
      }
    }
  }

  private void askUntil(AtomicBoolean stop, AtomicInteger next, Answered answered) {
    try (Client client = path.client()) {
      while (!stop.get()) {
        String asked = "ok?" + next.getAndIncrement();
        String request =
            asked.hashCode() % 2 == 0
                ? WholePath.get("/" + asked)
                : WholePath.post("/" + asked, "a body");
        Client.Response answer = client.send(request).response();
        assertThat(answer.status()).as(asked + " " + answer).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(asked);
        answered.count.incrementAndGet();
      }
    } catch (IOException e) {
      throw new AssertionError("a connection to the gateway broke", e);
    }
  }

  /** As many at once as there are places. */
  private void assertServes() throws IOException {
    List<Client> clients = new ArrayList<>();
    for (int i = 0; i < CONCURRENCY; i++) {
      clients.add(path.client().send(WholePath.get("/ok")));
    }
    for (Client client : clients) {
      try (client) {
        assertThat(client.response().status()).isEqualTo(200);
      }
    }
  }

  private void assertAnswer(Client client, String what) throws IOException {
    if (what.startsWith("ok")) {
      assertThat(client.response().status()).as(what).isEqualTo(200);
    } else {
      assertAnswer(client, Fault.valueOf(what.split("\\?", 2)[0]));
    }
  }

  private static void assertAnswer(Client client, Fault fault) throws IOException {
    if (fault.status == 0) {
      assertThat(client.head().status()).as(fault.name()).isEqualTo(200);
      byte[] rest = client.in.readAllBytes();
      String came = new String(rest, StandardCharsets.US_ASCII);
      // Neither the hundred octets that were promised nor the chunk that ends a body.
      assertThat(came).as(fault.name()).contains("hello").doesNotContain("0\r\n\r\n");
      return;
    }
    Client.Response answer = client.response();
    assertThat(answer.status()).as(fault + ": " + answer).isEqualTo(fault.status);
    assertThat(answer.body()).as(fault.name()).contains(fault.body);
  }

  private long requests(String asked) {
    return program.heads.stream().filter(head -> head.split(" ", 3)[1].equals(asked)).count();
  }

  private static int contentLength(String head) {
    return head.lines()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
        .map(line -> Integer.parseInt(line.substring("content-length:".length()).trim()))
        .findFirst()
        .orElse(0);
  }
}
