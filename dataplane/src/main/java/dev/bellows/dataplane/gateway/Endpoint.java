package dev.bellows.dataplane.gateway;

import dev.bellows.core.route.Address;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/**
 * One address of a Service, with what this gateway knows of it: its open requests, and until when
 * it is avoided because it could not be reached. Safe to use from any thread.
 */
final class Endpoint {
  private static final AtomicIntegerFieldUpdater<Endpoint> OPEN =
      AtomicIntegerFieldUpdater.newUpdater(Endpoint.class, "open");

  private final Address address;
  private volatile int open;
  private volatile boolean avoided;
  private volatile long avoidedUntilNanos;

  Endpoint(Address address) {
    this.address = address;
  }

  Address address() {
    return address;
  }

  int open() {
    return open;
  }

  void requestIn() {
    OPEN.incrementAndGet(this);
  }

  void requestOut() {
    OPEN.decrementAndGet(this);
  }

  /** Requests go elsewhere, while there is an elsewhere, until then. */
  void avoidUntil(long nanos) {
    avoidedUntilNanos = nanos;
    avoided = true;
  }

  boolean avoidedAt(long nowNanos) {
    if (avoided && nowNanos - avoidedUntilNanos >= 0) {
      avoided = false;
    }
    return avoided;
  }

  @Override
  public String toString() {
    return address + " (" + open + " open)";
  }
}
