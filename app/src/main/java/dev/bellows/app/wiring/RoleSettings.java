package dev.bellows.app.wiring;

import dev.bellows.controlplane.ControlPlaneConfig;
import dev.bellows.controlplane.bucket.Identity;
import dev.bellows.controlplane.reconcile.ApiRate;
import dev.bellows.controlplane.reconcile.PublicPorts;
import io.fabric8.kubernetes.client.Config;
import java.net.InetAddress;
import java.util.Map;
import java.util.UUID;

/**
 * What a part of the system is told of its surroundings when it runs in a process of its own.
 *
 * @param kubernetes how the API is reached
 * @param podName whom it reports as; {@code POD_NAME}
 * @param podIp its address as others in the cluster dial it, empty if it is in no pod; {@code
 *     POD_IP}
 * @param listenAt the one address to listen at, empty if that follows from {@code podIp}; {@code
 *     BELLOWS_LISTEN_IP}
 * @param systemNamespace where the system's own objects are; {@code SYSTEM_NAMESPACE}
 * @param clusterDomain such as {@code cluster.local}
 * @param services how Services are looked up
 * @param configMapNames names of ConfigMaps that have others than the usual, by the usual name
 * @param ports where the world reaches the gateway
 * @param metricsPort for Prometheus; another is taken if it is not free
 * @param apiRate how often it asks the API at most
 */
public record RoleSettings(
    Config kubernetes,
    String podName,
    String podIp,
    String listenAt,
    String systemNamespace,
    String clusterDomain,
    ServiceLookup services,
    Map<String, String> configMapNames,
    PublicPorts ports,
    int metricsPort,
    ApiRate apiRate) {
  private static final int WORKERS = 4;

  public RoleSettings {
    configMapNames = Map.copyOf(configMapNames);
  }

  /**
   * The address to listen on unless one is named: in a pod all of them, as its port is also
   * forwarded to; elsewhere loopback alone, so that nobody is let in unasked.
   */
  String listenIp() {
    if (!listenAt.isEmpty()) {
      return listenAt;
    }
    if (podIp.isEmpty()) {
      return Bellows.LOOPBACK;
    }
    InetAddress own = InetAddress.ofLiteral(podIp);
    return own.isLoopbackAddress() ? podIp : podIp.contains(":") ? "::" : "0.0.0.0";
  }

  /**
   * Whom it holds Leases as: its pod, which goes on at once when its process is started anew; where
   * there is no pod, nobody who was there before.
   */
  Identity identity() {
    return podName.isEmpty() || podIp.isEmpty()
        ? new Identity(podName.isEmpty() ? "outside" : podName, UUID.randomUUID().toString())
        : new Identity(podName, podIp);
  }

  /** The host name of a Service of the system. */
  String host(String service) {
    return service + "." + systemNamespace + ".svc." + clusterDomain;
  }

  /** The same with a gateway that is reached elsewhere. */
  public RoleSettings with(PublicPorts others) {
    return new RoleSettings(
        kubernetes,
        podName,
        podIp,
        listenAt,
        systemNamespace,
        clusterDomain,
        services,
        configMapNames,
        others,
        metricsPort,
        apiRate);
  }

  ControlPlaneConfig surroundings(String component) {
    return new ControlPlaneConfig(
        systemNamespace,
        clusterDomain,
        ControlPlaneConfig.BELLOWS_INGRESS_CLASS,
        host("gateway"),
        services.clusterIps(),
        WORKERS,
        component,
        configMapNames,
        ports,
        apiRate);
  }
}
