package dev.bellows.controlplane.reconcile;

import java.time.Duration;

/** What a pass leaves to do for its key. */
public sealed interface Outcome {
  /** Nothing, until something changes. */
  record Done() implements Outcome {}

  /**
   * To look again by the clock alone.
   *
   * @param after how long from now
   */
  record LookAgain(Duration after) implements Outcome {}

  /**
   * The pass could not reach its aim; it is tried again after a growing delay, and an event {@code
   * InternalError} tells the object's reader.
   *
   * @param message what went wrong, for that event
   */
  record Failed(String message) implements Outcome {}

  /** Nothing left to do. */
  static Outcome done() {
    return new Done();
  }
}
