package dev.bellows.dataplane.proxy;

import dev.bellows.core.route.Address;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2LocalFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import org.jspecify.annotations.Nullable;

/**
 * A connection of HTTP/2 to a target, shared by the exchanges of its event loop.
 *
 * <p>It <em>retires</em>, which means that it begins no more streams and closes after the last one,
 * when the target says so (GOAWAY), when the target is no more, and when it has broken off {@link
 * Limits#RESETS_PER_UPSTREAM} streams: targets count those, and one that has had enough would take
 * the requests of other clients down with the connection.
 */
final class Http2Upstream implements Http2Link.Owner {
  private final Http2Pool pool;
  private final Address target;
  private final Http2Link link;
  private int open;
  private int resets;
  private boolean retired;
  private long idleSinceNanos;

  Http2Upstream(Http2Pool pool, Address target, LoopState loopState) {
    this.pool = pool;
    this.target = target;
    this.link = Http2Link.client(this, loopState);
    this.idleSinceNanos = loopState.nowNanos();
  }

  Address target() {
    return target;
  }

  /** The handler of its frames. */
  Http2Link link() {
    return link;
  }

  /** Whether another exchange may have a stream. */
  boolean hasRoom() {
    return !retired
        && open < Math.min(Limits.STREAMS_PER_UPSTREAM, local().maxActiveStreams())
        && local().lastStreamCreated() < Limits.LAST_STREAM
        && link.isActive();
  }

  private Http2Connection.Endpoint<Http2LocalFlowController> local() {
    return link.connection().local();
  }

  /** A stream for an exchange; not begun yet. */
  UpstreamStream open() {
    open++;
    return new UpstreamStream(this, link, link.decoder().prefaceReceived());
  }

  /** Begins a stream, or returns null if the target has withdrawn its leave. */
  @Nullable Http2Stream createStream() {
    try {
      return local().createStream(local().incrementAndGetNextStreamId(), false);
    } catch (Http2Exception refused) {
      onUnused();
      return null;
    }
  }

  /** A stream that was to be begun will not be. */
  void onUnused() {
    onStreamClosed();
  }

  /** Whether the target has said that it did not look at a stream (RFC 9113 §6.8). */
  boolean refused(int stream) {
    return link.connection().goAwayReceived() && stream > local().lastStreamKnownByPeer();
  }

  void onResetSent() {
    resets++;
    if (resets >= Limits.RESETS_PER_UPSTREAM) {
      retire();
    }
  }

  boolean idle() {
    return open == 0;
  }

  long idleSinceNanos() {
    return idleSinceNanos;
  }

  /** Begins no more streams and closes after the last one. */
  void retire() {
    retired = true;
    pool.remove(this);
    if (idle()) {
      close();
    }
  }

  void close() {
    link.close();
  }

  @Override
  public @Nullable StreamSide onOpened(Http2Link from, Http2Stream stream) {
    return null; // a server begins streams by pushing, which the settings forbid
  }

  @Override
  public void onStreamClosed() {
    open--;
    if (open > 0) {
      return;
    }
    idleSinceNanos = pool.nowNanos();
    if (retired) {
      // Not from here: the stream's end is being told.
      link.channel().eventLoop().execute(this::close);
    } else {
      pool.onIdle(this);
    }
  }

  @Override
  public void onGoAway() {
    retire();
  }

  @Override
  public void onInactive() {
    pool.remove(this);
  }
}
