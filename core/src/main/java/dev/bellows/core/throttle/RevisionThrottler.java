package dev.bellows.core.throttle;

import dev.bellows.core.route.Address;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What one activator knows of one Revision's pods, and its choice of a pod for each request
 * (data-plane spec §4.3 to §4.5).
 *
 * <p>States: <em>closed</em> (no pod: every {@link #acquire} says no), <em>direct</em> (it
 * addresses its share of the pods) and <em>ClusterIP</em> (it addresses the private Service).
 *
 * <p>Updates come from one thread at a time; {@link #acquire} and {@link #release} from any. They
 * meet in one volatile immutable {@link Assignment} and in the pods' atomic counters, so choosing
 * neither locks nor allocates. Who waits for a place is kept by the owner, who asks again after a
 * release and after an update.
 *
 * <p>A limit holds per pod, not for the Revision: requests that still run at pods which are gone
 * keep no place at those which are there (upstream counts them against the whole Revision).
 */
public final class RevisionThrottler {
  private final int containerConcurrency;
  private final String selfIp;
  private final int podLimit;
  private final LoadBalancer loadBalancer;

  // The updating thread's own.
  private final Map<Address, PodTracker> pods = new HashMap<>();
  private int backends;
  private Optional<PodTracker> clusterIp = Optional.empty();
  private OptionalInt selfIndex = OptionalInt.empty();
  private int activators;

  private volatile Assignment assignment;

  /**
   * Starts closed, with its place among the activators unknown.
   *
   * @param containerConcurrency requests one pod may run at once; 0 = unlimited
   * @param selfIp this activator's address as the public Service's Endpoints show it
   */
  public RevisionThrottler(int containerConcurrency, String selfIp) {
    this.containerConcurrency = containerConcurrency;
    this.selfIp = selfIp;
    this.podLimit = containerConcurrency == 0 ? Capacity.UNLIMITED : containerConcurrency;
    this.loadBalancer = LoadBalancer.forContainerConcurrency(containerConcurrency);
    this.assignment = assign();
  }

  /**
   * The pods that may receive requests, each to be addressed itself. One that stays keeps its open
   * requests; one that comes back starts afresh.
   *
   * @return what requests now meet
   */
  public Assignment useDestinations(List<Address> ready) {
    clusterIp = Optional.empty();
    pods.keySet().retainAll(ready);
    ready.forEach(address -> pods.computeIfAbsent(address, PodTracker::new));
    backends = pods.size();
    return publish();
  }

  /**
   * Pods exist but are to be reached through their Service.
   *
   * @param address of the private Service
   * @param readyPods how many pods stand behind it
   * @return what requests now meet
   */
  public Assignment useClusterIp(Address address, int readyPods) {
    pods.clear();
    if (clusterIp.isEmpty() || !clusterIp.get().address().equals(address)) {
      clusterIp = Optional.of(new PodTracker(address));
    }
    backends = readyPods;
    return publish();
  }

  /**
   * Who stands in the Revision's public Service. Ignored unless this activator is among them: then
   * they are pods, or activators that serve the Revision without this one.
   *
   * @return what requests now meet
   */
  public Assignment useActivators(List<String> ips) {
    OptionalInt index = PodSubset.indexOf(ips, selfIp);
    if (index.isEmpty()) {
      return assignment;
    }
    selfIndex = index;
    activators = ips.size();
    return publish();
  }

  /** What requests meet now. */
  public Assignment assignment() {
    return assignment;
  }

  /**
   * Takes a place for one request.
   *
   * @param random for the policy that draws
   * @return the place, due for {@link #release} once; or {@code null} if the request must wait
   */
  public @Nullable PodTracker acquire(RandomGenerator random) {
    Assignment seen = assignment;
    return choose(seen, seen.capacity(), random);
  }

  /** The choice alone, without the limit on what may run through the private Service. */
  @Nullable PodTracker choose(RandomGenerator random) {
    return choose(assignment, Capacity.UNLIMITED, random);
  }

  private @Nullable PodTracker choose(Assignment seen, int serviceLimit, RandomGenerator random) {
    if (seen.clusterIp().isPresent()) {
      PodTracker service = seen.clusterIp().get();
      return service.tryReserve(serviceLimit) ? service : null;
    }
    return loadBalancer.pick(seen.pods(), podLimit, random);
  }

  /** Gives back a place that {@link #acquire} took, be its pod still there or not. */
  public void release(PodTracker place) {
    place.release();
  }

  private Assignment publish() {
    assignment = assign();
    return assignment;
  }

  private Assignment assign() {
    List<PodTracker> sorted =
        pods.entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(Map.Entry::getValue)
            .toList();
    // Without a limit nobody can overfill a pod, so each activator uses them all.
    List<PodTracker> mine =
        containerConcurrency == 0 ? sorted : PodSubset.of(sorted, selfIndex, activators);
    int capacity = Capacity.of(containerConcurrency, backends, mine.size(), activators);
    return new Assignment(mine, clusterIp, backends, capacity, selfIndex, activators);
  }

  /**
   * Where this activator may send a Revision's requests.
   *
   * @param pods its share of the pods, sorted by address; empty in ClusterIP mode
   * @param clusterIp the private Service, if pods are reached through it
   * @param backends pods that may receive requests, this activator's or not
   * @param capacity requests that may run through this activator; 0 = closed
   * @param selfIndex its position among the activators, if known
   * @param activators how many they are; 0 = not known yet
   */
  public record Assignment(
      List<PodTracker> pods,
      Optional<PodTracker> clusterIp,
      int backends,
      int capacity,
      OptionalInt selfIndex,
      int activators) {
    public Assignment {
      pods = List.copyOf(pods);
    }

    /** Whether a request has somewhere to go. */
    public boolean open() {
      return capacity > 0;
    }

    /** The assignment and its reason in one sentence. */
    @Override
    public String toString() {
      if (!open()) {
        return "Requests wait because no pod is ready.";
      }
      String limit =
          capacity == Capacity.UNLIMITED
              ? "any number of requests at once"
              : capacity + " requests at once";
      String place =
          selfIndex.isEmpty()
              ? "whose place among the activators is unknown,"
              : "number %d of %d,".formatted(selfIndex.getAsInt(), activators);
      return clusterIp
          .map(service ->
              "This activator, %s sends %s through the Service at %s to %d pods."
                  .formatted(place, limit, service.address(), backends))
          .orElseGet(() ->
              "This activator, %s sends %s to %d of %d pods."
                  .formatted(place, limit, pods.size(), backends));
    }
  }
}
