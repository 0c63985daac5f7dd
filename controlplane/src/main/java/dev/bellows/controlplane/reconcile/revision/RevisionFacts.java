package dev.bellows.controlplane.reconcile.revision;

import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.RevisionSpec;
import dev.bellows.controlplane.reconcile.ChildName;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.core.revision.Protocol;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a Revision's spec says, with the defaults where it says nothing. */
public final class RevisionFacts {
  /** Name of the container that we add. */
  public static final String QUEUE_PROXY = "queue-proxy";

  private static final int DEFAULT_PORT = 8080;
  private static final String FULL_DUPLEX = "features.knative.dev/http-full-duplex";

  /** Bookkeeping about routing: it changes without the Revision changing. */
  private static final Set<String> NOT_HANDED_ON =
      Set.of(
          WellKnown.LAST_PINNED,
          WellKnown.NO_GC,
          WellKnown.ROUTING_STATE_MODIFIED,
          WellKnown.ROUTES);

  private RevisionFacts() {}

  /** Name of the Deployment. */
  public static String deploymentName(Revision revision) {
    return ChildName.of(revision.getMetadata().getName(), "-deployment");
  }

  /** The container that takes the requests: the only one, or the one with a port. */
  public static Container servingContainer(Revision revision) {
    return containers(revision).get(servingIndex(revision));
  }

  /** Position of the serving container. */
  static int servingIndex(Revision revision) {
    List<Container> containers = containers(revision);
    for (int i = 0; i < containers.size(); i++) {
      if (!containers.get(i).getPorts().isEmpty()) {
        return i;
      }
    }
    return 0;
  }

  static List<Container> containers(Revision revision) {
    List<Container> containers = revision.getSpec().podSpec().getContainers();
    if (containers.isEmpty()) {
      throw new IllegalArgumentException(
          "Revision " + revision.getMetadata().getName() + " has no container");
    }
    return containers;
  }

  /** Where the program listens. */
  static int userPort(Revision revision) {
    List<ContainerPort> ports = servingContainer(revision).getPorts();
    return ports.isEmpty() || ports.getFirst().getContainerPort() == null
        ? DEFAULT_PORT
        : ports.getFirst().getContainerPort();
  }

  /** What the program speaks: HTTP/2 only if its port is named {@code h2c}. */
  public static Protocol protocol(Revision revision) {
    List<ContainerPort> ports = servingContainer(revision).getPorts();
    return !ports.isEmpty() && "h2c".equals(ports.getFirst().getName())
        ? Protocol.H2C
        : Protocol.HTTP1;
  }

  /** Requests one pod may run at once; 0 = unlimited. */
  public static long containerConcurrency(RevisionSpec spec, SystemConfig config) {
    return spec.containerConcurrency() != null
        ? spec.containerConcurrency()
        : config.defaults().containerConcurrency();
  }

  /** Limit for a whole request. */
  public static long timeoutSeconds(RevisionSpec spec, SystemConfig config) {
    return spec.timeoutSeconds() != null && spec.timeoutSeconds() != 0
        ? spec.timeoutSeconds()
        : config.defaults().revisionTimeoutSeconds();
  }

  /** Whether HTTP/1 responses may start before the request body has been read. */
  public static boolean isFullDuplex(Revision revision) {
    return "enabled".equalsIgnoreCase(Children.annotations(revision).get(FULL_DUPLEX));
  }

  /** Labels of everything that is made for a Revision. */
  static Map<String, String> labels(Revision revision) {
    Map<String, String> labels =
        Children.without(
            Children.labels(revision), List.of(WellKnown.ROUTE, WellKnown.ROUTING_STATE));
    labels.put(WellKnown.REVISION, revision.getMetadata().getName());
    labels.put(WellKnown.REVISION_UID, revision.getMetadata().getUid());
    labels.putIfAbsent("app", revision.getMetadata().getName());
    return labels;
  }

  /** Annotations that are handed on. */
  static Map<String, String> annotations(Revision revision) {
    return new LinkedHashMap<>(Children.without(Children.annotations(revision), NOT_HANDED_ON));
  }
}
