package dev.bellows.controlplane.reconcile;

import dev.bellows.controlplane.watch.Key;

/** Brings the objects of one kind closer to what they ask for, one pass at a time. */
public interface Reconciler {
  /** The controller's name, as the source of its Events: {@code revision-controller}. */
  String name();

  /**
   * One pass: observes, plans, applies. Never two at once for the same key. The object may be gone;
   * then there is mostly nothing to do.
   *
   * @throws StepFailed if a write failed; the key is tried again after a growing delay
   */
  Outcome reconcile(Key key);
}
