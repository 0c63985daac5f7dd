package dev.bellows.dataplane.queueproxy;

import dev.bellows.dataplane.json.JsonValue;
import dev.bellows.dataplane.requestlog.RequestLog;

/**
 * What of {@code config-observability} concerns a queue-proxy.
 *
 * @param requestLogTemplate form of a line per request; empty = none
 * @param enableRequestLog whether requests are logged
 * @param enableProbeRequestLog whether probes are logged as well
 * @param prometheus whether request metrics are served for Prometheus
 */
public record Observability(
    String requestLogTemplate,
    boolean enableRequestLog,
    boolean enableProbeRequestLog,
    boolean prometheus) {
  private static final String VARIABLE = "OBSERVABILITY_CONFIG";

  /** What holds where nothing is said. */
  static final Observability DEFAULT =
      new Observability(RequestLog.DEFAULT_TEMPLATE, false, false, false);

  /**
   * Reads the variable of the same name.
   *
   * @throws IllegalArgumentException if it is neither empty nor a JSON object
   */
  static Observability parse(String json) {
    if (json.isBlank()) {
      return DEFAULT;
    }
    JsonValue value;
    try {
      value = JsonValue.parse(json);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(VARIABLE + " is not JSON: " + e.getMessage(), e);
    }
    if (!(value instanceof JsonValue.Fields)) {
      throw new IllegalArgumentException(VARIABLE + " must be a JSON object");
    }
    return new Observability(
        value.get("requestLogTemplate").text(DEFAULT.requestLogTemplate),
        value.get("enableRequestLog").isTrue(),
        value.get("enableProbeRequestLog").isTrue(),
        value.get("requestMetrics").get("protocol").text("none").equals("prometheus"));
  }

  /** Whether any line is written. */
  boolean logsAnything() {
    return enableRequestLog && !requestLogTemplate.isEmpty();
  }
}
