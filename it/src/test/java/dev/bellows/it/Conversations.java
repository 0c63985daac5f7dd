package dev.bellows.it;

import dev.bellows.it.programs.GrpcPing;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.Iterator;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * WebSockets, event streams and gRPC calls, each kind again and again: one after the other that
 * ends by itself in time, and one after the other that goes on until it is ended. Each says
 * something all the time and wants it answered.
 */
final class Conversations implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration BETWEEN = Duration.ofMillis(200);
  private static final Duration FOR_EVER = Duration.ofHours(1);
  private static final int EACH = 4;
  private static final int GOING_AWAY = 1001;

  private final URI gateway;
  private final String host;
  private final Channel calls;
  private final Duration timeout;
  private final Random random;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final LongAdder ended = new LongAdder();
  private final LongAdder cut = new LongAdder();
  private volatile boolean over;

  private Conversations(URI gateway, String host, Channel calls, Duration timeout, long seed) {
    this.gateway = gateway;
    this.host = host;
    this.calls = calls;
    this.timeout = timeout;
    this.random = new Random(seed);
  }

  /**
   * Begins.
   *
   * @param host of a Service that speaks HTTP/1.1
   * @param calls to a Service that speaks gRPC
   * @param timeout how long a request of either may last
   */
  static Conversations start(URI gateway, String host, Channel calls, Duration timeout, long seed) {
    Conversations all = new Conversations(gateway, host, calls, timeout, seed);
    for (Kind kind : Stream.<Kind>of(all::socket, all::events, all::call).toList()) {
      for (int i = 0; i < EACH; i++) {
        all.threads.submit(() -> all.inTime(kind));
        all.threads.submit(() -> all.untilEnded(kind));
      }
    }
    return all;
  }

  /** What went wrong so far. */
  Queue<String> failures() {
    return failures;
  }

  /** How many have ended by themselves. */
  long ended() {
    return ended.sum();
  }

  /** How many were ended after the Service's timeout. */
  long cut() {
    return cut.sum();
  }

  /** Begins no others, and waits for those that are under way. */
  void end() {
    over = true;
    threads.shutdown();
    try {
      if (!threads.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        failures.add("conversations that nobody ends");
        threads.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    http.shutdownNow();
  }

  @Override
  public void close() {
    end();
  }

  /** One way to converse. */
  private interface Kind {
    /**
     * Converses for so long, then ends.
     *
     * @return how it was ended before; null = it was not
     */
    @Nullable String converse(Duration length) throws Exception;
  }

  private void inTime(Kind kind) {
    while (!over) {
      // Leaves what a busy machine takes to begin and to end it.
      Duration length = Duration.ofMillis(random.nextLong(timeout.toMillis() / 2));
      long began = System.nanoTime();
      @Nullable String otherwise;
      try {
        otherwise = kind.converse(length);
      } catch (Exception e) {
        otherwise = e.toString();
      }
      if (otherwise == null) {
        ended.increment();
      } else if (since(began).compareTo(timeout) >= 0) {
        cut.increment(); // on a machine so busy that it took that long
      } else {
        failures.add("of %s, ended after %s: %s".formatted(length, since(began), otherwise));
      }
    }
  }

  private void untilEnded(Kind kind) {
    while (!over) {
      long began = System.nanoTime();
      try {
        String how = Objects.requireNonNull(kind.converse(FOR_EVER));
        if (since(began).compareTo(timeout) >= 0) {
          cut.increment();
        } else {
          failures.add("without end, ended after %s: %s".formatted(since(began), how));
        }
      } catch (Exception e) {
        failures.add("without end, failed after %s: %s".formatted(since(began), e));
      }
    }
  }

  private static Duration since(long began) {
    return Duration.ofNanos(System.nanoTime() - began);
  }

  private static <T> T soon(BlockingQueue<T> answers) throws InterruptedException {
    T answer = answers.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    if (answer == null) {
      throw new IllegalStateException("no answer within " + PATIENCE);
    }
    return answer;
  }

  /** What a conversation hears: a text, or how it ended. */
  private sealed interface Heard {
    record Text(String text) implements Heard {}

    record End(String how) implements Heard {}
  }

  private @Nullable String socket(Duration length) throws Exception {
    BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();
    WebSocket socket =
        http.newWebSocketBuilder()
            .header("Host", host)
            .buildAsync(URI.create("ws://" + gateway.getAuthority() + "/"), new Ear(heard))
            .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    String end =
        talk(length, heard, text -> socket.sendText(text, true).whenComplete((_, _) -> {}));
    if (end != null) {
      socket.abort();
      if (!end.equals("closed with " + GOING_AWAY)) {
        throw new IllegalStateException("a WebSocket was not told: " + end);
      }
      return end;
    }
    socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    Heard last = soon(heard);
    return last.equals(new Heard.End("closed with " + WebSocket.NORMAL_CLOSURE))
        ? null
        : last.toString();
  }

  private record Ear(BlockingQueue<Heard> heard) implements WebSocket.Listener {
    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence text, boolean last) {
      heard.add(new Heard.Text(text.toString()));
      socket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
      heard.add(new Heard.End("closed with " + status));
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      heard.add(new Heard.End(error.toString()));
    }
  }

  private interface Mouth {
    void say(String text);
  }

  /** Answers with how it was ended before its time. */
  private static @Nullable String talk(Duration length, BlockingQueue<Heard> heard, Mouth mouth)
      throws InterruptedException {
    long began = System.nanoTime();
    for (int i = 0; since(began).compareTo(length) < 0; i++) {
      mouth.say("text " + i);
      switch (soon(heard)) {
        case Heard.End(String how) -> {
          return how;
        }
        case Heard.Text(String text) -> {
          if (!text.startsWith("text " + i)) {
            throw new IllegalStateException("text " + i + " was answered " + text);
          }
        }
      }
      LockSupport.parkNanos(BETWEEN.toNanos());
    }
    return null;
  }

  private @Nullable String events(Duration length) throws Exception {
    HttpResponse<Stream<String>> answer =
        http.send(
            HttpRequest.newBuilder(gateway.resolve("/events?for=" + length.toMillis()))
                .header("Host", host)
                .timeout(PATIENCE)
                .build(),
            HttpResponse.BodyHandlers.ofLines());
    if (answer.statusCode() != 200) {
      throw new IllegalStateException("answered " + answer.statusCode());
    }
    String last = "";
    try (Stream<String> lines = answer.body()) {
      for (Iterator<String> each = lines.iterator(); each.hasNext(); ) {
        String line = each.next();
        last = line.isEmpty() ? last : line;
      }
    } catch (java.io.UncheckedIOException | CompletionException broken) {
      return "after " + last + ": " + broken;
    }
    if (!last.equals("data: end")) {
      throw new IllegalStateException("it seemed whole, but ended with " + last);
    }
    return null;
  }

  private @Nullable String call(Duration length) throws Exception {
    BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();
    StreamObserver<String> call =
        ClientCalls.asyncBidiStreamingCall(
            calls.newCall(GrpcPing.STREAM, CallOptions.DEFAULT), into(heard));
    String end = talk(length, heard, call::onNext);
    if (end != null) {
      return end;
    }
    call.onCompleted();
    Heard last = soon(heard);
    return last.equals(new Heard.End("completed")) ? null : last.toString();
  }

  private static StreamObserver<String> into(BlockingQueue<Heard> heard) {
    return new StreamObserver<>() {
      @Override
      public void onNext(String value) {
        heard.add(new Heard.Text(value));
      }

      @Override
      public void onError(Throwable broken) {
        heard.add(new Heard.End(broken.toString()));
      }

      @Override
      public void onCompleted() {
        heard.add(new Heard.End("completed"));
      }
    };
  }
}
