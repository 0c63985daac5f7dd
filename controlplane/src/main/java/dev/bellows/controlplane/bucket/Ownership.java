package dev.bellows.controlplane.bucket;

import dev.bellows.controlplane.watch.Key;

/** Which keys are this process's to take care of, now. */
public interface Ownership {
  /** Whether a key is ours. */
  boolean isOurs(Key key);

  /** Whether a key is known to be another's; while nobody is known to have it, it is neither. */
  boolean isAnothers(Key key);

  /**
   * Calls {@code listener} after each change of what is whose, on any thread; it must not block. To
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
      public boolean isAnothers(Key key) {
        return false;
      }

      @Override
      public void onChange(Runnable listener) {}
    };
  }
}
