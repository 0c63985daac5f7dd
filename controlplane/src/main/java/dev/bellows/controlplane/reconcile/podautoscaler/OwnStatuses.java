package dev.bellows.controlplane.reconcile.podautoscaler;

import dev.bellows.controlplane.watch.Key;
import dev.bellows.core.podautoscaler.PodAutoscalerStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Statuses that we wrote and the watch has not shown yet. A status is input to the next plan (since
 * when is it active?), so a pass that comes within the watch's delay must not plan on the old one:
 * it would write it anew, with younger stamps, and could take back that the Revision has begun.
 *
 * <p>We are the only writer of these statuses, so what is seen is either one of those we wrote
 * over, and then our last is newer, or our last. At most one entry per PodAutoscaler.
 */
final class OwnStatuses {
  /** Statuses written within the watch's delay; of more, the oldest is forgotten. */
  private static final int MOST_OLDER = 16;

  private final Map<Key, Written> unseen = new ConcurrentHashMap<>();

  private record Written(String uid, List<PodAutoscalerStatus> older, PodAutoscalerStatus last) {}

  /**
   * The newer one of what is seen and what we wrote.
   *
   * @param uid of the PodAutoscaler: what was written about one of the same name before says
   *     nothing
   */
  PodAutoscalerStatus latest(Key key, String uid, PodAutoscalerStatus seen) {
    Written written = unseen.get(key);
    if (written == null) {
      return seen;
    }
    if (written.uid.equals(uid) && written.older.contains(seen)) {
      return written.last;
    }
    unseen.remove(key);
    return seen;
  }

  /**
   * We wrote a status.
   *
   * @param planned what we planned on: seen, or our last
   */
  void wrote(
      Key key,
      String uid,
      PodAutoscalerStatus seen,
      PodAutoscalerStatus planned,
      PodAutoscalerStatus written) {
    Written before = unseen.get(key);
    List<PodAutoscalerStatus> older =
        new ArrayList<>(before == null ? List.of(seen) : before.older);
    older.add(planned);
    older.remove(written);
    while (older.size() > MOST_OLDER) {
      older.removeFirst();
    }
    unseen.put(key, new Written(uid, List.copyOf(older), written));
  }

  void forget(Key key) {
    unseen.remove(key);
  }
}
