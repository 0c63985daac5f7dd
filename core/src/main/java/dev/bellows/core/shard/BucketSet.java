package dev.bellows.core.shard;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * The parts among which keys are dealt out; each part belongs to one of several processes.
 *
 * @param names of the buckets, sorted as text, at least one
 */
public record BucketSet(List<String> names) {
  public BucketSet {
    names = names.stream().distinct().sorted().toList();
    if (names.isEmpty()) {
      throw new IllegalArgumentException("there must be at least one bucket");
    }
  }

  /** The buckets of {@code count} autoscalers: {@code autoscaler-bucket-00-of-02}, and so on. */
  public static BucketSet ofAutoscaler(int count) {
    return numbered("autoscaler-bucket-", count);
  }

  /**
   * The buckets of one reconciler of the control plane (serving spec §0, Election).
   *
   * @param reconciler its name in its Leases' names, such as {@code revision}
   */
  public static BucketSet ofReconciler(String reconciler, int count) {
    return numbered(
        "controller.knative.dev.serving.pkg.reconciler." + reconciler + ".reconciler.", count);
  }

  private static BucketSet numbered(String prefix, int count) {
    return new BucketSet(
        IntStream.range(0, count)
            .mapToObj(
                ordinal -> String.format(Locale.ROOT, "%s%02d-of-%02d", prefix, ordinal, count))
            .toList());
  }

  /**
   * The bucket that a key falls into.
   *
   * @param key {@code namespace/name}
   */
  public String owner(String key) {
    return names.size() == 1 ? names.getFirst() : new Circle(names, key).choose(1).getFirst();
  }
}
