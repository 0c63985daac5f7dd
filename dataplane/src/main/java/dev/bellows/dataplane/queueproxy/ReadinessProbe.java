package dev.bellows.dataplane.queueproxy;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.json.JsonValue;
import dev.bellows.dataplane.probe.Probe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A container's readiness probe, as the queue-proxy runs it (data-plane spec §3.6).
 *
 * @param probe what is asked
 * @param period how often a kubelet asks; zero = the queue-proxy asks as often as it can
 * @param timeout of one question, where {@code period} is not zero
 * @param successThreshold consecutive passes that it takes, where {@code period} is zero
 */
public record ReadinessProbe(Probe probe, Duration period, Duration timeout, int successThreshold) {
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
  static List<ReadinessProbe> parse(String json, boolean array) {
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
      return List.of(parse(value));
    }
    List<ReadinessProbe> probes = new ArrayList<>();
    value.elements().forEach(each -> probes.add(parse(each)));
    return probes;
  }

  private static ReadinessProbe parse(JsonValue probe) {
    try {
      return new ReadinessProbe(
          question(probe),
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
    throw new IllegalArgumentException("a probe must have httpGet or tcpSocket");
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

  /** The same probe, asked at {@code to} if it was to be asked at {@code from}. */
  ReadinessProbe moved(Address from, Address to) {
    if (!probe.address().equals(from)) {
      return this;
    }
    Probe there =
        switch (probe) {
          case Probe.TcpConnect connect -> new Probe.TcpConnect(to);
          case Probe.HttpGet get -> new Probe.HttpGet(to, get.tls(), get.target(), get.headers());
        };
    return new ReadinessProbe(there, period, timeout, successThreshold);
  }
}
