package dev.bellows.dataplane.proxy;

import java.time.Duration;

/** The engine's bounds. What grows in it grows up to one of these. */
public final class Limits {
  /**
   * Request line, and all header lines together, of a request or response. The original allows 1
   * MiB (Go's default); nothing on its path produces heads of that size, and a held request costs
   * what its head costs. A larger one is answered 431 or 414.
   */
  public static final int HEAD_BYTES = 64 * 1024;

  /**
   * Time for a request head to arrive, from accept or from its first byte (data-plane spec §1.1).
   */
  public static final Duration HEAD_TIMEOUT = Duration.ofSeconds(60);

  /**
   * Of a request's body, how much is read while the exchange waits for a target; one read more may
   * be held (at most {@link #READ_BYTES}).
   */
  public static final int HELD_BODY_BYTES = 64 * 1024;

  /** Largest single read from a socket. */
  public static final int READ_BYTES = 64 * 1024;

  /** A side that has this much unsent makes the engine stop reading the other side. */
  public static final int WRITE_HIGH_BYTES = 128 * 1024;

  /** Reading goes on when no more than this is unsent. */
  public static final int WRITE_LOW_BYTES = 32 * 1024;

  /**
   * After an early response, how much of the rest of the request is read to keep the connection.
   */
  public static final int DISCARDED_BODY_BYTES = 256 * 1024;

  /**
   * How long a closing connection is read on, so that the client sees the response, not a reset.
   */
  public static final Duration LINGER = Duration.ofMillis(500);

  /** Idle upstream connections per target and event loop. */
  public static final int IDLE_PER_TARGET = 256;

  /** Idle upstream connections in all per event loop. */
  public static final int IDLE_PER_LOOP = 4096;

  /** How long an upstream connection may be idle (data-plane spec §1.1). */
  public static final Duration IDLE_TIMEOUT = Duration.ofSeconds(90);

  /** Connections waiting to be accepted. */
  public static final int ACCEPT_BACKLOG = 4096;

  private Limits() {}
}
