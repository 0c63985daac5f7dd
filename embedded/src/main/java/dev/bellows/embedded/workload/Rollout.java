package dev.bellows.embedded.workload;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Decides how many replicas each ReplicaSet of a Deployment is to have, from facts alone. The rules
 * are upstream's (Kubernetes documentation, "Deployments": rolling update, proportional scaling).
 */
final class Rollout {
  private Rollout() {}

  /**
   * The sizes to set; a ReplicaSet that keeps its size is not named.
   *
   * @param current the ReplicaSet of the present template
   * @param old the others that are not on their way out
   */
  static Map<String, Integer> plan(
      Deployment deployment, ReplicaSet current, List<ReplicaSet> old) {
    Map<String, Integer> sizes = new LinkedHashMap<>();
    if (deployment.paused() || isScaling(deployment, current, old)) {
      scale(deployment, current, old, sizes);
    } else if (deployment.recreates()) {
      recreate(deployment, current, old, sizes);
    } else {
      roll(deployment, current, old, sizes);
    }
    return sizes;
  }

  private static void set(Map<String, Integer> sizes, ReplicaSet replicaSet, int size) {
    if (size != replicaSet.replicas()) {
      sizes.put(replicaSet.name(), size);
    }
  }

  /** Whether somebody changed the wanted number since a ReplicaSet was last sized. */
  private static boolean isScaling(
      Deployment deployment, ReplicaSet current, List<ReplicaSet> old) {
    List<ReplicaSet> all = new ArrayList<>(old);
    all.add(current);
    String wanted = Integer.toString(deployment.replicas());
    return all.stream()
        .filter(each -> each.replicas() > 0)
        .map(each -> each.annotation(ReplicaSet.DESIRED_REPLICAS))
        .anyMatch(desired -> !desired.isEmpty() && !desired.equals(wanted));
  }

  private static void scale(
      Deployment deployment, ReplicaSet current, List<ReplicaSet> old, Map<String, Integer> sizes) {
    List<ReplicaSet> active =
        new ArrayList<>(old.stream().filter(each -> each.replicas() > 0).toList());
    if (current.replicas() > 0) {
      active.add(current);
    }
    if (active.isEmpty()) {
      set(sizes, current, deployment.replicas());
    } else if (active.size() == 1) {
      set(sizes, active.getFirst(), deployment.replicas());
    } else if (current.replicas() == deployment.replicas()
        && current.available() == deployment.replicas()) {
      old.forEach(each -> set(sizes, each, 0)); // saturated: the others are not needed any more
    } else {
      scaleInProportion(deployment, active, sizes);
    }
  }

  /** In mid-rollout the change is shared out by size, so that a bad new template stays small. */
  private static void scaleInProportion(
      Deployment deployment, List<ReplicaSet> active, Map<String, Integer> sizes) {
    int total = active.stream().mapToInt(ReplicaSet::replicas).sum();
    int allowed = deployment.replicas() > 0 ? deployment.replicas() + deployment.maxSurge() : 0;
    int toAdd = allowed - total;
    Comparator<ReplicaSet> bySize = Comparator.comparingInt(ReplicaSet::replicas);
    // Growing favours the newer of two equals, shrinking the older.
    List<ReplicaSet> ordered =
        active.stream()
            .sorted(
                toAdd > 0
                    ? bySize.reversed().thenComparing(ReplicaSet.BY_AGE.reversed())
                    : bySize.reversed().thenComparing(ReplicaSet.BY_AGE))
            .toList();
    int added = 0;
    Map<String, Integer> planned = new LinkedHashMap<>();
    for (ReplicaSet each : ordered) {
      int share = toAdd == 0 ? 0 : fraction(each, allowed, toAdd, added);
      planned.put(each.name(), each.replicas() + share);
      added += share;
    }
    int rest = toAdd - added;
    for (ReplicaSet each : ordered) {
      int size = planned.getOrDefault(each.name(), 0);
      if (each.equals(ordered.getFirst()) && rest != 0) {
        size = Math.max(0, size + rest);
      }
      set(sizes, each, size);
    }
  }

  private static int fraction(ReplicaSet each, int allowed, int toAdd, int added) {
    String before = each.annotation(ReplicaSet.MAX_REPLICAS);
    double base =
        before.isEmpty()
            ? Math.max(1, each.status().path("replicas").asInt(1))
            : Integer.parseInt(before);
    int share = (int) Math.round(each.replicas() * (double) allowed / base) - each.replicas();
    int left = toAdd - added;
    return toAdd > 0 ? Math.clamp(share, 0, left) : Math.clamp(share, left, 0);
  }

  private static void recreate(
      Deployment deployment, ReplicaSet current, List<ReplicaSet> old, Map<String, Integer> sizes) {
    old.forEach(each -> set(sizes, each, 0));
    boolean gone = old.stream().allMatch(each -> each.replicas() == 0 && each.present() == 0);
    if (gone) {
      set(sizes, current, deployment.replicas());
    }
  }

  private static void roll(
      Deployment deployment, ReplicaSet current, List<ReplicaSet> old, Map<String, Integer> sizes) {
    int total = current.replicas() + old.stream().mapToInt(ReplicaSet::replicas).sum();
    if (current.replicas() > deployment.replicas()) {
      set(sizes, current, deployment.replicas());
      return;
    }
    int room = deployment.replicas() + deployment.maxSurge() - total;
    int growth = Math.min(room, deployment.replicas() - current.replicas());
    if (growth > 0) {
      set(sizes, current, current.replicas() + growth);
      return; // the old ones shrink when these are there
    }
    shrinkOld(deployment, current, old, total, sizes);
  }

  private static void shrinkOld(
      Deployment deployment,
      ReplicaSet current,
      List<ReplicaSet> old,
      int total,
      Map<String, Integer> sizes) {
    int minAvailable = deployment.replicas() - deployment.maxUnavailable();
    int notYetAvailable = current.replicas() - current.available();
    int mayGo = total - minAvailable - notYetAvailable;
    if (mayGo <= 0) {
      return;
    }
    List<ReplicaSet> oldest = old.stream().sorted(ReplicaSet.BY_AGE).toList();
    Map<String, Integer> left = new LinkedHashMap<>();
    // First those that serve nobody.
    int cleaned = 0;
    for (ReplicaSet each : oldest) {
      int unhealthy = Math.clamp((long) each.replicas() - each.available(), 0, mayGo - cleaned);
      left.put(each.name(), each.replicas() - unhealthy);
      cleaned += unhealthy;
    }
    int available = current.available() + old.stream().mapToInt(ReplicaSet::available).sum();
    int surplus = available - minAvailable;
    for (ReplicaSet each : oldest) {
      int size = left.getOrDefault(each.name(), 0);
      int goes = Math.clamp((long) surplus, 0, size);
      surplus -= goes;
      set(sizes, each, size - goes);
    }
  }
}
