package dev.bellows.dataplane.telemetry;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where something is exported to, as {@code config-observability} says it.
 *
 * @param protocol how
 * @param host a name or an address
 * @param port which port
 * @param path of the URL; empty = the signal's own, as OTLP has it
 * @param secure whether by TLS
 * @param interval how often; empty = as usual
 */
public record ExportTarget(
    Protocol protocol,
    String host,
    int port,
    String path,
    boolean secure,
    Optional<Duration> interval) {
  /** How OTLP is carried. */
  public enum Protocol {
    GRPC,
    HTTP_PROTOBUF
  }

  private static final Logger LOG = LoggerFactory.getLogger(ExportTarget.class);
  private static final int GRPC_PORT = 4317;
  private static final int HTTP_PORT = 4318;

  /**
   * Reads the settings.
   *
   * @param protocol {@code grpc} or {@code http/protobuf}; with any other nothing is exported
   * @param endpoint a URL, or a host with its port, which is dialled without TLS
   * @return empty if nothing is exported
   * @throws IllegalArgumentException if the endpoint is neither
   */
  public static Optional<ExportTarget> of(
      String protocol, String endpoint, Optional<Duration> interval) {
    return switch (protocol) {
      case "grpc" -> Optional.of(parse(Protocol.GRPC, endpoint, interval));
      case "http/protobuf" -> Optional.of(parse(Protocol.HTTP_PROTOBUF, endpoint, interval));
      default -> Optional.empty();
    };
  }

  /**
   * Reads settings that may be wrong: a mistake in where to tell is no reason not to serve, and is
   * told in the log.
   *
   * @param what is exported, for the log
   */
  public static Optional<ExportTarget> orNone(
      String protocol, String endpoint, Optional<Duration> interval, String what) {
    try {
      return of(protocol, endpoint, interval);
    } catch (IllegalArgumentException e) {
      LOG.error("{} are not exported: {}", what, e.getMessage());
      return Optional.empty();
    }
  }

  private static ExportTarget parse(
      Protocol protocol, String endpoint, Optional<Duration> interval) {
    try {
      URI url = new URI(endpoint.contains("://") ? endpoint : "http://" + endpoint);
      boolean secure = "https".equals(url.getScheme());
      if (url.getHost() == null || !(secure || "http".equals(url.getScheme()))) {
        throw new IllegalArgumentException("no endpoint to export to: '" + endpoint + "'");
      }
      String host = url.getHost();
      String path = url.getRawPath() == null ? "" : url.getRawPath();
      return new ExportTarget(
          protocol,
          host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
          url.getPort() >= 0
              ? url.getPort()
              : secure ? 443 : protocol == Protocol.GRPC ? GRPC_PORT : HTTP_PORT,
          path.equals("/") ? "" : path,
          secure,
          interval);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("no endpoint to export to: '" + endpoint + "'", e);
    }
  }

  /** As in {@code Host}. */
  String authority() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }

  @Override
  public String toString() {
    return (protocol == Protocol.GRPC ? "grpc " : "http ") + authority() + path;
  }
}
