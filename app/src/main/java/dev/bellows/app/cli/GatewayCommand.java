package dev.bellows.app.cli;

import dev.bellows.app.cli.RoleOptions.Pod;
import dev.bellows.app.wiring.RoleProcess;
import dev.bellows.dataplane.gateway.AccessLog;
import dev.bellows.dataplane.gateway.GatewayConfig;
import dev.bellows.dataplane.requestlog.LogLines;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bellows gateway}: the networking layer. */
@Command(
    name = "gateway",
    description = {
      "Run a gateway against the Kubernetes API of a cluster: it routes by the KIngresses of the"
          + " class",
      "bellows.ingress.networking.knative.dev. Environment: SYSTEM_NAMESPACE, CLUSTER_DOMAIN, and"
          + " in a",
      "pod POD_IP; without it, only this machine is listened to."
    },
    mixinStandardHelpOptions = true)
final class GatewayCommand implements Callable<Integer> {
  @Mixin private RoleOptions options = new RoleOptions();

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "where services are reached (default: 8080)")
  private int port = 8080;

  @Option(
      names = "--https-port",
      paramLabel = "PORT",
      description =
          "where services with a certificate are reached by https (default: 8443, or a free one if"
              + " that is taken)")
  private Optional<Integer> httpsPort = Optional.empty();

  @Option(
      names = "--public-https-port",
      paramLabel = "PORT",
      description =
          "the port of https that clients are redirected to, where it is another, as behind a"
              + " Service")
  private Optional<Integer> publicHttpsPort = Optional.empty();

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

  @Option(
      names = "--health-port",
      paramLabel = "PORT",
      description = "where a kubelet asks for /health and /readiness (default: 8090)")
  private int healthPort = 8090;

  @Option(
      names = "--lame-duck",
      paramLabel = "SECONDS",
      description =
          "how long it goes on as usual once told to stop, while others notice (default: 45)")
  private int lameDuckSeconds = 45;

  @Override
  public Integer call() throws InterruptedException {
    Ports.check("--port", port);
    httpsPort.ifPresent(given -> Ports.check("--https-port", given));
    publicHttpsPort.ifPresent(given -> Ports.check("--public-https-port", given));
    Ports.check("--health-port", healthPort);
    GatewayConfig config =
        new GatewayConfig(
            optional(publicHttpsPort),
            accessLog.map(form -> new AccessLog(form, new LogLines(System.out), Clock.systemUTC())),
            waitPage ? Optional.of(UpCommand.WAIT_PAGE_AFTER) : Optional.empty());
    return options.serve(
        "gateway",
        Pod.OPTIONAL,
        Duration.ofSeconds(lameDuckSeconds),
        settings -> RoleProcess.gateway(settings, port, optional(httpsPort), config, healthPort));
  }

  private static OptionalInt optional(Optional<Integer> port) {
    return port.map(OptionalInt::of).orElseGet(OptionalInt::empty);
  }
}
