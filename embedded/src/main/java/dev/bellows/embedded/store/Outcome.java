package dev.bellows.embedded.store;

import java.util.Optional;

/** What became of a {@link Write}. */
public sealed interface Outcome {
  /** Durable: it survives the end of the process and of the machine. */
  record Committed(Entry entry) implements Outcome {}

  /** Refused: the object is at another version than expected; {@code current} is what is there. */
  record Conflict(Optional<Entry> current) implements Outcome {}
}
