package dev.bellows.embedded.store;

import java.util.Optional;

/** One committed change of one object, as watchers see it. */
public sealed interface Change {
  /** The state after the change; of a removed object its last state. */
  Entry entry();

  /** The state before the change, empty for a new object. */
  Optional<Entry> before();

  /** An object appeared. */
  record Added(Entry entry) implements Change {
    @Override
    public Optional<Entry> before() {
      return Optional.empty();
    }
  }

  /** An object got another state. */
  record Modified(Entry entry, Entry previous) implements Change {
    @Override
    public Optional<Entry> before() {
      return Optional.of(previous);
    }
  }

  /** An object went; {@code entry} is its last state, at the version of the removal. */
  record Removed(Entry entry, Entry previous) implements Change {
    @Override
    public Optional<Entry> before() {
      return Optional.of(previous);
    }
  }
}
