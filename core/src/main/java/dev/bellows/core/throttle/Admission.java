package dev.bellows.core.throttle;

/** What a {@link Breaker} says to one more request. */
public sealed interface Admission {
  /** The request runs now; {@link Breaker#release} is due once, when its whole exchange ended. */
  record Admitted() implements Admission {
    static final Admitted INSTANCE = new Admitted();

    @Override
    public String toString() {
      return "The request runs at once.";
    }
  }

  /**
   * The request waits for a slot. It is the caller's to keep the order of those who wait; one
   * leaves when {@link Breaker#release} or {@link Breaker#resize} says so, or by {@link
   * Breaker#cancel}.
   */
  record Queued() implements Admission {
    static final Queued INSTANCE = new Queued();

    @Override
    public String toString() {
      return "The request waits until a running one ends or capacity grows.";
    }
  }

  /**
   * The request is refused at once; it holds nothing.
   *
   * @param running requests that run
   * @param waiting requests that wait
   * @param slots how many may be here in all, running or waiting
   */
  record Rejected(int running, int waiting, long slots) implements Admission {
    /** The answer's text on the wire (data-plane spec §3.3). */
    public static final String PENDING_REQUEST_QUEUE_FULL = "pending request queue full";

    @Override
    public String toString() {
      return "The request is refused because %d running and %d waiting requests take all %d slots."
          .formatted(running, waiting, slots);
    }
  }
}
