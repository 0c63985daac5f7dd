package dev.bellows.app.cli;

import dev.bellows.app.cli.RoleOptions.Pod;
import dev.bellows.app.wiring.RoleProcess;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bellows autoscaler}: decides how many pods each Revision has. */
@Command(
    name = "autoscaler",
    description = {
      "Run an autoscaler against the Kubernetes API of a cluster.",
      "It scrapes pods, takes the statistics of activators, and scales Revisions of the class",
      "kpa.autoscaling.knative.dev.",
      "Environment: POD_NAME, POD_IP, SYSTEM_NAMESPACE, CLUSTER_DOMAIN."
    },
    mixinStandardHelpOptions = true)
final class AutoscalerCommand implements Callable<Integer> {
  @Mixin private RoleOptions options = new RoleOptions();

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "where activators report (default: 8080)")
  private int port = 8080;

  @Override
  public Integer call() throws InterruptedException {
    Ports.check("--port", port);
    return options.serve(
        "autoscaler",
        Pod.REQUIRED,
        Duration.ZERO,
        settings -> RoleProcess.autoscaler(settings, port));
  }
}
