package dev.bellows.dataplane.activator;

import dev.bellows.core.route.Address;
import java.time.Duration;
import java.util.Optional;

/**
 * Whether the pods of one Revision are addressed themselves or through their Service, as in a
 * service mesh that lets nobody past it (data-plane spec §4.6).
 *
 * <p>What is not known at first, a pod's answer or the Service's settles for good: a mesh does not
 * come and go with pods. Upstream asks the Service whenever no pod has answered, and so may settle
 * on it because of pods that were merely starting; here only the silence of pods that Kubernetes
 * calls ready counts.
 *
 * <p>Pure: time is an argument (monotonic nanoseconds). Confined to one thread.
 */
final class Reach {
  /** Between two questions to the Service. */
  static final Duration INTERVAL = Duration.ofMillis(200);

  /** How pods are reached. */
  enum Way {
    PODS,
    SERVICE,
    /** Each by its own address, but only if it has answered there. */
    NOT_KNOWN
  }

  private Addressing addressing;
  private Optional<Address> clusterIp = Optional.empty();
  private boolean podAnswered;
  private boolean serviceAnswered;
  private boolean asked;
  private long nextDueNanos;

  Reach(Addressing addressing) {
    this.addressing = addressing;
  }

  void onAddressing(Addressing changed) {
    if (!addressing.equals(changed)) {
      addressing = changed;
      podAnswered = false;
      serviceAnswered = false;
    }
  }

  /** The Service's own address, where it has one that can be dialled. */
  void onClusterIp(Optional<Address> address) {
    clusterIp = address;
  }

  /** A pod answered at its own address as a queue-proxy does. */
  void onPodAnswered() {
    podAnswered |= way() == Way.NOT_KNOWN;
  }

  /**
   * The Service was asked.
   *
   * @param answered whether a queue-proxy answered there
   */
  void onServiceAsked(boolean answered, long nowNanos) {
    asked = false;
    nextDueNanos = nowNanos + INTERVAL.toNanos();
    serviceAnswered |= answered && way() == Way.NOT_KNOWN;
  }

  Way way() {
    if (clusterIp.isEmpty() || addressing.throughMesh()) {
      return Way.PODS;
    }
    return switch (addressing.mode()) {
      case DISABLED -> Way.PODS;
      case ENABLED -> Way.SERVICE;
      case AUTO -> podAnswered ? Way.PODS : serviceAnswered ? Way.SERVICE : Way.NOT_KNOWN;
    };
  }

  /** The Service's address; there whenever the way is {@link Way#SERVICE}. */
  Optional<Address> service() {
    return clusterIp;
  }

  /**
   * Whom to ask now, if only ready pods are silent; counts as asked until {@link #onServiceAsked}.
   */
  Optional<Address> takeDue(long nowNanos) {
    if (way() != Way.NOT_KNOWN || asked || nextDueNanos - nowNanos > 0) {
      return Optional.empty();
    }
    asked = true;
    return clusterIp;
  }
}
