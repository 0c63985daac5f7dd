package dev.bellows.dataplane.telemetry;

import dev.bellows.dataplane.proxy.Exchange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Requests by kind: the measures {@code http.server.*} or {@code http.client.*} (data-plane spec
 * §6).
 *
 * <p>The original keeps a series per Host that a client may think up; here, beyond {@link
 * #MAX_SERIES}, what is new is counted as one, the way OpenTelemetry does.
 */
final class HttpSeries {
  /** Series at most; OpenTelemetry's own default. */
  static final int MAX_SERIES = 2000;

  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT");

  private final String scope;
  private final Map<Kind, Series> series = new ConcurrentHashMap<>();

  HttpSeries(String scope) {
    this.scope = scope;
  }

  /** What a series is about. */
  private sealed interface Kind {
    /** Requests of one kind, {@code host} with its port if it has one. */
    record Requests(
        String method, String scheme, String host, String version, int status, Attributes further)
        implements Kind {}

    /** All that came when there were {@link #MAX_SERIES} already. */
    record Overflow() implements Kind {}
  }

  /** Histograms of the same requests. */
  private record Series(Histogram duration, Histogram requestSize, Histogram responseSize) {
    Series() {
      this(Histogram.ofDurations(), Histogram.ofSizes(), Histogram.ofSizes());
    }
  }

  /**
   * A request is over.
   *
   * @param host where it went to, as it was said
   * @param nanos how long it took
   */
  void record(Exchange exchange, String scheme, String host, Attributes further, long nanos) {
    Series to =
        series(
            new Kind.Requests(
                method(exchange), scheme, host, version(exchange), status(exchange), further));
    to.duration.record(nanos);
    to.requestSize.record(exchange.requestBytes());
    to.responseSize.record(exchange.responseBytes());
  }

  private Series series(Kind kind) {
    Series there = series.get(kind);
    if (there != null) {
      return there;
    }
    Kind key = series.size() < MAX_SERIES ? kind : new Kind.Overflow();
    return series.computeIfAbsent(key, _ -> new Series());
  }

  /** The method, of those that everybody knows. */
  static String method(Exchange exchange) {
    String method = exchange.request().method().name();
    return METHODS.contains(method) ? method : "_OTHER";
  }

  /** As OpenTelemetry writes it. */
  static String version(Exchange exchange) {
    int major = exchange.version().majorVersion();
    return major >= 2 ? String.valueOf(major) : major + "." + exchange.version().minorVersion();
  }

  // A client that left before any status is counted as 200, as in the original (§3.5).
  static int status(Exchange exchange) {
    return exchange.status() == 0 ? 200 : exchange.status();
  }

  /** A host and its port as attributes. */
  static Attributes server(String host) {
    int colon = host.lastIndexOf(':');
    boolean hasPort = colon > 0 && host.indexOf(']', colon) < 0;
    Attributes named = Attributes.of("server.address", hasPort ? host.substring(0, colon) : host);
    try {
      return hasPort
          ? named.with(
              Attributes.of("server.port", Long.parseLong(host, colon + 1, host.length(), 10)))
          : named;
    } catch (NumberFormatException e) {
      return named; // a Host that names no port
    }
  }

  /** {@code http.server.*}. */
  List<Metric> ofServer() {
    return List.of(
        metric(
            "http.server.request.duration",
            "Duration of HTTP server requests.",
            "s",
            Series::duration),
        metric(
            "http.server.request.body.size",
            "Size of HTTP server request bodies.",
            "By",
            Series::requestSize),
        metric(
            "http.server.response.body.size",
            "Size of HTTP server response bodies.",
            "By",
            Series::responseSize));
  }

  /** {@code http.client.*}. */
  List<Metric> ofClient() {
    return List.of(
        metric(
            "http.client.request.duration",
            "Duration of HTTP client requests.",
            "s",
            Series::duration),
        metric(
            "http.client.request.body.size",
            "Size of HTTP client request bodies.",
            "By",
            Series::requestSize));
  }

  private Metric metric(
      String name, String description, String unit, Function<Series, Histogram> which) {
    List<Metric.Distribution> points = new ArrayList<>();
    series.forEach((kind, values) ->
        points.add(new Metric.Distribution(about(kind), which.apply(values).snapshot())));
    return Metric.histogram(scope, name, description, unit, points);
  }

  private static Attributes about(Kind kind) {
    return switch (kind) {
      case Kind.Overflow overflow -> Attributes.of("otel.metric.overflow", true);
      case Kind.Requests requests ->
          Attributes.of(
                  "http.request.method", requests.method,
                  "http.response.status_code", requests.status,
                  "network.protocol.name", "http",
                  "network.protocol.version", requests.version,
                  "url.scheme", requests.scheme)
              .with(server(requests.host))
              .with(requests.further);
    };
  }
}
