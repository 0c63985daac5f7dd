package dev.bellows.controlplane;

import dev.bellows.controlplane.feed.RevisionFeed.ClusterIps;
import dev.bellows.controlplane.reconcile.ApiRate;
import dev.bellows.controlplane.reconcile.HostForm;
import dev.bellows.controlplane.reconcile.PublicPorts;
import java.util.Map;

/**
 * What a control plane must be told of its surroundings.
 *
 * @param systemNamespace where the system's own objects live, {@code knative-serving}
 * @param clusterDomain such as {@code cluster.local}
 * @param ingressClass the class of our gateway
 * @param gatewayHost where our gateway is found inside the cluster
 * @param clusterIps whether the activator can dial a Service's own address
 * @param workers passes of one reconciler that may run at once
 * @param component source that Events name
 * @param configMapNames names of ConfigMaps that have others than the usual, by the usual name
 * @param ports where the world reaches our gateway
 * @param apiRate how often reconcilers ask the API server at most, all together
 */
public record ControlPlaneConfig(
    String systemNamespace,
    String clusterDomain,
    String ingressClass,
    String gatewayHost,
    ClusterIps clusterIps,
    int workers,
    String component,
    Map<String, String> configMapNames,
    PublicPorts ports,
    ApiRate apiRate) {
  /** The class of the gateway that comes with Bellows. */
  public static final String BELLOWS_INGRESS_CLASS = "bellows.ingress.networking.knative.dev";

  public ControlPlaneConfig {
    configMapNames = Map.copyOf(configMapNames);
    if (workers < 1) {
      throw new IllegalArgumentException("workers must be >= 1, got " + workers);
    }
  }

  /** The embedded form: everything in one process, Services have no address of their own. */
  public static ControlPlaneConfig embedded() {
    return new ControlPlaneConfig(
        "knative-serving",
        "cluster.local",
        BELLOWS_INGRESS_CLASS,
        "gateway.knative-serving.svc.cluster.local",
        ClusterIps.NOT_DIALABLE,
        4,
        "bellows",
        Map.of(),
        PublicPorts.USUAL,
        ApiRate.UNLIMITED);
  }

  /** The same with a gateway that is reached elsewhere. */
  public ControlPlaneConfig with(PublicPorts others) {
    return new ControlPlaneConfig(
        systemNamespace,
        clusterDomain,
        ingressClass,
        gatewayHost,
        clusterIps,
        workers,
        component,
        configMapNames,
        others,
        apiRate);
  }

  /** How hosts and URLs are written. */
  HostForm hostForm() {
    return new HostForm(clusterDomain, ports);
  }
}
