package dev.bellows.controlplane.scrape;

import dev.bellows.controlplane.scrape.RevisionPods.ReadyPod;
import dev.bellows.controlplane.watch.Change;
import dev.bellows.controlplane.watch.Watched;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.ServiceId;
import io.fabric8.kubernetes.api.model.EndpointAddress;
import io.fabric8.kubernetes.api.model.EndpointPort;
import io.fabric8.kubernetes.api.model.EndpointSubset;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The pods of every Revision, kept ready as the watch changes, so that asking is one look-up
 * (upstream scans all pods of the namespace for each question; autoscaling spec §12).
 */
public final class WatchedPods implements PodWatch {
  private static final String REVISION_LABEL = "serving.knative.dev/revision";
  private static final String METRICS_PORT_NAME = "http-autometric";

  /** The port of a queue-proxy's statistics where its Endpoints say nothing else. */
  private static final int METRICS_PORT = 9090;

  private final Watched.Index<Pod> byRevision;
  private final Watched<Endpoints> endpoints;
  private final Map<RevisionId, RevisionPods> pods = new ConcurrentHashMap<>();

  /**
   * Begins to follow; to be called before the watches are started.
   *
   * @param pods at least all that carry the label {@code serving.knative.dev/revision}
   * @param endpoints at least those of the Revisions' private Services
   */
  public WatchedPods(Watched<Pod> pods, Watched<Endpoints> endpoints) {
    this.byRevision =
        pods.indexBy(pod -> revision(pod).map(RevisionId::toString).stream().toList());
    this.endpoints = endpoints;
    pods.onChange(this::follow);
  }

  @Override
  public Optional<RevisionPods> pods(RevisionId revision) {
    return Optional.of(pods.getOrDefault(revision, RevisionPods.NONE));
  }

  @Override
  public Address metricsAddress(ServiceId service, String podIp) {
    return endpoints
        .find(service.namespace(), service.name())
        .flatMap(found -> metricsPort(found, podIp))
        .map(port -> new Address(podIp, port))
        .orElseGet(() -> new Address(podIp, METRICS_PORT));
  }

  private static Optional<Integer> metricsPort(Endpoints endpoints, String podIp) {
    for (EndpointSubset subset : endpoints.getSubsets()) {
      for (EndpointAddress address : subset.getAddresses()) {
        if (podIp.equals(address.getIp())) {
          return subset.getPorts().stream()
              .filter(port -> METRICS_PORT_NAME.equals(port.getName()))
              .map(EndpointPort::getPort)
              .findFirst();
        }
      }
    }
    return Optional.empty();
  }

  private void follow(Change<Pod> change) {
    switch (change) {
      case Change.Added<Pod>(Pod pod) -> revision(pod).ifPresent(this::count);
      case Change.Removed<Pod>(Pod pod) -> revision(pod).ifPresent(this::count);
      case Change.Updated<Pod>(Pod before, Pod pod) -> {
        Optional<RevisionId> now = revision(pod);
        now.ifPresent(this::count);
        revision(before).filter(id -> !now.equals(Optional.of(id))).ifPresent(this::count);
      }
    }
  }

  private void count(RevisionId revision) {
    List<Pod> all = byRevision.get(revision.toString());
    if (all.isEmpty()) {
      pods.remove(revision);
    } else {
      pods.put(revision, count(all));
    }
  }

  private static RevisionPods count(List<Pod> all) {
    List<ReadyPod> ready = new ArrayList<>();
    int notReady = 0;
    int pending = 0;
    int terminating = 0;
    for (Pod pod : all) {
      String phase = pod.getStatus() == null ? "" : String.valueOf(pod.getStatus().getPhase());
      if (phase.equals("Pending")) {
        pending++;
        notReady++;
      } else if (phase.equals("Running")) {
        if (pod.getMetadata().getDeletionTimestamp() != null) {
          terminating++;
          notReady++;
        } else if (isReady(pod) && pod.getStatus().getPodIP() != null) {
          ready.add(
              new ReadyPod(
                  pod.getMetadata().getName(), pod.getStatus().getPodIP(), startedAt(pod)));
        } else {
          notReady++;
        }
      }
    }
    return new RevisionPods(ready, notReady, pending, terminating);
  }

  private static boolean isReady(Pod pod) {
    return pod.getStatus().getConditions().stream()
        .anyMatch(each -> "Ready".equals(each.getType()) && "True".equals(each.getStatus()));
  }

  private static Instant startedAt(Pod pod) {
    String time = pod.getStatus().getStartTime();
    try {
      return time == null ? Instant.MAX : Instant.parse(time);
    } catch (DateTimeParseException e) {
      // As good as unsaid: such a pod counts as young.
      return Instant.MAX;
    }
  }

  private static Optional<RevisionId> revision(Pod pod) {
    Map<String, String> labels = pod.getMetadata().getLabels();
    String name = labels == null ? null : labels.get(REVISION_LABEL);
    return name == null || name.isEmpty()
        ? Optional.empty()
        : Optional.of(new RevisionId(pod.getMetadata().getNamespace(), name));
  }
}
