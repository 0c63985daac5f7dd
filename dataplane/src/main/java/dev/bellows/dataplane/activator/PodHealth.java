package dev.bellows.dataplane.activator;

import dev.bellows.core.route.Address;
import dev.bellows.core.route.Endpoints;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which pods of one Revision may receive requests, and which are to be asked, when (data-plane spec
 * §4.6, ADR 0031).
 *
 * <p>A pod is <em>healthy</em> because Kubernetes says Ready, or because it passed a probe before
 * Kubernetes noticed, or because its own queue-proxy said so, perhaps before Kubernetes has even
 * listed it. It stops being healthy when it vanishes, when it moves from ready to not ready, and
 * when a request could not reach it; after the last two only a probe, or Kubernetes saying Ready
 * anew, brings it back.
 *
 * <p>A pod that has just come is asked at once and then every few milliseconds for a second, since
 * each of them is a part of somebody's cold start; later, and beyond the first few pods, five times
 * a second.
 *
 * <p>Pure: time is an argument (monotonic nanoseconds), probes are sent by the caller. Confined to
 * one thread.
 */
final class PodHealth {
  static final Duration EAGER_INTERVAL = Duration.ofMillis(5);
  static final Duration EAGER_FOR = Duration.ofSeconds(1);
  static final Duration INTERVAL = Duration.ofMillis(200);

  /** How long a pod that only its queue-proxy has told of may be missing from the Endpoints. */
  static final Duration LISTED_WITHIN = Duration.ofSeconds(10);

  /** How many unproven pods are asked eagerly; one is enough to end a wait. */
  static final int EAGER_PODS = 8;

  private final boolean waitForKubernetesReady;
  private final Map<Address, Pod> pods = new TreeMap<>();
  private boolean trusting = true;

  /**
   * Knows no pod yet.
   *
   * @param waitForKubernetesReady whether a probe of ours cannot tell that a pod is ready, so that
   *     new ones are not asked
   */
  PodHealth(boolean waitForKubernetesReady) {
    this.waitForKubernetesReady = waitForKubernetesReady;
  }

  /**
   * Whether a pod may be used because Kubernetes calls it ready. Where a mesh may stand before it,
   * it must have answered, too: such pods are asked whatever else holds.
   */
  void trustKubernetes(boolean trust, long nowNanos) {
    if (trusting == trust) {
      return;
    }
    trusting = trust;
    for (Pod pod : pods.values()) {
      if (pod.kubernetesReady && trust) {
        pod.prove();
      } else if (pod.kubernetesReady) {
        pod.suspect = true;
        pod.doubtSince(nowNanos);
      }
    }
  }

  /** Takes what Kubernetes says of the pods now. */
  void onEndpoints(Endpoints endpoints, long nowNanos) {
    Set<Address> present = new HashSet<>(endpoints.ready());
    present.addAll(endpoints.notReady());
    pods.values().removeIf(pod -> !present.contains(pod.address) && !pod.isExpected(nowNanos));
    endpoints.ready().forEach(address -> onReady(address, nowNanos));
    endpoints.notReady().forEach(address -> onNotReady(address, nowNanos));
  }

  private void onReady(Address address, long nowNanos) {
    Pod pod = listed(address, nowNanos);
    if (!pod.kubernetesReady) {
      pod.kubernetesReady = true;
      if (trusting) {
        pod.prove();
      } else if (!pod.healthy) {
        pod.suspect = true;
        pod.doubtSince(nowNanos);
      }
    }
  }

  private void onNotReady(Address address, long nowNanos) {
    Pod pod = listed(address, nowNanos);
    if (pod.kubernetesReady) {
      pod.kubernetesReady = false;
      pod.doubtSince(nowNanos);
    }
  }

  private Pod listed(Address address, long nowNanos) {
    Pod pod = pods.computeIfAbsent(address, each -> new Pod(each, nowNanos));
    pod.unlisted = false;
    return pod;
  }

  /**
   * A pod's queue-proxy says that it has just become ready; Kubernetes may not know the pod yet.
   */
  void onToldReady(Address address, long nowNanos) {
    if (waitForKubernetesReady) {
      return;
    }
    Pod pod = pods.get(address);
    if (pod == null) {
      pod = new Pod(address, nowNanos);
      pod.unlisted = true;
      pods.put(address, pod);
    }
    pod.prove();
  }

