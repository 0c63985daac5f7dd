package dev.bellows.embedded.apiserver;

import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * So many requests of a sort at once. Some of the places are for the owner and Bellows' own parts
 * alone: a pod's token cannot keep them out.
 */
final class Places {
  /** One in so many places is not for others than masters. */
  private static final int RESERVED = 4;

  private final Semaphore all;
  private final Semaphore others;

  Places(int count) {
    this.all = new Semaphore(count);
    this.others = new Semaphore(count - count / RESERVED);
  }

  /** A place, to be left once. */
  interface Place extends AutoCloseable {
    @Override
    void close();
  }

  /** Takes a place at once, or none. */
  Optional<Place> take(User user) {
    boolean master = user.isMaster();
    if (!master && !others.tryAcquire()) {
      return Optional.empty();
    }
    if (!all.tryAcquire()) {
      if (!master) {
        others.release();
      }
      return Optional.empty();
    }
    return Optional.of(() -> {
      all.release();
      if (!master) {
        others.release();
      }
    });
  }
}
