package dev.bellows.dataplane.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.bellows.core.revision.Protocol;
import dev.bellows.core.route.Address;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.FailureHandler;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.raw.Client;
import dev.bellows.dataplane.raw.Leaks;
import io.netty.channel.EventLoopGroup;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * Streams of requests, damaged at random, through the engine and through nginx, each before a
 * backend that writes down the requests it sees. What the engine lets through, nginx must have let
 * through in the same reading, or the difference is one of {@link Accepted}; and the engine must
 * neither hang, leak nor log an error, and after all of it still work.
 *
 * <p>{@code -Dfuzz.seconds} says for how long each of the two runs, and that they run at all;
 * {@code -Dfuzz.seed} makes the streams again, {@code -Dfuzz.stream} is one of them alone.
 */
@EnabledIfSystemProperty(named = "fuzz.seconds", matches = "[0-9]+")
class FramingFuzzTest {
  private static final EventLoopGroup LOOPS = EventLoops.create("fuzz", 1);
  private static final int PATIENCE_MILLIS = 100;
  private static final int LONG_PATIENCE_MILLIS = 1_500;

  /** On a machine with much else to do, a proxy is silent for seconds. */
  private static final List<Integer> LAST_PATIENCE_MILLIS = List.of(6_000, 20_000);

  private static final Duration FOR = Duration.ofSeconds(Long.getLong("fuzz.seconds", 0));
  private static final long SEED = Long.getLong("fuzz.seed", System.nanoTime());

  @TempDir private Path directory;
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private ProxyEngine engine;
  private Recorder behindUs;
  private Recorder behindNginx;
  private Nginx nginx;
  private Listener listener;

  @BeforeEach
  void start() throws IOException {
    boolean installed = Nginx.isInstalled();
    if (System.getenv("CI") != null) {
      assertThat(installed).as("nginx is installed").isTrue();
    }
    Assumptions.assumeTrue(installed, "nginx is not installed");
    logged.start();
    ((Logger) LoggerFactory.getLogger("dev.bellows")).addAppender(logged);
    behindUs = new Recorder();
    behindNginx = new Recorder();
    nginx = Nginx.start(directory, behindNginx.address());
    engine = new ProxyEngine(LOOPS, System::nanoTime);
    Address backend = behindUs.address();
    listener =
        engine.listen(
            "127.0.0.1",
            0,
            List.of(
                exchange -> exchange.forward(backend, Protocol.HTTP1, FailureHandler.BAD_GATEWAY)));
  }

  @AfterEach
  void stop() throws IOException {
    if (nginx == null) {
      return;
    }
    nginx.close();
    ((Logger) LoggerFactory.getLogger("dev.bellows")).detachAppender(logged);
    try (Client client = new Client(listener.address())) {
      assertThat(client.get("/after").response().status()).as("it still works").isEqualTo(200);
    }
    Awaitility.await("connections end").until(() -> listener.connectionCount() == 0);
    engine.close();
    behindUs.close();
    behindNginx.close();
    assertThat(logged.list.stream().filter(each -> each.getLevel().isGreaterOrEqual(Level.WARN)))
        .as("warnings and errors")
        .isEmpty();
    Leaks.assertNone();
  }

  @Test
  void http1IsReadAsNginxReadsIt() throws Exception {
    run("HTTP/1", random -> new Http1Streams(random).next(), nginx.http1(), false);
  }

  @Test
  void http2IsReadAsNginxReadsIt() throws Exception {
    run("HTTP/2", random -> new Http2Streams(random).next(), nginx.http2(), true);
  }

  private void run(String name, Function<Random, byte[]> streams, Address other, boolean concurrent)
      throws Exception {
    Long single = Long.getLong("fuzz.stream");
    System.out.printf("%s: -Dfuzz.seed=%d -Dfuzz.seconds=%d%n", name, SEED, FOR.toSeconds());
    Random seeds = new Random(SEED);
    List<String> findings = new ArrayList<>();
    long ends = System.nanoTime() + FOR.toNanos();
    int count = 0;
    int forwarded = 0;
    Map<Accepted, Integer> accepted = new EnumMap<>(Accepted.class);
    do {
      long seed = single == null ? seeds.nextLong() : single;
      byte[] stream = streams.apply(new Random(seed));
      Verdict verdict = judge(stream, other, concurrent, PATIENCE_MILLIS);
      if (verdict.difference().isPresent()) { // perhaps one of the two was only slow
        verdict = judge(stream, other, concurrent, LONG_PATIENCE_MILLIS);
      }
      count++;
      forwarded += verdict.ours().size();
      if (verdict.difference().isPresent()) {
        Optional<Accepted> known = accepted(verdict, stream);
        for (int patience : LAST_PATIENCE_MILLIS) {
          if (verdict.difference().isPresent() && known.isEmpty()) {
            verdict = judge(stream, other, concurrent, patience);
            known = accepted(verdict, stream);
          }
        }
        if (known.isPresent()) {
          if (accepted.merge(known.get(), 1, Integer::sum) == 1) {
            System.out.printf("%s, such as %s%n", known.get(), verdict.difference().get());
          }
        } else if (verdict.difference().isPresent()) {
          findings.add("-Dfuzz.stream=" + seed);
          System.out.printf(
              "-Dfuzz.stream=%d%n%s%n--- %s; %s, nginx %s%n",
              seed, escaped(stream), verdict.difference().get(), verdict.ours(), verdict.theirs());
        }
      }
    } while (single == null && System.nanoTime() < ends && findings.size() < 10);
    System.out.printf(
        "%s: %d streams, %d requests let through, accepted differences %s, %d findings%n",
        name, count, forwarded, accepted, findings.size());
    assertThat(findings).isEmpty();
  }