  /** A probe came back. */
  void onProbe(Address address, Finding result, long nowNanos) {
    Pod pod = pods.get(address);
    if (pod == null) {
      return;
    }
    pod.asked = false;
    pod.lastAskedNanos = nowNanos;
    pod.silent = result == Finding.SILENT && pod.askedNanos - pod.doubtedSinceNanos >= 0;
    if (result == Finding.READY) {
      pod.prove();
    }
  }

  /** A request could not connect to the pod. */
  void onUnreachable(Address address, long nowNanos) {
    Pod pod = pods.get(address);
    if (pod != null && pod.unlisted) {
      pods.remove(address);
    } else if (pod != null && pod.healthy) {
      pod.suspect = true;
      pod.doubtSince(nowNanos);
    }
  }

  /** The pods that may receive requests, sorted by address. */
  List<Address> healthy() {
    return pods.values().stream().filter(pod -> pod.healthy).map(pod -> pod.address).toList();
  }

  /** How many pods Kubernetes calls ready. */
  int kubernetesReady() {
    return (int) pods.values().stream().filter(pod -> pod.kubernetesReady).count();
  }

  /** Whether there are pods that Kubernetes calls ready and each of them, asked, was silent. */
  boolean readyPodsAreSilent() {
    return kubernetesReady() > 0
        && pods.values().stream()
            .filter(pod -> pod.kubernetesReady)
            .allMatch(pod -> pod.silent && !pod.healthy);
  }

  /**
   * The pods to ask now; each counts as asked until {@link #onProbe}.
   *
   * @return none twice before its answer came
   */
  List<Address> takeDue(long nowNanos) {
    List<Address> due = new ArrayList<>();
    int unproven = 0;
    for (Pod pod : unproven()) {
      if (!pod.asked && pod.dueNanos(unproven, nowNanos) - nowNanos <= 0) {
        pod.asked = true;
        pod.askedNanos = nowNanos;
        due.add(pod.address);
      }
      unproven++;
    }
    return due;
  }

  /** When {@link #takeDue} has something next, if nothing else happens. */
  OptionalLong nextDueNanos(long nowNanos) {
    List<Pod> unproven = unproven();
    long soonest = Long.MAX_VALUE;
    for (int i = 0; i < unproven.size(); i++) {
      if (!unproven.get(i).asked) {
        soonest = Math.min(soonest, unproven.get(i).dueNanos(i, nowNanos) - nowNanos);
      }
    }
    return soonest == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(nowNanos + soonest);
  }

  /** Those to be asked, the newest first: the oldest may never start. */
  private List<Pod> unproven() {
    return pods.values().stream()
        .filter(pod -> !pod.healthy && (pod.suspect || !waitForKubernetesReady))
        .sorted(Comparator.comparingLong((Pod pod) -> pod.doubtedSinceNanos).reversed())
        .toList();
  }

  /** What a probe found. */
  enum Finding {
    READY,
    /** Somebody answered, and not that. */
    NOT_READY,
    /** Nobody answered, or a mesh did: 502, 503. */
    SILENT
  }

  private static final class Pod {
    private final Address address;
    private boolean unlisted;
    private boolean kubernetesReady;
    private boolean healthy;
    private boolean suspect;
    private boolean asked;

    /** What it was to the last question, if that was put since Kubernetes' last word. */
    private boolean silent;

    private long doubtedSinceNanos;
    private long askedNanos;
    private long lastAskedNanos;

    Pod(Address address, long nowNanos) {
      this.address = address;
      doubtSince(nowNanos);
    }

    /** Not in the Endpoints, but perhaps only not yet. */
    boolean isExpected(long nowNanos) {
      return unlisted && nowNanos - doubtedSinceNanos < LISTED_WITHIN.toNanos();
    }

    void prove() {
      healthy = true;
      suspect = false;
    }

    void doubtSince(long nowNanos) {
      healthy = false;
      silent = false;
      doubtedSinceNanos = nowNanos;
      lastAskedNanos = nowNanos - INTERVAL.toNanos();
    }

    long dueNanos(int position, long nowNanos) {
      boolean eager = position < EAGER_PODS && nowNanos - doubtedSinceNanos < EAGER_FOR.toNanos();
      return lastAskedNanos + (eager ? EAGER_INTERVAL : INTERVAL).toNanos();
    }
  }
}
