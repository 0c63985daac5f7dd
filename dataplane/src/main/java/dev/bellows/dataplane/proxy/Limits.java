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

  /**
   * What the heads of all requests of an event loop may take together, until they are answered; see
   * {@link RequestMemory}. At most a sixteenth of the heap.
   */
  public static final long HEADS_PER_LOOP_BYTES =
      Math.min(8L << 20, Runtime.getRuntime().maxMemory() / 16);

  /** A head that takes no more than this is served even then. */
  public static final int SMALL_HEAD_BYTES = 8 * 1024;

  /**
   * Of the bodies of all requests of an event loop, how much is held before no more is read of
   * those that wait for a target. At most a sixteenth of the heap.
   */
  public static final long HELD_BODIES_PER_LOOP_BYTES =
      Math.min(8L << 20, Runtime.getRuntime().maxMemory() / 16);

  /**
   * Of the responses of all clients of an engine, how much may be unsent because the clients do not
   * read; see {@link UnreadAnswers}. At most a fifth of what the heap may be, which leaves the half
   * of the direct memory that {@code ./bellows} and the sidecar are started with.
   */
  public static final long UNREAD_ANSWERS_BYTES =
      Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 5);

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

  /** Connections of one listener at once; further ones are closed. */
  public static final int CONNECTIONS_PER_LISTENER = 16_384;

  /** Requests in progress that a listener has from other roles of its JVM, per event loop. */
  public static final int HANDED_OVER_PER_LOOP = 16_384;

  /** Connections waiting to be accepted. */
  public static final int ACCEPT_BACKLOG = 4096;

  /** Streams that a client may have open on one connection of HTTP/2 (data-plane spec §1.1). */
  public static final int STREAMS_PER_CONNECTION = 250;

  /**
   * Of a stream of HTTP/2, how much is received before the other side has taken what came earlier.
   * The original allows 1 MiB for all streams of a connection together, where one stream that
   * nobody reads stops the others; here each has its own, and a stream holds no more than a
   * connection of HTTP/1.1 does.
   */
  public static final int STREAM_WINDOW_BYTES = 128 * 1024;

  /** Streams at a time on one connection of HTTP/2 to a target; more take another connection. */
  public static final int STREAMS_PER_UPSTREAM = 100;

  /**
   * Streams that are broken off on one connection to a target before it is left for a new one. With
   * those that are open then it stays within what Netty's servers bear (200 in 30 s).
   */
  public static final int RESETS_PER_UPSTREAM = 100;

  /** The last stream that is begun on a connection; the protocol has room for some more. */
  static final int LAST_STREAM = Integer.MAX_VALUE - 2 * STREAMS_PER_UPSTREAM;

  /** The time for which frames of HTTP/2 that cost more than they carry are counted. */
  public static final Duration FRAME_WINDOW = Duration.ofSeconds(30);

  /** Streams that a peer may reset, or have reset by its mistakes, in {@link #FRAME_WINDOW}. */
  public static final int RESETS_PER_WINDOW = 1000;

  /**
   * SETTINGS, PING, PRIORITY and unknown frames in {@link #FRAME_WINDOW}; each frame of a message
   * allows two more, since some clients answer data with pings to measure the path.
   */
  public static final int OVERHEAD_FRAMES_PER_WINDOW = 1000;

  /** Answers to such frames that wait for a peer which does not read. */
  public static final int QUEUED_CONTROL_FRAMES = 1000;

  /** CONTINUATION frames of less than 8 KiB in one head. */
  public static final int SMALL_CONTINUATION_FRAMES = 16;

  /** DATA frames without data, one after the other. */
  public static final int EMPTY_DATA_FRAMES = 10;

  /** How long a client may take to acknowledge that its connection is about to end. */
  public static final Duration GOAWAY_PATIENCE = Duration.ofSeconds(1);

  /**
   * How long a target may take to agree on TLS. The original counts this into the 50 ms of a dial;
   * a JVM that does it for the first time needs more than that.
   */
  public static final Duration TLS_HANDSHAKE = Duration.ofSeconds(5);

  private Limits() {}
}
