package dev.bellows.controlplane.watch;

import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import io.fabric8.kubernetes.api.model.EndpointAddress;
import io.fabric8.kubernetes.api.model.EndpointPort;
import io.fabric8.kubernetes.api.model.EndpointSubset;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The pods of each Revision, found by label without scanning the others (autoscaling spec §6 says
 * what counts how).
 */
public final class RevisionPods {
  private static final String REVISION = "serving.knative.dev/revision";
  private static final String SERVICE_TYPE = "networking.internal.knative.dev/serviceType";
  private static final String METRICS_PORT = "http-autometric";

  private final Watched.Index<Pod> pods;
  private final Watched.Index<Endpoints> privateEndpoints;

  /**
   * How many pods a Revision has.
   *
   * @param ready running, ready, and not being deleted
   * @param notReady pending, or running without being ready
   * @param pending not running yet; counted in notReady too
   * @param terminating running, but being deleted; counted in notReady too
   */
  public record Counts(int ready, int notReady, int pending, int terminating) {
    /** A Revision without pods. */
    public static final Counts NONE = new Counts(0, 0, 0, 0);
  }

  /**
   * A ready pod whose statistics can be fetched.
   *
   * @param name of the pod
   * @param metrics where its queue-proxy answers, as the Endpoints say
   * @param started when the kubelet took it up
   */
  public record ScrapablePod(String name, Address metrics, Instant started) {}

  /** To be made before the views are filled: it adds indexes to them. */
  public RevisionPods(Cluster cluster) {
    this.pods =
        cluster
            .pods()
            .indexBy(pod ->
                byRevision(
                    pod.getMetadata().getNamespace(),
                    label(pod.getMetadata().getLabels(), REVISION)));
    this.privateEndpoints =
        cluster
            .endpoints()
            .indexBy(endpoints ->
                "Private".equals(label(endpoints.getMetadata().getLabels(), SERVICE_TYPE))
                    ? byRevision(
                        endpoints.getMetadata().getNamespace(),
                        label(endpoints.getMetadata().getLabels(), REVISION))
                    : List.of());
  }

  /** All pods of a Revision, in no particular order. */
  public List<Pod> of(String namespace, String revision) {
    return pods.get(namespace + "/" + revision);
  }

  /** The pods of a Revision, counted. */
  public Counts count(RevisionId revision) {
    int ready = 0;
    int notReady = 0;
    int pending = 0;
    int terminating = 0;
    for (Pod pod : pods.get(revision.toString())) {
      boolean deleted = pod.getMetadata().getDeletionTimestamp() != null;
      switch (phase(pod)) {
        case "Pending" -> {
          pending++;
          notReady++;
        }
        case "Running" -> {
          if (deleted) {
            terminating++;
            notReady++;
          } else if (isReady(pod)) {
            ready++;
          } else {
            notReady++;
          }
        }
        default -> {} // ended, or unknown to its node
      }
    }
    return new Counts(ready, notReady, pending, terminating);
  }

  /**
   * The ready pods of a Revision with the address of their statistics. Where a pod listens is said
   * by the Endpoints of the private Service; a pod that is not in there yet is left out.
   */
  public List<ScrapablePod> scrapable(RevisionId revision) {
    Map<String, Address> metricsByIp = new HashMap<>();
    for (Endpoints endpoints : privateEndpoints.get(revision.toString())) {
      for (EndpointSubset subset : endpoints.getSubsets()) {
        metricsPort(subset)
            .ifPresent(port -> {
              for (EndpointAddress address : subset.getAddresses()) {
                metricsByIp.put(address.getIp(), new Address(address.getIp(), port));
              }
            });
      }
    }
    List<ScrapablePod> result = new ArrayList<>();
    for (Pod pod : pods.get(revision.toString())) {
      boolean counts =
          phase(pod).equals("Running")
              && pod.getMetadata().getDeletionTimestamp() == null
              && isReady(pod);
      Address metrics = counts ? metricsByIp.get(pod.getStatus().getPodIP()) : null;
      if (metrics != null) {
        result.add(new ScrapablePod(pod.getMetadata().getName(), metrics, started(pod)));
      }
    }
    return result;
  }

  private static Optional<Integer> metricsPort(EndpointSubset subset) {
    return subset.getPorts().stream()
        .filter(port -> METRICS_PORT.equals(port.getName()))
        .map(EndpointPort::getPort)
        .findFirst();
  }

  private static String phase(Pod pod) {
    String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
    return phase == null ? "" : phase;
  }

  private static boolean isReady(Pod pod) {
    for (PodCondition condition : pod.getStatus().getConditions()) {
      if ("Ready".equals(condition.getType())) {
        return "True".equals(condition.getStatus());
      }
    }
    return false;
  }

  /** A pod that does not say when it began counts as just begun. */
  private static Instant started(Pod pod) {
    String written = pod.getStatus().getStartTime();
    try {
      return written == null ? Instant.MAX : Instant.parse(written);
    } catch (DateTimeParseException e) {
      return Instant.MAX;
    }
  }

  private static @Nullable String label(@Nullable Map<String, String> labels, String name) {
    return labels == null ? null : labels.get(name);
  }

  private static List<String> byRevision(String namespace, @Nullable String revision) {
    return revision == null ? List.of() : List.of(namespace + "/" + revision);
  }
}
