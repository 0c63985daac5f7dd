package dev.bellows.controlplane.watch;

/**
 * What became of one watched object. Only for finding out who must look again: reconcilers act on
 * the state they see, not on the change.
 *
 * @param <T> its kind
 */
public sealed interface Change<T> {
  /** It was not known before. */
  record Added<T>(T object) implements Change<T> {}

  /** It differs from what was known. */
  record Updated<T>(T before, T object) implements Change<T> {}

  /** It is gone; {@code object} is its last known state. */
  record Removed<T>(T object) implements Change<T> {}

  /** The object as it is now, or was last. */
  T object();
}
