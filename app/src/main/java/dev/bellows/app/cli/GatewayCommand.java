package dev.bellows.app.cli;

import dev.bellows.app.cli.RoleOptions.Pod;
import dev.bellows.app.wiring.RoleProcess;
import java.time.Duration;
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
    Ports.check("--health-port", healthPort);
    return options.serve(
        "gateway",
        Pod.OPTIONAL,
        Duration.ofSeconds(lameDuckSeconds),
        settings -> RoleProcess.gateway(settings, port, healthPort));
  }
}
