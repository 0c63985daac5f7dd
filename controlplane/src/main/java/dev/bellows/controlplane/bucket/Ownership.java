package dev.bellows.controlplane.bucket;

import dev.bellows.controlplane.watch.Key;

/** Which keys are this process's to take care of, now. */
public interface Ownership {
  /** Whether a Revision's PodAutoscaler and Metric are ours. */
  boolean isOurs(Key key);

  /**
   * Calls {@code listener} after each change of what is ours, on any thread; it must not block. To
   * be called before it begins.
   */
  void onChange(Runnable listener);

  /** Of the only autoscaler there is: everything, always. */
  static Ownership ofAll() {
    return new Ownership() {
      @Override
      public boolean isOurs(Key key) {
        return true;
      }

      @Override
      public void onChange(Runnable listener) {}
    };
  }
}
