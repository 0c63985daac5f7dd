package dev.bellows.core.shard;

import java.util.Collection;
import java.util.List;

/** Which few of many stand before a target: the activators before a Revision. */
public final class Subset {
  private Subset() {}

  /**
   * Chooses {@code count} names, the same ones for the same target whoever asks, and mostly the
   * same ones after names came or went.
   *
   * @param names all there are; repeats count once
   * @param count how many to choose; if there are no more, all of them are chosen
   * @param target for whom
   * @return the chosen names, sorted as text
   */
  public static List<String> choose(Collection<String> names, int count, String target) {
    List<String> all = names.stream().distinct().sorted().toList();
    if (count >= all.size()) {
      return all;
    }
    return new Circle(all, target).choose(count).stream().sorted().toList();
  }
}
