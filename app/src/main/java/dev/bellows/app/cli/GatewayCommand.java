package dev.bellows.app.cli;

import dev.bellows.app.cli.RoleOptions.Pod;
import dev.bellows.app.wiring.RoleProcess;
import dev.bellows.dataplane.gateway.AccessLog;
import dev.bellows.dataplane.gateway.GatewayConfig;
import dev.bellows.dataplane.requestlog.LogLines;
import java.time.Clock;
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
      "Run a gateway against the Kubernetes API of a cluster.",
      "It routes by the KIngresses of the class bellows.ingress.networking.knative.dev.",
      "Environment: SYSTEM_NAMESPACE, CLUSTER_DOMAIN, and in a pod POD_IP; without it, only this",
      "machine is listened to."
    },
    mixinStandardHelpOptions = true)
final class GatewayCommand implements Callable<Integer> {
  @Mixin private RoleOptions options = new RoleOptions();
  @Mixin private GatewayOptions gateway = new GatewayOptions();
  @Mixin private LameDuck lameDuck = new LameDuck();

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "where services are reached (default: 8080)")
  private int port = 8080;

  @Option(
      names = "--public-https-port",
      paramLabel = "PORT",
      description =
          "the port of https that clients are redirected to, where it is another, as behind a"
              + " Service")
  private Optional<Integer> publicHttpsPort = Optional.empty();

  @Option(
      names = "--health-port",
      paramLabel = "PORT",
      description = "where a kubelet asks for /health and /readiness (default: 8090)")
  private int healthPort = 8090;

  @Override
  public Integer call() throws InterruptedException {
    Ports.check("--port", port);
    Ports.check("--health-port", healthPort);
    GatewayConfig config =
        new GatewayConfig(
            Ports.check("--public-https-port", publicHttpsPort),
            gateway
                .accessLog()
                .map(form -> new AccessLog(form, new LogLines(System.out), Clock.systemUTC())),
            gateway.waitPageAfter());
    OptionalInt httpsPort = gateway.httpsPort();
    return options.serve(
        "gateway",
        Pod.OPTIONAL,
        lameDuck.duration(),
        settings -> RoleProcess.gateway(settings, port, httpsPort, config, healthPort));
  }
}
