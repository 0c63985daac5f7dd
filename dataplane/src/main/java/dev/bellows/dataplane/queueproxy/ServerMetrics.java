package dev.bellows.dataplane.queueproxy;

import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Stage;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Requests as the pod's server sees them, waiting included: the metrics {@code http.server.*}
 * (data-plane spec §6). Probes are not counted.
 *
 * <p>The original keeps a series per Host that a client may think up; here, beyond {@link
 * #MAX_SERIES}, what is new is counted as one, the way OpenTelemetry does.
 */
final class ServerMetrics implements Stage {
  /** Series at most; OpenTelemetry's own default. */
  static final int MAX_SERIES = 2000;

  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT");

  private final Map<Attributes, Series> series = new ConcurrentHashMap<>();

  /** What a series is about. */
  sealed interface Attributes {
    /**
     * Requests of one kind.
     *
     * @param host of the Host header, without its port
     * @param port of the Host header; empty if it has none
     */
    record Request(
        String method, String host, String port, String version, int status, String routeTag)
        implements Attributes {}

    /** All that came when there were {@link #MAX_SERIES} already. */
    record Overflow() implements Attributes {}
  }

  /** Three histograms of the same requests. */
  record Series(Histogram duration, Histogram requestSize, Histogram responseSize) {
    Series() {
      this(Histogram.ofDurations(), Histogram.ofSizes(), Histogram.ofSizes());
    }
  }

  @Override
  public void handle(Exchange exchange) {
    if (!RequestHeaders.anyProbe(exchange.headers())) {
      String host = exchange.host(); // as the client of this hop said it, before it is restored
      String tag = routeTag(exchange.headers());
      exchange.onEnd((ended, end) -> record(ended, host, tag));
    }
    exchange.proceed();
  }

  private void record(Exchange exchange, String host, String routeTag) {
    int colon = host.lastIndexOf(':');
    boolean hasPort = colon > 0 && host.indexOf(']', colon) < 0;
    String method = exchange.request().method().name();
    int status = exchange.status() == 0 ? 200 : exchange.status();
    Series to =
        series(
            new Attributes.Request(
                METHODS.contains(method) ? method : "_OTHER",
                hasPort ? host.substring(0, colon) : host,
                hasPort ? host.substring(colon + 1) : "",
                exchange.version().majorVersion() >= 2
                    ? "2"
                    : exchange.version().majorVersion() + "." + exchange.version().minorVersion(),
                status,
                routeTag));
    to.duration.record(exchange.nowNanos() - exchange.startNanos());
    to.requestSize.record(exchange.requestBytes());
    to.responseSize.record(exchange.responseBytes());
  }

  private Series series(Attributes attributes) {
    Series there = series.get(attributes);
    if (there != null) {
      return there;
    }
    Attributes key = series.size() < MAX_SERIES ? attributes : new Attributes.Overflow();
    return series.computeIfAbsent(key, _ -> new Series());
  }

  /** By which name of its Route a request came (data-plane spec §2). */
  static String routeTag(HttpHeaders headers) {
    String tag = headers.get("Knative-Serving-Tag", "");
    String defaultRoute = headers.get("Knative-Serving-Default-Route", "");
    if (tag.isEmpty()) {
      return defaultRoute.isEmpty() ? "kn:disabled" : "kn:default";
    }
    return defaultRoute.equals("true") ? "kn:undefined" : tag;
  }

  /** What has been counted. */
  Map<Attributes, Series> series() {
    return Map.copyOf(series);
  }
}
