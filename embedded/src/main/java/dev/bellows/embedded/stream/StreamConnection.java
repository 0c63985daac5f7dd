package dev.bellows.embedded.stream;

import io.netty.channel.Channel;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A client's connection after it has left HTTP.
 *
 * <p>The event loop puts what arrives into the streams' inboxes. When more than {@link
 * #MAX_HELD_BYTES} lie in them together, the connection is not read until half of that is gone: the
 * protocols have no credit per stream that kubectl would honour, so a stream that nobody reads
 * holds up its neighbours, as it does with a kubelet.
 */
public final class StreamConnection implements AutoCloseable {
  /** Unread bytes of all streams together at which the connection is not read any more. */
  static final int MAX_HELD_BYTES = 128 << 10;

  /** Streams of one connection at once. */
  static final int MAX_STREAMS = 256;

  /** A client that takes nothing for so long is cut off. */
  static final Duration MAX_STALL = Duration.ofMinutes(5);

  /**
   * How long a client may take to hang up after our goodbye. Until then what it sends is read and
   * dropped: to close with unread bytes would reset the connection and could take from the client
   * what we sent last.
   */
  private static final Duration LINGER = Duration.ofSeconds(2);

  private final Channel channel;
  private final Peer peer;
  private final Runnable farewell;
  private final LinkedBlockingQueue<Optional<ByteStream>> opened =
      new LinkedBlockingQueue<>(MAX_STREAMS + 1);
  private final AtomicInteger held = new AtomicInteger();
  private final AtomicBoolean closing = new AtomicBoolean();

  /**
   * A connection that carries no stream yet.
   *
   * @param farewell sends what the protocol says at the end
   */
  StreamConnection(Channel channel, Runnable farewell) {
    this.channel = channel;
    this.peer = new Peer(channel, MAX_STALL);
    this.farewell = farewell;
  }

  /** The other end. */
  public Peer peer() {
    return peer;
  }

  /**
   * The next stream that the client opens.
   *
   * @return empty if it opened none in time, or has left
   */
  public Optional<ByteStream> accept(Duration limit) throws InterruptedException {
    if (peer.hasLeft()) {
      return Optional.empty();
    }
    Optional<ByteStream> next = opened.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
    return next == null ? Optional.empty() : next;
  }

  /** On the event loop: whether there was room for another stream. */
  boolean open(ByteStream stream) {
    return !isClosing() && opened.size() < MAX_STREAMS && opened.offer(Optional.of(stream));
  }

  /** On the event loop: the channel is closed. */
  void left() {
    boolean told = opened.offer(Optional.empty());
    assert told : "there is one place more than streams";
    peer.leave();
  }

  /** An inbox that counts against what may be held. */
  Inbox inbox() {
    return new Inbox(this::taken);
  }

  /** On the event loop, before bytes go into an inbox. */
  void received(int bytes) {
    if (held.addAndGet(bytes) > MAX_HELD_BYTES) {
      channel.config().setAutoRead(false);
    }
  }

  private void taken(int bytes) {
    if (held.addAndGet(-bytes) <= MAX_HELD_BYTES / 2 && !channel.config().isAutoRead()) {
      channel.config().setAutoRead(true);
    }
  }

  void send(Object frame) throws PeerGoneException {
    try {
      peer.awaitRoom();
    } catch (PeerGoneException e) {
      ReferenceCountUtil.release(frame);
      throw e;
    }
    channel.writeAndFlush(frame);
  }

  /** Whether what arrives now is only to be dropped. */
  boolean isClosing() {
    return closing.get();
  }

  /** Says goodbye and hangs up. */
  @Override
  public void close() {
    if (!closing.compareAndSet(false, true)) {
      return;
    }
    channel
        .eventLoop()
        .execute(() -> {
          farewell.run();
          channel.config().setAutoRead(true);
          channel
              .eventLoop()
              .schedule(() -> channel.close(), LINGER.toMillis(), TimeUnit.MILLISECONDS);
        });
  }
}
