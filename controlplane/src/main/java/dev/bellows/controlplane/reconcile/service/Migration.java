package dev.bellows.controlplane.reconcile.service;

import dev.bellows.api.serving.TrafficTarget;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Whether the traffic in force is the traffic that was asked for. */
final class Migration {
  private record Share(@Nullable String tag, @Nullable String revision, boolean latest) {}

  private Migration() {}

  /**
   * @param wanted the Route's spec
   * @param inForce the Route's status
   * @param latestReady the Revision that targets without a name stand for
   */
  static boolean isComplete(
      List<TrafficTarget> wanted, List<TrafficTarget> inForce, @Nullable String latestReady) {
    return shares(wanted, latestReady).equals(shares(inForce, latestReady));
  }

  /**
   * Sums up what is alike, as the Route's status does; compared entry by entry, two alike in the
   * spec would never be found in the status (serving spec §11).
   */
  private static Map<Share, Long> shares(
      List<TrafficTarget> targets, @Nullable String latestReady) {
    Map<Share, Long> shares = new LinkedHashMap<>();
    for (TrafficTarget target : targets) {
      String revision = emptyToNull(target.revisionName());
      boolean latest = revision == null || Boolean.TRUE.equals(target.latestRevision());
      shares.merge(
          new Share(emptyToNull(target.tag()), revision == null ? latestReady : revision, latest),
          Objects.requireNonNullElse(target.percent(), 0L),
          Long::sum);
    }
    return shares;
  }

  private static @Nullable String emptyToNull(@Nullable String text) {
    return text == null || text.isEmpty() ? null : text;
  }
}
