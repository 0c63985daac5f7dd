package dev.bellows.api.config;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * {@code config-observability}: logs, metrics and traces.
 *
 * @param enableVarLogCollection whether {@code /var/log} is kept for a collector
 * @param revisionUrlTemplate where a Revision's logs are found; {@code ${REVISION_UID}} is replaced
 * @param requestLogTemplate Go template of a line per request; empty = none
 * @param enableRequestLog whether requests are logged
 * @param enableProbeRequestLog whether probes are logged too
 * @param metrics where the system's own metrics go
 * @param requestMetrics where the metrics of requests go
 * @param tracing where traces go
 * @param tracingSamplingRate share of the requests that is traced, 0 to 1
 * @param runtimeProfiling whether profiles can be taken
 * @param runtimeExportInterval how often the runtime's own metrics are exported
 */
public record ObservabilityConfig(
    boolean enableVarLogCollection,
    String revisionUrlTemplate,
    String requestLogTemplate,
    boolean enableRequestLog,
    boolean enableProbeRequestLog,
    Export metrics,
    Export requestMetrics,
    Export tracing,
    double tracingSamplingRate,
    boolean runtimeProfiling,
    Duration runtimeExportInterval) {
  /**
   * Where something is exported to.
   *
   * @param protocol {@code none} or how
   * @param endpoint empty where the protocol needs none
   * @param interval empty = the exporter's own
   */
  public record Export(String protocol, String endpoint, Optional<Duration> interval) {}

  private static final String NONE = "none";
  private static final List<String> METRICS = List.of(NONE, "prometheus", "grpc", "http/protobuf");
  private static final List<String> TRACES = List.of(NONE, "grpc", "http/protobuf", "stdout");
  private static final List<String> NEED_ENDPOINT = List.of("grpc", "http/protobuf");

  /** What holds without a ConfigMap. */
  public static final ObservabilityConfig DEFAULT = parse(Map.of());

  /**
   * Reads the ConfigMap's data.
   *
   * @throws InvalidConfigException if it is not valid
   */
  public static ObservabilityConfig parse(Map<String, String> data) {
    ConfigReader reader = new ConfigReader(data);
    double sampling = reader.number("tracing-sampling-rate", 0);
    if (!(sampling >= 0 && sampling <= 1)) {
      throw new InvalidConfigException(
          "tracing-sampling-rate must be between 0 and 1, was: " + sampling);
    }
    return new ObservabilityConfig(
        reader.bool("logging.enable-var-log-collection", false),
        reader.text("logging.revision-url-template", ""),
        reader.raw("logging.request-log-template").orElse(""),
        reader.bool("logging.enable-request-log", false),
        reader.bool("logging.enable-probe-request-log", false),
        export(reader, "metrics", METRICS),
        export(reader, "request-metrics", METRICS),
        export(reader, "tracing", TRACES),
        sampling,
        profiling(reader),
        reader.duration("runtime-export-interval", Duration.ofSeconds(15)));
  }

  private static Export export(ConfigReader reader, String what, List<String> protocols) {
    String protocol = reader.text(what + "-protocol", NONE).toLowerCase(Locale.ROOT);
    if (!protocols.contains(protocol)) {
      throw new InvalidConfigException(
          "unsupported %s-protocol \"%s\", expected one of %s"
              .formatted(what, protocol, String.join(", ", protocols)));
    }
    String endpoint = reader.text(what + "-endpoint", "");
    if (NEED_ENDPOINT.contains(protocol) && endpoint.isEmpty()) {
      throw new InvalidConfigException(
          "%s-endpoint must be set when %s-protocol is \"%s\"".formatted(what, what, protocol));
    }
    Optional<Duration> interval =
        reader
            .raw(what + "-export-interval")
            .map(_ -> reader.duration(what + "-export-interval", Duration.ZERO));
    return new Export(protocol, endpoint, interval);
  }

  private static boolean profiling(ConfigReader reader) {
    String written = reader.text("runtime-profiling", "disabled").toLowerCase(Locale.ROOT);
    return switch (written) {
      case "enabled" -> true;
      case "disabled" -> false;
      default ->
          throw new InvalidConfigException(
              "unsupported runtime-profiling \"" + written + "\", expected enabled or disabled");
    };
  }
}
