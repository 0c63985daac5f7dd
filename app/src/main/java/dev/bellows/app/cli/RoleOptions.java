package dev.bellows.app.cli;

import dev.bellows.app.telemetry.RoleLogs;
import dev.bellows.app.wiring.ClusterDomain;
import dev.bellows.app.wiring.RoleProcess;
import dev.bellows.app.wiring.RoleSettings;
import dev.bellows.app.wiring.ServiceLookup;
import dev.bellows.controlplane.reconcile.ApiRate;
import dev.bellows.controlplane.reconcile.PublicPorts;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import picocli.CommandLine.Option;

/**
 * What every part of the system that runs in a process of its own is told, by options and by the
 * environment that Knative's own parts are told by (data-plane spec §1.3).
 */
final class RoleOptions {
  private static final int METRICS_PORT = 9090;

  /** Variables that name a ConfigMap, and its usual name. */
  private static final Map<String, String> CONFIG_MAP_NAMES =
      Map.of(
          "CONFIG_LOGGING_NAME", "config-logging",
          "CONFIG_OBSERVABILITY_NAME", "config-observability",
          "CONFIG_LEADERELECTION_NAME", "config-leader-election");

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description =
          "how to reach the Kubernetes API (default: as a pod's service account says, else"
              + " $KUBECONFIG, else ~/.kube/config)")
  private Optional<Path> kubeconfig = Optional.empty();

  @Option(
      names = "--services",
      paramLabel = "HOW",
      description =
          "how Services are found: ${COMPLETION-CANDIDATES}; endpoints where the cluster has no DNS"
              + " and no kube-proxy, as that of bellows up (default: $BELLOWS_SERVICES, else dns)",
      defaultValue = "${env:BELLOWS_SERVICES:-dns}")
  private ServiceLookup services = ServiceLookup.dns;

  @Option(
      names = "--metrics-port",
      paramLabel = "PORT",
      description = "where Prometheus reads; a free one if it is taken (default: 9090)")
  private int metricsPort = METRICS_PORT;

  @Option(
      names = "--kube-api-qps",
      paramLabel = "N",
      description =
          "how often it asks the Kubernetes API at most, in calls a second; 0 = any number; Leases,"
              + " and how many pods there are, do not wait (default: $KUBE_API_QPS, else "
              + ApiRate.USUAL_QPS
              + ")",
      defaultValue = "${env:KUBE_API_QPS:-" + ApiRate.USUAL_QPS + "}")
  private double kubeApiQps;

  @Option(
      names = "--kube-api-burst",
      paramLabel = "N",
      description =
          "how many of these calls may come at once after a while without any (default:"
              + " $KUBE_API_BURST, else "
              + ApiRate.USUAL_BURST
              + ")",
      defaultValue = "${env:KUBE_API_BURST:-" + ApiRate.USUAL_BURST + "}")
  private int kubeApiBurst;

  /** Whether a part must know its pod. */
  enum Pod {
    REQUIRED,
    OPTIONAL
  }

  /**
   * Starts a part and serves until the process is told to stop.
   *
   * @param lameDuck how long it goes on as usual once it is told to stop
   * @return the exit code
   */
  int serve(String name, Pod pod, Duration lameDuck, Function<RoleSettings, RoleProcess> starting)
      throws InterruptedException {
    long began = System.nanoTime();
    Ports.check("--metrics-port", metricsPort);
    Map<String, String> environment = System.getenv();
    installLogs(environment);
    RoleProcess process = starting.apply(settings(pod, environment));
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  stop(process, lameDuck);
                  stopped.countDown();
                },
                "stop"));
    System.out.printf(
        "Bellows %s is ready (%d ms): %s%n",
        name, (System.nanoTime() - began) / 1_000_000, process.where());
    System.out.flush();
    stopped.await();
    return 0;
  }

  private static void installLogs(Map<String, String> environment) {
    try {
      RoleLogs.install(
          environment.getOrDefault("POD_NAME", ""), environment.getOrDefault("BELLOWS_LOG", ""));
    } catch (IllegalArgumentException e) {
      throw new UserError("BELLOWS_LOG: " + e.getMessage());
    }
  }

  private static void stop(RoleProcess process, Duration lameDuck) {
    try {
      process.drain(lameDuck);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    process.close();
  }

  private RoleSettings settings(Pod pod, Map<String, String> environment) {
    String systemNamespace = required(environment, "SYSTEM_NAMESPACE", "knative-serving");
    String podName = environment.getOrDefault("POD_NAME", "");
    String podIp = environment.getOrDefault("POD_IP", "");
    if (pod == Pod.REQUIRED) {
      required(environment, "POD_NAME", "the name of this pod");
      required(environment, "POD_IP", "the address at which others in the cluster reach it");
    }
    String listenAt = environment.getOrDefault("BELLOWS_LISTEN_IP", "");
    requireLiteral("POD_IP", podIp);
    requireLiteral("BELLOWS_LISTEN_IP", listenAt);
    Map<String, String> configMaps = new HashMap<>();
    CONFIG_MAP_NAMES.forEach((variable, usual) -> {
      String name = environment.getOrDefault(variable, "");
      if (!name.isEmpty() && !name.equals(usual)) {
        configMaps.put(usual, name);
      }
    });
    return new RoleSettings(
        kubernetes(),
        podName,
        podIp,
        listenAt,
        systemNamespace,
        ClusterDomain.of(environment),
        services,
        configMaps,
        PublicPorts.USUAL,
        metricsPort,
        apiRate());
  }

  private ApiRate apiRate() {
    try {
      return new ApiRate(kubeApiQps, kubeApiBurst);
    } catch (IllegalArgumentException e) {
      throw UserError.wrongWords("--kube-api-qps, --kube-api-burst: " + e.getMessage());
    }
  }

  private Config kubernetes() {
    if (kubeconfig.isEmpty()) {
      return Config.autoConfigure(null);
    }
    Path file = kubeconfig.get();
    if (!Files.isReadable(file)) {
      throw new UserError("cannot read the kubeconfig " + file);
    }
    try {
      return Config.fromKubeconfig(file.toFile());
    } catch (KubernetesClientException | IllegalArgumentException e) {
      throw new UserError("the kubeconfig " + file + " cannot be understood: " + e.getMessage());
    }
  }

  private static void requireLiteral(String variable, String ip) {
    if (!ip.isEmpty() && !isLiteral(ip)) {
      throw new UserError(variable + " is no IP address: " + ip);
    }
  }

  private static boolean isLiteral(String ip) {
    try {
      return !InetAddress.ofLiteral(ip).isAnyLocalAddress();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String required(Map<String, String> environment, String variable, String meaning) {
    String value = environment.getOrDefault(variable, "");
    if (value.isEmpty()) {
      throw new UserError(variable + " is required and not set: " + meaning);
    }
    return value;
  }
}