  /**
   * What became of one stream.
   *
   * @param ours what our backend saw
   * @param theirs what nginx's backend saw
   * @param difference the first request that we let through and nginx did not, if there is one
   */
  private record Verdict(List<String> ours, List<String> theirs, Optional<String> difference) {}

  private static Optional<Accepted> accepted(Verdict verdict, byte[] stream) {
    return verdict
        .difference()
        .flatMap(each -> Accepted.by(each, new String(stream, StandardCharsets.ISO_8859_1)));
  }

  private Verdict judge(byte[] stream, Address other, boolean concurrent, int patience)
      throws IOException {
    behindUs.take(); // what came too late for the attempt before
    behindNginx.take();
    String answer = send(listener.address(), stream, patience);
    send(other, stream, patience);
    List<String> ours = behindUs.take().stream().map(FramingFuzzTest::originForm).toList();
    List<String> theirs = behindNginx.take().stream().map(FramingFuzzTest::originForm).toList();
    return new Verdict(
        ours, theirs, concurrent ? otherwise(ours, theirs) : outOfStep(ours, theirs, answer));
  }

  /** Of requests one after the other: ours must be theirs up to where we refused. */
  private static Optional<String> outOfStep(List<String> ours, List<String> theirs, String answer) {
    for (int i = 0; i < ours.size(); i++) {
      if (i >= theirs.size() || !ours.get(i).equals(theirs.get(i))) {
        return Optional.of(ours.get(i));
      }
    }
    // The backend's answers come to the client in the order of its requests.
    int from = 0;
    for (String request : ours) {
      if (request.startsWith("HEAD ")) {
        continue;
      }
      from = answer.indexOf("[" + body(request) + "]", from);
      if (from < 0) {
        return Optional.of("LOST " + request);
      }
    }
    return Optional.empty();
  }

  /**
   * Of requests side by side: what both let through they must have read alike. That nginx lets
   * fewer through says little here, since it ends the connection for what is one stream's mistake,
   * and for trailers.
   */
  private static Optional<String> otherwise(List<String> ours, List<String> theirs) {
    return ours.stream()
        .filter(each ->
            each.startsWith(Recorder.AMBIGUOUS)
                || (!theirs.contains(each)
                    && theirs.stream().anyMatch(other -> start(other).equals(start(each)))))
        .findFirst();
  }

  private static String start(String request) {
    return request.substring(0, request.indexOf('['));
  }

  private static String body(String request) {
    return request.substring(request.indexOf('[') + 1, request.length() - 1);
  }

  /** nginx, too, makes an absolute target one of its own. */
  private static String originForm(String request) {
    return request.replaceFirst("^([A-Z]+) https?://[^/ ]*/?", "$1 /");
  }

  /** All that comes back until the other side closes or has been silent for a while. */
  private static String send(Address to, byte[] stream, int patience) throws IOException {
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    try (Socket socket = new Socket(to.ip(), to.port())) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(patience);
      InputStream in = socket.getInputStream();
      socket.getOutputStream().write(stream);
      byte[] buffer = new byte[1 << 16];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        answer.write(buffer, 0, read);
        if (contains(buffer, read, "/end")) {
          break; // the last request's answer: nothing is under way any more
        }
      }
    } catch (SocketTimeoutException | SocketException over) {
      // It waits for more, or has closed with something of ours unread.
    }
    return answer.toString(StandardCharsets.ISO_8859_1);
  }

  private static boolean contains(byte[] buffer, int length, String text) {
    return new String(buffer, 0, length, StandardCharsets.ISO_8859_1).contains(text + " [");
  }

  private static String escaped(byte[] stream) {
    StringBuilder text = new StringBuilder();
    for (byte octet : stream) {
      text.append(
          octet == '\n'
              ? "\\n\n"
              : octet >= ' ' && octet < 0x7f
                  ? String.valueOf((char) octet)
                  : "\\x%02x".formatted(octet));
    }
    return text.length() > 4_000 ? text.substring(0, 4_000) + "..." : text.toString();
  }

  @AfterAll
  static void end() {
    LOOPS.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
