package dev.bellows.core.throttle;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Which pods of a Revision are this activator's (data-plane spec §4.5). Activators that share a
 * Revision with a limited containerConcurrency divide its pods, since none sees how full the others
 * have made a pod.
 */
public final class PodSubset {
  private PodSubset() {}

  /**
   * Where this activator stands among those in the path of a Revision.
   *
   * @param activatorIps ready addresses of the Revision's public Service
   * @param selfIp this activator's own
   * @return its position in text order, or nothing if it is not in the path
   */
  public static OptionalInt indexOf(List<String> activatorIps, String selfIp) {
    int index = activatorIps.stream().sorted().toList().indexOf(selfIp);
    return index < 0 ? OptionalInt.empty() : OptionalInt.of(index);
  }

  /**
   * The pods of one activator: an equal run of the sorted list, and one of those left over at its
   * end while they last. With more activators than pods, several share a pod.
   *
   * @param pods all pods, sorted
   * @param selfIndex this activator's position, if known
   * @param activators how many activators share the pods
   * @return its pods in the same order; all of them while its position is unknown
   */
  public static <T> List<T> of(List<T> pods, OptionalInt selfIndex, int activators) {
    int size = pods.size();
    if (selfIndex.isEmpty() || size <= 1 || activators <= 1) {
      return List.copyOf(pods);
    }
    int index = selfIndex.getAsInt();
    if (activators > size) {
      return List.of(pods.get(index % size));
    }
    int share = size / activators;
    int left = size % activators;
    List<T> assigned = new ArrayList<>(pods.subList(index * share, (index + 1) * share));
    if (index < left) {
      assigned.add(pods.get(size - left + index));
    }
    return List.copyOf(assigned);
  }
}
