package dev.bellows.core.shard;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * The parts among which the Revisions are dealt out; each part belongs to one autoscaler.
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
    return new BucketSet(
        IntStream.range(0, count)
            .mapToObj(ordinal ->
                String.format(Locale.ROOT, "autoscaler-bucket-%02d-of-%02d", ordinal, count))
            .toList());
  }

  /**
   * The bucket that a Revision falls into.
   *
   * @param key {@code namespace/name}
   */
  public String owner(String key) {
    return names.size() == 1 ? names.getFirst() : new Circle(names, key).choose(1).getFirst();
  }
}
