package dev.bellows.core.shard;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Names placed on a circle of 2048 angles, each circle drawn for one target: another target sees
 * the same names elsewhere, so that not all targets choose alike. When a name comes or goes, few
 * choices change.
 */
final class Circle {
  /** Angles of the circle; a power of two, so that the remainder of an unsigned hash is a mask. */
  private static final int ANGLES = 2048;

  private static final String START_SALT = "start-angle-salt";
  private static final String STEP_SALT = "step-angle-salt";

  private final String target;
  private final TreeMap<Integer, String> names = new TreeMap<>();

  /**
   * @throws IllegalArgumentException if there are more names than angles
   */
  Circle(Collection<String> names, String target) {
    TreeSet<String> distinct = new TreeSet<>(names);
    if (distinct.size() > ANGLES) {
      throw new IllegalArgumentException(
          "at most " + ANGLES + " names fit on the circle, got " + distinct.size());
    }
    this.target = target;
    // In the order of the names, since the first to come has the angle.
    distinct.forEach(this::place);
  }

  private void place(String name) {
    String placed = name + target;
    long hash = Fnv1a.hash(placed);
    while (names.containsKey(angle(hash))) {
      placed += Long.toHexString(hash);
      hash = Fnv1a.hash(placed);
    }
    names.put(angle(hash), name);
  }

  /** The names met when walking round, one at each of {@code count} equal steps. */
  List<String> choose(int count) {
    TreeMap<Integer, String> left = new TreeMap<>(names);
    int at = angle(Fnv1a.hash(target + START_SALT));
    int step = angle(Fnv1a.hash(target + STEP_SALT));
    List<String> chosen = new ArrayList<>();
    while (chosen.size() < count && !left.isEmpty()) {
      Map.Entry<Integer, String> next = left.ceilingEntry(at);
      Map.Entry<Integer, String> met = next == null ? left.firstEntry() : next;
      left.remove(met.getKey());
      chosen.add(met.getValue());
      at = (at + step) % ANGLES;
    }
    return chosen;
  }

  private static int angle(long hash) {
    return (int) (hash & (ANGLES - 1));
  }
}
