package dev.bellows.core.throttle;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Chooses among pods and takes a place at the chosen one (data-plane spec §4.4). Choosing allocates
 * nothing, which is why no pod is {@code null} and not a result object.
 */
public sealed interface LoadBalancer {
  /**
   * Takes a place at one of the pods.
   *
   * @param pods sorted by address; may be empty
   * @param limit how many places each pod has
   * @param random used by {@link RandomChoiceOfTwo} alone
   * @return the pod, or {@code null} if none has a free place
   */
  @Nullable PodTracker pick(List<PodTracker> pods, int limit, RandomGenerator random);

  /** The policy for a containerConcurrency: 0, 1 to 3, or more (data-plane spec §4.3). */
  static LoadBalancer forContainerConcurrency(int containerConcurrency) {
    if (containerConcurrency == 0) {
      return new RandomChoiceOfTwo();
    }
    return containerConcurrency <= FirstAvailable.HIGHEST_CONTAINER_CONCURRENCY
        ? new FirstAvailable()
        : new RoundRobin();
  }

  /**
   * Looks at two pods drawn at random and takes the one with fewer open requests: nearly as even as
   * looking at all, at a cost that does not grow with their number (Mitzenmacher, "The Power of Two
   * Choices in Randomized Load Balancing").
   */
  record RandomChoiceOfTwo() implements LoadBalancer {
    @Override
    public @Nullable PodTracker pick(List<PodTracker> pods, int limit, RandomGenerator random) {
      int size = pods.size();
      if (size == 0) {
        return null;
      }
      PodTracker chosen = size == 1 ? pods.getFirst() : lighterOfTwo(pods, random);
      return chosen.tryReserve(limit) ? chosen : null;
    }

    private static PodTracker lighterOfTwo(List<PodTracker> pods, RandomGenerator random) {
      int size = pods.size();
      int first = size == 2 ? 0 : random.nextInt(size);
      // Drawn from the others, so that the two differ.
      int second = size == 2 ? 1 : random.nextInt(size - 1);
      if (size > 2 && second >= first) {
        second++;
      }
      PodTracker one = pods.get(first);
      PodTracker other = pods.get(second);
      int difference = Integer.compare(one.inFlight(), other.inFlight());
      if (difference == 0) {
        return random.nextBoolean() ? one : other;
      }
      return difference < 0 ? one : other;
    }
  }

  /** Fills pods in the order of their addresses, so that few pods do the work of few requests. */
  record FirstAvailable() implements LoadBalancer {
    private static final int HIGHEST_CONTAINER_CONCURRENCY = 3;

    @Override
    public @Nullable PodTracker pick(List<PodTracker> pods, int limit, RandomGenerator random) {
      for (int i = 0; i < pods.size(); i++) {
        PodTracker pod = pods.get(i);
        if (pod.tryReserve(limit)) {
          return pod;
        }
      }
      return null;
    }
  }

  /**
   * Takes pods in turn, passing over full ones. Two threads may now and then start at the same pod,
   * which costs evenness for a moment and nothing else.
   */
  final class RoundRobin implements LoadBalancer {
    private final AtomicInteger cursor = new AtomicInteger();

    @Override
    public @Nullable PodTracker pick(List<PodTracker> pods, int limit, RandomGenerator random) {
      int size = pods.size();
      int start = cursor.get();
      if (start >= size) {
        // The list has shrunk, or the last pick was its end; kept even if no pod has room now.
        start = 0;
        cursor.set(0);
      }
      for (int i = 0; i < size; i++) {
        int index = start + i < size ? start + i : start + i - size;
        PodTracker pod = pods.get(index);
        if (pod.tryReserve(limit)) {
          cursor.set(index + 1);
          return pod;
        }
      }
      return null;
    }
  }
}
