package dev.bellows.dataplane.queueproxy;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.json.JsonValue;
import dev.bellows.dataplane.probe.Probe;
import dev.bellows.dataplane.probe.ProbeResult;
import dev.bellows.dataplane.probe.Prober;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A container's readiness probe, as the queue-proxy runs it (data-plane spec §3.6).
 *
 * @param probe what is asked
 * @param period how often a kubelet asks; zero = the queue-proxy asks as often as it can
 * @param timeout of one question, where {@code period} is not zero
 * @param detectHttp2 whether an HTTP probe is tried by HTTP/2 first; what answers decides nothing
 *     about traffic, and is not remembered
 * @param successThreshold consecutive passes that it takes, where {@code period} is zero
 */
public record ReadinessProbe(
    Probe probe, boolean detectHttp2, Duration period, Duration timeout, int successThreshold) {
  private static final String VARIABLE = "SERVING_READINESS_PROBE";

  /** Whether the queue-proxy itself repeats the question until it passes. */
  boolean aggressive() {
    return period.isZero();
  }

  /**
   * Reads a core/v1 Probe as JSON, or an array of them.
   *
   * @throws IllegalArgumentException if it is no such thing, or asks what cannot be asked from here
   */
  static List<ReadinessProbe> parse(String json, boolean array, boolean detectHttp2) {
    if (json.isBlank()) {
      return List.of();
    }
    JsonValue value;
    try {
      value = JsonValue.parse(json);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(VARIABLE + " is not JSON: " + e.getMessage(), e);
    }
    if (value instanceof JsonValue.Elements != array) {
      throw new IllegalArgumentException(
          VARIABLE + (array ? " must be an array of probes" : " must be one probe"));
    }
    if (!array) {
      return List.of(parse(value, detectHttp2));
    }
    List<ReadinessProbe> probes = new ArrayList<>();
    value.elements().forEach(each -> probes.add(parse(each, detectHttp2)));
    return probes;
  }

  private static ReadinessProbe parse(JsonValue probe, boolean detectHttp2) {
    try {
      return new ReadinessProbe(
          question(probe),
          detectHttp2,
          Duration.ofSeconds(probe.get("periodSeconds").number(0)),
          Duration.ofSeconds(Math.max(1, probe.get("timeoutSeconds").number(1))),
          (int) Math.max(1, probe.get("successThreshold").number(1)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(VARIABLE + ": " + e.getMessage(), e);
    }
  }

  private static Probe question(JsonValue probe) {
    if (probe.get("httpGet") instanceof JsonValue.Fields get) {
      return httpGet(get);
    }
    if (probe.get("tcpSocket") instanceof JsonValue.Fields connect) {
      return new Probe.TcpConnect(address(connect));
    }
    if (probe.get("grpc") instanceof JsonValue.Fields health) {
      return new Probe.GrpcHealth(address(health), health.get("service").text(""));
    }
    throw new IllegalArgumentException("a probe must have httpGet, tcpSocket or grpc");
  }

  private static Probe httpGet(JsonValue get) {
    List<Map.Entry<String, String>> headers = new ArrayList<>();
    for (JsonValue header : get.get("httpHeaders").elements()) {
      headers.add(Map.entry(header.get("name").text(""), header.get("value").text("")));
    }
    String path = get.get("path").text("");
    return new Probe.HttpGet(
        address(get),
        get.get("scheme").text("HTTP").equalsIgnoreCase("HTTPS"),
        path.startsWith("/") ? path : "/" + path,
        headers);
  }

  private static Address address(JsonValue handler) {
    String host = handler.get("host").text("");
    return new Address(
        host.isEmpty() ? "127.0.0.1" : host, Math.toIntExact(handler.get("port").number(0)));
  }

  /**
   * Asks once; a probe that looks for HTTP/2 asks up to three times.
   *
   * @param limit of each question
   */
  CompletionStage<ProbeResult> ask(Prober prober, Duration limit, EventLoop loop) {
    if (!(detectHttp2 && probe instanceof Probe.HttpGet get && !get.tls())) {
      return prober.ask(probe, limit, loop);
    }
    // Without its headers first: who does not speak HTTP/2 should not be shown what they hold.
    Probe plain = new Probe.Http2Get(get.address(), get.target(), List.of());
    Probe whole = new Probe.Http2Get(get.address(), get.target(), get.headers());
    return prober
        .ask(plain, limit, loop)
        .thenCompose(answer -> {
          if (!answer.passed()) {
            return prober.ask(get, limit, loop);
          }
          return get.headers().isEmpty()
              ? CompletableFuture.completedStage(answer)
              : prober.ask(whole, limit, loop);
        });
  }

  /** The same probe, asked at {@code to} if it was to be asked at {@code from}. */
  ReadinessProbe moved(Address from, Address to) {
    if (!probe.address().equals(from)) {
      return this;
    }
    Probe there =
        switch (probe) {
          case Probe.TcpConnect connect -> new Probe.TcpConnect(to);
          case Probe.Http2Get get -> new Probe.Http2Get(to, get.target(), get.headers());
          case Probe.GrpcHealth health -> new Probe.GrpcHealth(to, health.service());
          case Probe.HttpGet get -> new Probe.HttpGet(to, get.tls(), get.target(), get.headers());
        };
    return new ReadinessProbe(there, detectHttp2, period, timeout, successThreshold);
  }
}
