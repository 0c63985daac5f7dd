package dev.bellows.dataplane.queueproxy;

import dev.bellows.dataplane.json.JsonValue;
import dev.bellows.dataplane.requestlog.RequestLog;
import java.time.Duration;
import java.util.Optional;

/**
 * What of {@code config-observability} concerns a queue-proxy.
 *
 * @param requestLogTemplate form of a line per request; empty = none
 * @param enableRequestLog whether requests are logged
 * @param enableProbeRequestLog whether probes are logged as well
 * @param requestMetrics where the metrics of requests go
 * @param tracing where spans go
 * @param samplingRate share of the traces that begin here and are recorded, 0 to 1
 * @param profiling whether profiles can be taken
 */
public record Observability(
    String requestLogTemplate,
    boolean enableRequestLog,
    boolean enableProbeRequestLog,
    Export requestMetrics,
    Export tracing,
    double samplingRate,
    boolean profiling) {
  /**
   * Where something goes.
   *
   * @param protocol {@code none}, or how
   * @param endpoint empty where the protocol needs none
   * @param interval how often; empty = as usual
   */
  public record Export(String protocol, String endpoint, Optional<Duration> interval) {
    static final Export NONE = new Export("none", "", Optional.empty());

    /** Whether it goes anywhere. */
    boolean wanted() {
      return !protocol.equals(NONE.protocol);
    }

    /** Whether Prometheus comes for it. */
    boolean toPrometheus() {
      return protocol.equals("prometheus");
    }

    private static Export parse(JsonValue value) {
      String interval = value.get("exportInterval").text("");
      return new Export(
          value.get("protocol").text(NONE.protocol),
          value.get("endpoint").text(""),
          interval.isEmpty() || interval.equals("0")
              ? Optional.empty()
              : Optional.of(Duration.ofNanos(nanos(interval))));
    }

    private static long nanos(String interval) {
      try {
        return Long.parseLong(interval);
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            VARIABLE + ": exportInterval must be nanoseconds, got " + interval, e);
      }
    }
  }

  private static final String VARIABLE = "OBSERVABILITY_CONFIG";

  /** What holds where nothing is said. */
  static final Observability DEFAULT =
      new Observability(
          RequestLog.DEFAULT_TEMPLATE, false, false, Export.NONE, Export.NONE, 0, false);

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
        Export.parse(value.get("requestMetrics")),
        Export.parse(value.get("tracing")),
        samplingRate(value.get("tracing").get("samplingRate").text("0")),
        value.get("runtime").get("profiling").text("disabled").equals("enabled"));
  }

  private static double samplingRate(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          VARIABLE + ": samplingRate must be a number, got " + text, e);
    }
  }

  /** Whether any line is written. */
  boolean logsAnything() {
    return enableRequestLog && !requestLogTemplate.isEmpty();
  }
}
