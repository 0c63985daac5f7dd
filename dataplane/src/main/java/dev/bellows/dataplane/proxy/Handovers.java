package dev.bellows.dataplane.proxy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The requests in progress that a listener was handed by other roles of its JVM, on one event loop.
 * Used on that loop only.
 */
final class Handovers {
  private @Nullable Handover first;
  private int count;
  private @Nullable CompletableFuture<Void> none;

  /** Whether there was room for one more, which is then in it. */
  boolean add(Handover handover) {
    if (count >= Limits.HANDED_OVER_PER_LOOP) {
      return false;
    }
    count++;
    Handover second = first;
    handover.next = second;
    if (second != null) {
      second.previous = handover;
    }
    first = handover;
    return true;
  }

  /** It is over; to be called once. */
  void remove(Handover handover) {
    Handover before = handover.previous;
    Handover after = handover.next;
    if (before == null) {
      first = after;
    } else {
      before.next = after;
    }
    if (after != null) {
      after.previous = before;
    }
    handover.previous = null;
    handover.next = null;
    count--;
    CompletableFuture<Void> awaited = none;
    if (count == 0 && awaited != null) {
      awaited.complete(null);
    }
  }

  /** Done when none is left; no others may come. */
  CompletionStage<Void> whenNone() {
    CompletableFuture<Void> awaited = none;
    if (awaited == null) {
      awaited = new CompletableFuture<>();
      none = awaited;
    }
    if (count == 0) {
      awaited.complete(null);
    }
    return awaited;
  }

  /** Ends all at once. */
  void cut() {
    for (Handover each = first; each != null; each = first) {
      each.cut();
    }
  }
}
