package dev.bellows.dataplane.proxy;

/** Told once when an exchange is over. */
@FunctionalInterface
public interface EndListener {
  /**
   * The exchange is over: nothing of it will be read or written again.
   *
   * @param exchange which
   * @param end how it ended
   */
  void onEnd(Exchange exchange, End end);
}
