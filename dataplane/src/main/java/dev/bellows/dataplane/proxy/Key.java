package dev.bellows.dataplane.proxy;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Names something that a stage leaves on an exchange for a later one. Made once, as a constant:
 * every exchange with attributes has a slot for each key.
 *
 * @param <T> type of the value; only the type parameter says so, hence the unchecked cast inside
 */
@SuppressWarnings("UnusedTypeParameter") // carries the value's type for Exchange.get and put
public final class Key<T> {
  private static final AtomicInteger MADE = new AtomicInteger();

  private final String name;
  final int index;

  private Key(String name) {
    this.name = name;
    this.index = MADE.getAndIncrement();
  }

  /** A new key, different from all others. */
  public static <T> Key<T> of(String name) {
    return new Key<>(name);
  }

  static int count() {
    return MADE.get();
  }

  @Override
  public String toString() {
    return name;
  }
}
