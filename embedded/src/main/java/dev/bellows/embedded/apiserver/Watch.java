package dev.bellows.embedded.apiserver;

/** A running watch. */
public interface Watch extends AutoCloseable {
  /** Ends it; an event that is being delivered is delivered to its end. */
  @Override
  void close();
}
