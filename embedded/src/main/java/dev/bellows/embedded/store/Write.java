package dev.bellows.embedded.store;

import java.util.function.LongFunction;

/**
 * A wish to change one object, granted only if the object is still at the version that the writer
 * has seen.
 */
public sealed interface Write {
  /** The version that says: the object must not exist yet. */
  long ABSENT = 0;

  /** The object to change. */
  Key key();

  /** The version that the writer has seen, or {@link #ABSENT}. */
  long expected();

  /**
   * Makes the new bytes, being told the version that they get. Called on the writer's thread, so it
   * only serialises; what it throws goes to this writer alone.
   */
  LongFunction<byte[]> value();

  /** Creates the object ({@code expected} is {@link #ABSENT}) or gives it a new state. */
  record Put(Key key, long expected, LongFunction<byte[]> value) implements Write {}

  /** Removes the object; {@code value} makes the last state that watchers are shown. */
  record Remove(Key key, long expected, LongFunction<byte[]> value) implements Write {}
}
