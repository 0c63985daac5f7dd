package dev.bellows.dataplane.queueproxy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bellows.core.route.Address;
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
  private static final ObjectMapper JSON = new ObjectMapper();
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
    JsonNode node;
    try {
      node = JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(VARIABLE + " is not JSON: " + e.getOriginalMessage(), e);
    }
    if (node.isArray() != array) {
      throw new IllegalArgumentException(
          VARIABLE + (array ? " must be an array of probes" : " must be one probe"));
    }
    List<ReadinessProbe> probes = new ArrayList<>();
    if (array) {
      node.forEach(each -> probes.add(parse(each)));
    } else {
      probes.add(parse(node));
    }
    return probes;
  }

  private static ReadinessProbe parse(JsonNode node) {
    return new ReadinessProbe(
        question(node),
        Duration.ofSeconds(node.path("periodSeconds").asInt(0)),
        Duration.ofSeconds(Math.max(1, node.path("timeoutSeconds").asInt(1))),
        Math.max(1, node.path("successThreshold").asInt(1)));
  }

  private static Probe question(JsonNode node) {
    JsonNode get = node.path("httpGet");
    if (get.isObject()) {
      return httpGet(get);
    }
    JsonNode connect = node.path("tcpSocket");
    if (connect.isObject()) {
      return new Probe.TcpConnect(address(connect));
    }
    throw new IllegalArgumentException(VARIABLE + " must have httpGet or tcpSocket, got " + node);
  }

  private static Probe httpGet(JsonNode get) {
    List<Map.Entry<String, String>> headers = new ArrayList<>();
    get.path("httpHeaders")
        .forEach(header ->
            headers.add(Map.entry(header.path("name").asText(), header.path("value").asText())));
    String path = get.path("path").asText("");
    return new Probe.HttpGet(
        address(get),
        get.path("scheme").asText("HTTP").equalsIgnoreCase("HTTPS"),
        path.startsWith("/") ? path : "/" + path,
        headers);
  }

  private static Address address(JsonNode handler) {
    JsonNode port = handler.path("port");
    int number = port.isTextual() ? Integer.parseInt(port.textValue()) : port.asInt();
    String host = handler.path("host").asText("");
    return new Address(host.isEmpty() ? "127.0.0.1" : host, number);
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
