package dev.bellows.dataplane.telemetry;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.proxy.End;
import dev.bellows.dataplane.proxy.EndListener;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Key;
import dev.bellows.dataplane.proxy.Stage;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Measures a role's requests and traces them, where that is asked for. Its {@link #stage} goes
 * where a request's time begins to count; later stages tell when it waits ({@link #waits}) and when
 * it is sent on ({@link #calls}). Where nothing is asked for, a request costs a look at two fields.
 *
 * <p>The context of a trace travels in {@code traceparent}: untouched without tracing, else with
 * the span that sends the request on.
 */
public final class HttpTelemetry {
  private static final Key<Observed> OBSERVED = Key.of("observed");
  private static final AsciiString TRACEPARENT = AsciiString.cached("traceparent");
  private static final AsciiString TRACESTATE = AsciiString.cached("tracestate");

  /**
   * How a role calls its spans.
   *
   * @param waiting until there is room; empty = is not told
   * @param proxying from there on; empty = is not told
   * @param calling the request that is sent on
   */
  public record SpanNames(String waiting, String proxying, Function<Exchange, String> calling) {}

  private final SpanNames names;
  private final Predicate<Exchange> leftOut;
  private final Function<Exchange, Attributes> further;
  private final HttpSeries server;
  private final HttpSeries client;
  private volatile boolean measuring;
  private volatile @Nullable Tracer tracer;

  /**
   * Observes nothing yet.
   *
   * @param scope who measures
   * @param leftOut such as probes
   * @param further what a role knows of a request when it is over, on top of the usual
   */
  public HttpTelemetry(
      String scope,
      SpanNames names,
      Predicate<Exchange> leftOut,
      Function<Exchange, Attributes> further) {
    this.server = new HttpSeries(scope);
    this.client = new HttpSeries(scope);
    this.names = names;
    this.leftOut = leftOut;
    this.further = further;
  }

  /** From now on requests are measured, or not any more; may be told by any thread. */
  public void measure(boolean wanted) {
    measuring = wanted;
  }

  /** From now on requests are traced by this, or not at all; may be told by any thread. */
  public void trace(Optional<Tracer> wanted) {
    tracer = wanted.orElse(null);
  }

  /** {@code http.server.*} and {@code http.client.*}; without series where nothing was measured. */
  public List<Metric> metrics() {
    return Stream.concat(server.ofServer().stream(), client.ofClient().stream()).toList();
  }

  /**
   * The stage at which it begins.
   *
   * @param scheme of the URLs that clients use there
   */
  public Stage stage(String scheme) {
    return exchange -> observe(exchange, scheme);
  }

  private void observe(Exchange exchange, String scheme) {
    Tracer tracing = tracer;
    if ((measuring || tracing != null) && !leftOut.test(exchange)) {
      Observed observed = new Observed(exchange, scheme, tracing);
      exchange.put(OBSERVED, observed);
      exchange.onEnd(observed);
    }
    exchange.proceed();
  }

  /** The request begins to wait for room. */
  public static void waits(Exchange exchange) {
    Observed observed = exchange.get(OBSERVED);
    if (observed != null) {
      observed.waits(exchange);
    }
  }

  /** The request is about to be sent on; again, if it could not be the first time. */
  public static void calls(Exchange exchange, Address target) {
    Observed observed = exchange.get(OBSERVED);
    if (observed != null) {
      observed.calls(exchange, target);
    }
  }

  /** One request that is observed. Confined to its exchange's loop. */
  private final class Observed implements EndListener {
    private final String scheme;
    private final String host;
    private final @Nullable Trace trace;
    private boolean waited;
    private long waitNanos;
    private long proxyNanos;
    private long callNanos;
    private @Nullable Address target;

    Observed(Exchange exchange, String scheme, @Nullable Tracer tracing) {
      this.scheme = scheme;
      this.host = exchange.host(); // as the client of this hop said it, before it is changed
      this.trace = tracing == null ? null : new Trace(tracing, exchange);
    }

    void waits(Exchange exchange) {
      if (!waited) {
        waited = true;
        waitNanos = exchange.nowNanos();
      }
    }

    void calls(Exchange exchange, Address to) {
      long now = exchange.nowNanos();
      if (target == null) {
        proxyNanos = now;
      } else if (trace != null) {
        trace.calledInVain(exchange, callNanos, now, target);
      }
      callNanos = now;
      target = to;
      if (trace != null) {
        trace.calls(exchange);
      }
    }

    @Override
    public void onEnd(Exchange exchange, End end) {
      long now = exchange.nowNanos();
      if (measuring) {
        server.record(exchange, scheme, host, further.apply(exchange), now - exchange.startNanos());
        if (target != null) {
          client.record(
              exchange, "http", target.toString(), further.apply(exchange), now - callNanos);
        }
      }
      if (trace != null && trace.recorded) {
        trace.end(exchange, this, now, end);
      }
    }
  }

  /** The spans of one request. */
  private final class Trace {
    private final Tracer by;
    private final TraceContext context;
    private final boolean recorded;
    private final long serverSpan;
    private final long proxySpan;
    private final long wallNanos;
    private final long startNanos;
    private long callSpan;

    Trace(Tracer by, Exchange exchange) {
      this.by = by;
      this.context =
          by.context(exchange.headers().get(TRACEPARENT), exchange.headers().get(TRACESTATE));
      this.recorded = by.records(context);
      this.serverSpan = by.newSpanId();
      this.proxySpan = names.proxying.isEmpty() ? serverSpan : by.newSpanId();
      this.startNanos = exchange.startNanos();
      this.wallNanos = by.nowNanos() - (exchange.nowNanos() - startNanos);
    }

    void calls(Exchange exchange) {
      callSpan = by.newSpanId();
      exchange.headers().set(TRACEPARENT, TraceContext.traceparent(context, callSpan, recorded));
    }

    void calledInVain(Exchange exchange, long from, long to, Address target) {
      if (recorded) {
        emit(
            callSpan,
            proxySpan,
            names.calling.apply(exchange),
            Span.Kind.CLIENT,
            from,
            to,
            HttpSeries.server(target.toString()),
            true);
      }
    }

    void end(Exchange exchange, Observed observed, long now, End end) {
      int status = HttpSeries.status(exchange);
      Attributes answered = Attributes.of("http.response.status_code", status);
      boolean failed = status >= 500 || end == End.CUT;
      Address target = observed.target;
      if (observed.waited && !names.waiting.isEmpty()) {
        emit(
            by.newSpanId(),
            serverSpan,
            names.waiting,
            Span.Kind.INTERNAL,
            observed.waitNanos,
            target == null ? now : observed.proxyNanos,
            Attributes.NONE,
            false);
      }
      if (target != null) {
        emit(
            callSpan,
            proxySpan,
            names.calling.apply(exchange),
            Span.Kind.CLIENT,
            observed.callNanos,
            now,
            Attributes.of("http.request.method", HttpSeries.method(exchange))
                .with(HttpSeries.server(target.toString()))
                .with(answered),
            failed);
        if (!names.proxying.isEmpty()) {
          emit(
              proxySpan,
              serverSpan,
              names.proxying,
              Span.Kind.INTERNAL,
              observed.proxyNanos,
              now,
              Attributes.NONE,
              false);
        }
      }
      emit(
          serverSpan,
          context.parentId(),
          HttpSeries.method(exchange),
          Span.Kind.SERVER,
          startNanos,
          now,
          Attributes.of(
                  "http.request.method", HttpSeries.method(exchange),
                  "url.scheme", observed.scheme,
                  "url.path", path(exchange),
                  "network.protocol.version", HttpSeries.version(exchange),
                  "network.peer.address", exchange.peerIp(),
                  "user_agent.original", exchange.headers().get("User-Agent", ""))
              .with(HttpSeries.server(observed.host))
              .with(further.apply(exchange))
              .with(answered),
          failed);
    }

    private void emit(
        long id,
        long parent,
        String name,
        Span.Kind kind,
        long from,
        long to,
        Attributes about,
        boolean failed) {
      by.ended(
          new Span(
              context,
              id,
              parent,
              name,
              kind,
              wallNanos + (from - startNanos),
              wallNanos + (to - startNanos),
              about,
              failed));
    }
  }

  /** The path of a request, without its query. */
  public static String path(Exchange exchange) {
    String uri = exchange.request().uri();
    int query = uri.indexOf('?');
    return query < 0 ? uri : uri.substring(0, query);
  }
}
