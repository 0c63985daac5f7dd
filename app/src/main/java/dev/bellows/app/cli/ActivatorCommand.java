package dev.bellows.app.cli;

import dev.bellows.app.cli.RoleOptions.Pod;
import dev.bellows.app.wiring.RoleProcess;
import dev.bellows.dataplane.proxy.TlsSettings;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bellows activator}: holds requests until a pod has room. */
@Command(
    name = "activator",
    description = {
      "Run an activator against the Kubernetes API of a cluster.",
      "It holds requests for Revisions without a free pod, and reports them to the autoscaler.",
      "Environment: POD_NAME, POD_IP, SYSTEM_NAMESPACE, CLUSTER_DOMAIN, ACTIVATOR_TLS_*."
    },
    mixinStandardHelpOptions = true)
final class ActivatorCommand implements Callable<Integer> {
  @Mixin private RoleOptions options = new RoleOptions();
  @Mixin private LameDuck lameDuck = new LameDuck();

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description =
          "where requests for Revisions of HTTP/1 come in, and a kubelet asks (default: 8012)")
  private int port = 8012;

  @Option(
      names = "--h2c-port",
      paramLabel = "PORT",
      description = "where requests for Revisions of HTTP/2 come in (default: 8013)")
  private int h2cPort = 8013;

  @Option(
      names = "--tls-port",
      paramLabel = "PORT",
      description =
          "where requests come in by TLS, with the certificate in routing-serving-certs (default:"
              + " 8112)")
  private int tlsPort = 8112;

  @Override
  public Integer call() throws InterruptedException {
    Ports.check("--port", port);
    Ports.check("--h2c-port", h2cPort);
    Ports.check("--tls-port", tlsPort);
    TlsSettings tls = tls();
    return options.serve(
        "activator",
        Pod.REQUIRED,
        lameDuck.duration(),
        settings -> RoleProcess.activator(settings, List.of(port, h2cPort), tlsPort, tls));
  }

  private static TlsSettings tls() {
    try {
      return TlsSettings.fromEnvironment(
          "ACTIVATOR_TLS_", name -> System.getenv().getOrDefault(name, ""));
    } catch (IllegalArgumentException e) {
      throw new UserError(String.valueOf(e.getMessage()));
    }
  }
}
