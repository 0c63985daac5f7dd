package dev.bellows.app.cli;

import dev.bellows.app.cli.RoleOptions.Pod;
import dev.bellows.app.wiring.RoleProcess;
import dev.bellows.controlplane.reconcile.PublicPorts;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bellows control-plane}: the reconcilers of serving, webhooks, and an autoscaler. */
@Command(
    name = "control-plane",
    description = {
      "Run the reconcilers against the Kubernetes API of a cluster.",
      "They are those of Services, Configurations, Revisions, Routes and DomainMappings; with the",
      "webhooks and an autoscaler if asked to.",
      "Environment: SYSTEM_NAMESPACE, CLUSTER_DOMAIN, and for an autoscaler POD_NAME, POD_IP."
    },
    mixinStandardHelpOptions = true)
final class ControlPlaneCommand implements Callable<Integer> {
  @Mixin private RoleOptions options = new RoleOptions();

  @Option(
      names = "--health-port",
      paramLabel = "PORT",
      description = "where a kubelet asks for /health and /readiness (default: 8080)")
  private int healthPort = 8080;

  @Option(
      names = "--webhook-port",
      paramLabel = "PORT",
      description = {
        "where the API server asks for admission; 8443 is what the Service webhook leads to",
        "(default: none, since the API server of bellows up admits by itself)"
      })
  private Optional<Integer> webhookPort = Optional.empty();

  @Option(
      names = "--stats-port",
      paramLabel = "PORT",
      description = {
        "run an autoscaler, too, to which activators report here; 8080 is what others dial",
        "(default: none, bellows autoscaler is one)"
      })
  private Optional<Integer> statsPort = Optional.empty();

  @Option(
      names = "--http-port",
      paramLabel = "PORT",
      description = "the port of services in their URLs (default: none, which means 80)")
  private Optional<Integer> httpPort = Optional.empty();

  @Option(
      names = "--https-port",
      paramLabel = "PORT",
      description = "the same in URLs that begin with https (default: none, which means 443)")
  private Optional<Integer> httpsPort = Optional.empty();

  @Override
  public Integer call() throws InterruptedException {
    Ports.check("--health-port", healthPort);
    OptionalInt webhooks = Ports.check("--webhook-port", webhookPort);
    OptionalInt stats = Ports.check("--stats-port", statsPort);
    PublicPorts ports =
        new PublicPorts(
            Ports.check("--http-port", httpPort), Ports.check("--https-port", httpsPort));
    return options.serve(
        "control-plane",
        stats.isPresent() ? Pod.REQUIRED : Pod.OPTIONAL,
        Duration.ZERO,
        settings -> RoleProcess.controlPlane(settings.with(ports), healthPort, webhooks, stats));
  }
}
