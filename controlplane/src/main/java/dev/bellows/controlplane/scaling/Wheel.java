package dev.bellows.controlplane.scaling;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Gives every passenger its turn once per round, counted from when it got on.
 *
 * <p>A round is cut into slots of 10 ms; whoever gets on sits in the slot of that moment for good.
 * So the rounds of different passengers are spread as their beginnings were, getting on and off is
 * a set operation, and there is nothing to sort. A wheel that is turned late gives each passenger
 * one turn for all that it missed: nothing piles up.
 *
 * <p>Anyone may get on and off at any time; one thread turns.
 *
 * @param <T> the passengers
 */
final class Wheel<T> {
  private static final long SLOT_MILLIS = 10;

  private final List<Set<Seat<T>>> slots = new ArrayList<>();
  private long turnedTo = Long.MIN_VALUE;

  /** Where one passenger sits. Not a record: two seats are never equal. */
  static final class Seat<T> {
    private final T passenger;
    private final long slot;

    private Seat(T passenger, long slot) {
      this.passenger = passenger;
      this.slot = slot;
    }
  }

  /**
   * An empty wheel.
   *
   * @param round time between two turns of a passenger, a multiple of 10 ms
   */
  Wheel(Duration round) {
    for (long at = 0; at < round.toMillis(); at += SLOT_MILLIS) {
      slots.add(ConcurrentHashMap.newKeySet());
    }
  }

  /** Gets on; the first turn comes a round from now. */
  Seat<T> add(T passenger, Instant now) {
    Seat<T> seat = new Seat<>(passenger, slotOf(now));
    slot(seat.slot).add(seat);
    return seat;
  }

  /** Gets off; a turn under way is not taken back. */
  void remove(Seat<T> seat) {
    slot(seat.slot).remove(seat);
  }

  /**
   * Gives their turn to all whose time has come since the last call.
   *
   * @return when somebody's time comes next, at the latest a round from now
   */
  Instant turn(Instant now, Consumer<T> due) {
    long current = slotOf(now);
    // Where the clock was set back, turnedTo lies ahead: the wheel just goes on from now.
    long first = Math.max(Math.min(turnedTo, current) + 1, current - slots.size() + 1);
    turnedTo = current;
    for (long slot = first; slot <= current; slot++) {
      for (Seat<T> seat : slot(slot)) {
        // Whoever has just got on waits for a whole round; far ahead is who got on before the
        // clock was set back.
        long ahead = seat.slot - slot;
        if (ahead < 0 || ahead > slots.size()) {
          due.accept(seat.passenger);
        }
      }
    }
    long next = current + 1;
    while (next < current + slots.size() && slot(next).isEmpty()) {
      next++;
    }
    return Instant.ofEpochMilli(next * SLOT_MILLIS);
  }

  private static long slotOf(Instant now) {
    return Math.floorDiv(now.toEpochMilli(), SLOT_MILLIS);
  }

  private Set<Seat<T>> slot(long number) {
    return slots.get((int) Math.floorMod(number, (long) slots.size()));
  }
}
