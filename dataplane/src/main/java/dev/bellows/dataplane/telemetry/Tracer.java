package dev.bellows.dataplane.telemetry;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides which requests are traced, and brings their spans to a collector in batches. Spans that
 * it does not take wait for the next time, unless it has refused them; what comes while {@link
 * #QUEUE} spans wait is dropped and counted.
 */
public final class Tracer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Tracer.class);

  /** Spans that wait to be sent; OpenTelemetry's own default. */
  static final int QUEUE = 2048;

  /** Spans in one message, likewise. */
  static final int BATCH = 512;

  /** How long a span waits for others, likewise. */
  static final Duration DELAY = Duration.ofSeconds(5);

  private static final long MASK = Long.MAX_VALUE;

  /** Takes finished spans of a process. */
  sealed interface Sink {
    /** A collector. */
    record Collector(OtlpSender sender, Complaints complaints) implements Sink {}

    /** Lines of JSON. */
    record Lines(Consumer<String> lines) implements Sink {}
  }

  private final double samplingRate;
  private final Attributes resource;
  private final String scope;
  private final InstantSource clock;
  private final Supplier<RandomGenerator> random;
  private final Sink sink;
  private final EventLoop loop;
  private final BlockingQueue<Span> waiting = new LinkedBlockingQueue<>(QUEUE);
  private final AtomicLong dropped = new AtomicLong();
  private final Future<?> timer;

  private Tracer(
      double samplingRate,
      Attributes resource,
      String scope,
      EventLoop loop,
      Sink sink,
      InstantSource clock,
      Supplier<RandomGenerator> random) {
    this.samplingRate = samplingRate;
    this.resource = resource;
    this.scope = scope;
    this.clock = clock;
    this.random = random;
    this.sink = sink;
    this.loop = loop;
    this.timer =
        loop.scheduleAtFixedRate(
            this::flush, DELAY.toNanos(), DELAY.toNanos(), TimeUnit.NANOSECONDS);
  }

  /**
   * Traces to where the settings say.
   *
   * @param protocol {@code stdout} for lines of JSON, or as {@link ExportTarget#of} takes it
   * @param samplingRate share of the traces that begin here; those that began elsewhere are
   *     recorded if they are there. At 1 or more all are recorded, at 0 or less none, whatever was
   *     said there
   * @param resource what the process is
   * @param scope who measures; upstream's package
   * @param lines takes spans that are to be written as lines
   * @return empty if nobody asks for spans, or it cannot be told where they are to go
   */
  public static Optional<Tracer> by(
      String protocol,
      String endpoint,
      double samplingRate,
      Attributes resource,
      String scope,
      EventLoop loop,
      InstantSource clock,
      Supplier<RandomGenerator> random,
      Consumer<String> lines) {
    Optional<Sink> sink =
        protocol.equals("stdout")
            ? Optional.of(new Sink.Lines(lines))
            : ExportTarget.orNone(protocol, endpoint, Optional.empty(), "spans")
                .map(target ->
                    new Sink.Collector(
                        new OtlpSender(loop, target, OtlpSender.Signal.TRACES),
                        new Complaints(LOG, "spans to " + target)));
    return sink.map(found -> new Tracer(samplingRate, resource, scope, loop, found, clock, random));
  }

  /** The trace that a request belongs to: the one that it says, or a new one. */
  TraceContext context(@Nullable String traceparent, @Nullable String tracestate) {
    TraceContext told = TraceContext.parse(traceparent, tracestate);
    if (told != null) {
      return told;
    }
    long low;
    do {
      low = random.get().nextLong();
    } while (low == 0);
    return new TraceContext(random.get().nextLong(), low, 0, false, "");
  }

  /** Whether a trace is recorded here (data-plane spec §6). */
  boolean records(TraceContext context) {
    if (samplingRate >= 1) {
      return true;
    }
    if (samplingRate <= 0) {
      return false;
    }
    return context.parentId() == 0
        // As every OpenTelemetry decides it, so that all do so alike.
        ? (context.low() & MASK) < (long) (samplingRate * 0x1p63)
        : context.sampled();
  }

  long newSpanId() {
    long id;
    do {
      id = random.get().nextLong();
    } while (id == 0);
    return id;
  }

  /** Now, in nanoseconds since 1970. */
  long nowNanos() {
    return MetricExport.nanos(clock);
  }

  /** A span is over. Never blocks. */
  void ended(Span span) {
    offer(span);
    if (waiting.size() == BATCH) {
      loop.execute(this::flush);
    }
  }

  private void offer(Span span) {
    if (!waiting.offer(span)) {
      dropped.incrementAndGet();
    }
  }

  /** Spans that were dropped since the start, because too many waited. */
  public long dropped() {
    return dropped.get();
  }

  /**
   * Sends what waits.
   *
   * @return done when it has arrived, or has not; never completes exceptionally
   */
  public CompletionStage<Void> flush() {
    List<CompletableFuture<Void>> sent = new ArrayList<>();
    // Those of now: what comes back meanwhile has its turn later.
    for (int left = waiting.size(); left > 0; left -= BATCH) {
      List<Span> batch = new ArrayList<>(BATCH);
      waiting.drainTo(batch, BATCH);
      sent.add(send(batch).toCompletableFuture());
    }
    return CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new));
  }

  private CompletionStage<Void> send(List<Span> batch) {
    return switch (sink) {
      case Sink.Collector(OtlpSender sender, Complaints complaints) ->
          sender
              .send(Otlp.spans(resource, scope, batch))
              .handle((_, failure) -> {
                if (failure == null) {
                  complaints.succeeded();
                } else {
                  complaints.failed(failure);
                  if (OtlpSender.mayBeSentAgain(failure)) {
                    batch.forEach(this::offer);
                  }
                }
                return null;
              });
      case Sink.Lines(Consumer<String> lines) -> {
        batch.forEach(span -> lines.accept(SpanLine.of(span)));
        yield CompletableFuture.completedFuture(null);
      }
    };
  }

  /** Records no more; what waits is sent. */
  @Override
  public void close() {
    timer.cancel(false);
    flush();
  }
}
