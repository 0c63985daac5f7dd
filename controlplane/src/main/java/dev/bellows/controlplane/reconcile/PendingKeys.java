package dev.bellows.controlplane.reconcile;

import dev.bellows.controlplane.watch.Key;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Which keys want a pass, and when; the arithmetic of {@link WorkQueue}, without lock or clock.
 *
 * <p>A key is in at most one of these states per kind of list: <i>waiting</i> (in a lane), <i>being
 * worked on</i>, both (it was added again while being worked on, and joins its lane when that pass
 * ends), and besides <i>due later</i>, <i>due soon</i> and <i>due unless taken back</i> at one time
 * each at most. So no list is longer than the number of objects of the kind.
 */
final class PendingKeys {
  /** First and largest delay after a failed pass (serving spec §0: max(5 ms·2ⁿ ≤ 1000 s)). */
  static final Duration FIRST_RETRY = Duration.ofMillis(5);

  static final Duration LAST_RETRY = Duration.ofSeconds(1000);

  /** Every so many takes the slow lane goes first, so that a busy fast lane cannot starve it. */
  static final int SLOW_TURN = 8;

  /** Who waits for a pass because something changed, and who only because all are looked at. */
  enum Lane {
    FAST,
    SLOW
  }

  private record Later(Key key, long dueNanos) {}

  /**
   * A pass that may wait until more has happened.
   *
   * @param echo whether all that has happened is that the object's own status changed
   */
  private record Soon(long dueNanos, boolean echo) {}

  /**
   * A key to work on.
   *
   * @param echo whether all that has happened since its last pass is that its own status changed
   */
  record Taken(Key key, boolean echo) {}

  private final ArrayDeque<Key> fast = new ArrayDeque<>();
  private final ArrayDeque<Key> slow = new ArrayDeque<>();
  private final Map<Key, Lane> waiting = new HashMap<>();
  private final Set<Key> working = new HashSet<>();
  // nanoTime may wrap: compare differences, as its contract says.
  private final PriorityQueue<Later> later =
      new PriorityQueue<>((a, b) -> Long.signum(a.dueNanos - b.dueNanos));
  private final Map<Key, Later> laterByKey = new HashMap<>();
  // All wait equally long: the order in which they came is the order in which they are due.
  private final Map<Key, Soon> soon = new LinkedHashMap<>();
  // As well.
  private final Map<Key, Long> revocable = new LinkedHashMap<>();
  private final Set<Key> echoes = new HashSet<>();
  private final Map<Key, Integer> failures = new HashMap<>();
  private int takes;

  /**
   * The key wants a pass. Nothing changes if it waits already, unless it moves to the fast lane.
   */
  void add(Key key, Lane lane) {
    echoes.remove(key);
    Lane before = waiting.get(key);
    if (before == Lane.FAST || before == lane) {
      return;
    }
    waiting.put(key, lane);
    if (working.contains(key)) {
      return;
    }
    if (before == Lane.SLOW) {
      slow.remove(key);
    }
    laneOf(lane).add(key);
  }

  /** The key wants a pass at a time; the earliest wish counts. */
  void addAt(Key key, long dueNanos) {
    Later before = laterByKey.get(key);
    if (before != null) {
      if (before.dueNanos - dueNanos <= 0) {
        return;
      }
      later.remove(before);
    }
    Later wish = new Later(key, dueNanos);
    laterByKey.put(key, wish);
    later.add(wish);
  }

  /**
   * The key wants a pass when more has happened, at a time that is the same delay for all; one that
   * begins earlier will do.
   *
   * @param echo whether what happened is that the object's own status changed, and no more
   */
  void addSoon(Key key, long dueNanos, boolean echo) {
    if (waiting.get(key) == Lane.FAST) {
      if (!echo) {
        echoes.remove(key);
      }
      return;
    }
    soon.merge(
        key,
        new Soon(dueNanos, echo),
        (before, now) -> new Soon(before.dueNanos, before.echo && now.echo));
  }

  /**
   * The key wants a pass at a time that is the same delay for all, unless {@link #noLater} is
   * called before. A pass for another reason does not change that; of several wishes the earliest
   * counts.
   */
  void addLater(Key key, long dueNanos) {
    revocable.putIfAbsent(key, dueNanos);
  }

