package dev.bellows.app.cli;

import dev.bellows.dataplane.gateway.AccessLog;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Option;

/** What a gateway is told, alone as in one process with everything else (docs/gateway.md). */
final class GatewayOptions {
  /** Who waits less than this need not be told that they wait. */
  private static final Duration WAIT_PAGE_AFTER = Duration.ofSeconds(1);

  @Option(
      names = "--https-port",
      paramLabel = "PORT",
      description =
          "where services with a certificate are reached by https; 0 = any free port (default:"
              + " 8443, or a free one if that is taken)")
  private Optional<Integer> httpsPort = Optional.empty();

  @Option(
      names = "--access-log",
      paramLabel = "FORM",
      description =
          "write a line about each request to standard output: ${COMPLETION-CANDIDATES} (default:"
              + " none)")
  private Optional<AccessLog.Form> accessLog = Optional.empty();

  @Option(
      names = "--wait-page",
      description = "show a page that waits to a browser that asks for a service without a pod")
  private boolean waitPage;

  OptionalInt httpsPort() {
    return Ports.check("--https-port", httpsPort);
  }

  Optional<AccessLog.Form> accessLog() {
    return accessLog;
  }

  Optional<Duration> waitPageAfter() {
    return waitPage ? Optional.of(WAIT_PAGE_AFTER) : Optional.empty();
  }
}
