package dev.bellows.controlplane.bucket;

import dev.bellows.controlplane.watch.Key;
import java.util.function.Predicate;

/** What passes with a bucket from one holder to the next: what the one knew of its keys. */
public interface Handover {
  /**
   * What a successor should know.
   *
   * @param keys those of the bucket
   * @param limit in bytes
   * @return empty if there is nothing to know
   */
  byte[] leave(Predicate<Key> keys, int limit);

  /** Takes what a predecessor left, before any of its keys is looked at. */
  void take(byte[] left);

  /** Nothing is known, and nothing left. */
  static Handover ofNothing() {
    return new Handover() {
      @Override
      public byte[] leave(Predicate<Key> keys, int limit) {
        return new byte[0];
      }

      @Override
      public void take(byte[] left) {}
    };
  }
}