  /** Takes {@link #addLater} back. */
  void noLater(Key key) {
    revocable.remove(key);
  }

  /** The key's pass failed; it wants another after 5 ms·2ⁿ, n being its failures in a row. */
  void addAfterFailure(Key key, long nowNanos) {
    int before = failures.merge(key, 1, Integer::sum) - 1;
    addAt(key, nowNanos + retryDelay(before).toNanos());
  }

  static Duration retryDelay(int failuresBefore) {
    // 5 ms · 2¹⁸ is beyond the limit; shifting further would overflow in the end.
    Duration delay = FIRST_RETRY.multipliedBy(1L << Math.min(failuresBefore, 18));
    return delay.compareTo(LAST_RETRY) > 0 ? LAST_RETRY : delay;
  }

  /** The key's pass went well: its next failure is its first. */
  void forgetFailures(Key key) {
    failures.remove(key);
  }

  /** A key to work on now; until {@link #done} no one else is given it. */
  Optional<Taken> take(long nowNanos) {
    for (Later due = later.peek();
        due != null && due.dueNanos - nowNanos <= 0;
        due = later.peek()) {
      later.remove();
      laterByKey.remove(due.key);
      add(due.key, Lane.FAST);
    }
    moveDueSoon(nowNanos);
    moveDueLater(nowNanos);
    boolean slowFirst = !slow.isEmpty() && (fast.isEmpty() || ++takes % SLOW_TURN == 0);
    Key key = (slowFirst ? slow : fast).poll();
    if (key == null) {
      return Optional.empty();
    }
    waiting.remove(key);
    soon.remove(key);
    working.add(key);
    return Optional.of(new Taken(key, echoes.remove(key)));
  }

  private void moveDueSoon(long nowNanos) {
    for (Iterator<Map.Entry<Key, Soon>> all = soon.entrySet().iterator(); all.hasNext(); ) {
      Map.Entry<Key, Soon> next = all.next();
      if (next.getValue().dueNanos - nowNanos > 0) {
        return;
      }
      Key key = next.getKey();
      boolean onlyEcho =
          next.getValue().echo && (!waiting.containsKey(key) || echoes.contains(key));
      all.remove();
      add(key, Lane.FAST);
      if (onlyEcho) {
        echoes.add(key);
      }
    }
  }

  private void moveDueLater(long nowNanos) {
    for (Iterator<Map.Entry<Key, Long>> all = revocable.entrySet().iterator(); all.hasNext(); ) {
      Map.Entry<Key, Long> next = all.next();
      if (next.getValue() - nowNanos > 0) {
        return;
      }
      all.remove();
      add(next.getKey(), Lane.FAST);
    }
  }

  /** The pass of a taken key has ended, well or not. */
  void done(Key key) {
    working.remove(key);
    Lane again = waiting.get(key);
    if (again != null) {
      laneOf(again).add(key);
    }
  }

  /** When the next key that is due later is due. */
  OptionalLong nextDueNanos() {
    OptionalLong due = OptionalLong.empty();
    if (!later.isEmpty()) {
      due = earlier(due, later.peek().dueNanos);
    }
    if (!soon.isEmpty()) {
      due = earlier(due, soon.values().iterator().next().dueNanos);
    }
    if (!revocable.isEmpty()) {
      due = earlier(due, revocable.values().iterator().next());
    }
    return due;
  }

  private static OptionalLong earlier(OptionalLong due, long other) {
    return due.isEmpty() || other - due.getAsLong() < 0 ? OptionalLong.of(other) : due;
  }

  /** Whether a key can be taken at once. */
  boolean hasWork() {
    return !fast.isEmpty() || !slow.isEmpty();
  }

  /** Whether a key is worked on, or can be taken at once. */
  boolean isBusy() {
    return hasWork() || !working.isEmpty();
  }

  /** Keys that wait in a lane. */
  int size() {
    return waiting.size();
  }

  private ArrayDeque<Key> laneOf(Lane lane) {
    return switch (lane) {
      case FAST -> fast;
      case SLOW -> slow;
    };
  }
}
