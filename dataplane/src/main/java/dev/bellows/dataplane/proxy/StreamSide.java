package dev.bellows.dataplane.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import org.jspecify.annotations.Nullable;

/**
 * One side of an exchange on a stream of HTTP/2: messages as the engine knows them become frames
 * and the reverse.
 *
 * <p>Back-pressure: what has come is handed on at once, and the peer is told that it may send as
 * much again unless the other side has asked to stop; then it sends no more than {@link
 * Limits#STREAM_WINDOW_BYTES}. A head waits for what follows it, so that a message without a body
 * is one frame.
 */
abstract class StreamSide {
  final Http2Link link;
  private @Nullable Http2Stream stream;
  private @Nullable Http2Headers head;
  private @Nullable ChannelFuture lastWrite;
  private boolean stopped;
  private int withheld;
  private boolean toldOfReadEnd;

  StreamSide(Http2Link link) {
    this.link = link;
  }

  final void bind(Http2Stream begun) {
    stream = begun;
    link.bind(begun, this);
  }

  // ---- what the connection tells

  /** A head, or trailers. */
  abstract void onHeaders(Http2Headers headers, boolean last);

  /** A piece of the body. */
  abstract void onContent(HttpContent content);

  /** The peer has broken it off. */
  abstract void onReset(@Nullable Http2Error error);

  /** It has ended, in order or not. */
  abstract void onClosed();

  /** The read that brought something for it is over. */
  abstract void onReadDelivered();

  /** It has become writable, or has ceased to be. */
  abstract void onWritable(boolean writable);

  /**
   * Takes over octets of the body.
   *
   * @param size how much of the stream's window they took
   * @return how much the peer may send again
   */
  final int onData(ByteBuf octets, int size, boolean last) {
    if (!octets.isReadable()) {
      octets.release();
      if (last) {
        onContent(LastHttpContent.EMPTY_LAST_CONTENT);
      }
    } else {
      onContent(last ? new DefaultLastHttpContent(octets) : new DefaultHttpContent(octets));
    }
    awaitReadEnd();
    if (stopped) {
      withheld += size;
      return 0;
    }
    return size;
  }

  /** Asks to be told when the read in progress is over. */
  final void awaitReadEnd() {
    if (!toldOfReadEnd) {
      toldOfReadEnd = true;
      link.onReadEnd(this);
    }
  }

  final void onReadEnd() {
    toldOfReadEnd = false;
    onReadDelivered();
  }

  // ---- what the exchange does

  /** Writes a head, as soon as it is known whether a body follows. */
  final void writeHead(Http2Headers headers) {
    head = headers;
  }

  public void write(Object content) {
    HttpContent piece = (HttpContent) content;
    if (!(piece instanceof LastHttpContent last)) {
      sendHead(false);
      send(piece.content(), false);
      return;
    }
    boolean trailers = !last.trailingHeaders().isEmpty();
    boolean octets = last.content().isReadable();
    if (head != null && !octets && !trailers) {
      last.release();
      sendHead(true);
      return;
    }
    sendHead(false);
    if (octets || !trailers) {
      send(last.content(), !trailers);
    } else {
      last.release();
    }
    if (trailers) {
      sendHeaders(Http2Heads.trailers(last.trailingHeaders()), true);
    }
  }

  final void send(ByteBuf octets, boolean last) {
    Http2Stream to = stream;
    if (to == null || (!last && !octets.isReadable())) {
      octets.release();
    } else {
      ChannelFuture written = link.writeData(to.id(), octets, last);
      lastWrite = last ? written : null;
    }
  }

  private void sendHead(boolean last) {
    Http2Headers waiting = head;
    head = null;
    if (waiting != null && opened()) {
      sendHeaders(waiting, last);
    }
  }

  final void sendHeaders(Http2Headers headers, boolean last) {
    Http2Stream to = stream;
    if (to != null) {
      ChannelFuture written = link.writeHeaders(to.id(), headers, last);
      lastWrite = last ? written : null;
    }
  }

  /** Begins the stream if need be; false if that cannot be. */
  abstract boolean opened();

  public void flush() {
    sendHead(false);
    link.flushSoon();
  }

  public boolean isWritable() {
    Http2Stream to = stream;
    return to == null || to.state() == Http2Stream.State.CLOSED || link.isWritable(to);
  }

  public void setReading(boolean wanted) {
    stopped = !wanted;
    Http2Stream from = stream;
    if (wanted && withheld > 0 && from != null) {
      int octets = withheld;
      withheld = 0;
      link.consumed(from, octets);
    }
  }

  /** Whether the peer has more to send. */
  final boolean peerMaySend() {
    Http2Stream from = stream;
    return from != null
        && (from.state() == Http2Stream.State.OPEN
            || from.state() == Http2Stream.State.HALF_CLOSED_LOCAL);
  }

  /** Whether the message has not been ended on this side. */
  final boolean unfinished() {
    Http2Stream to = stream;
    return to != null
        && (to.state() == Http2Stream.State.OPEN
            || to.state() == Http2Stream.State.HALF_CLOSED_REMOTE);
  }

  /** Breaks the stream off, unless it has ended; whether it did. */
  final boolean reset(Http2Error error) {
    Http2Stream open = stream;
    head = null;
    if (open == null || open.state() == Http2Stream.State.CLOSED) {
      return false;
    }
    link.reset(open.id(), error);
    return true;
  }

  /**
   * The message is whole; when it has been written, the peer need not finish its own (RFC 9113
   * §8.1).
   */
  final void resetAfterLastWrite() {
    ChannelFuture last = lastWrite;
    if (last != null) {
      last.addListener(written -> {
        if (peerMaySend()) {
          reset(Http2Error.NO_ERROR);
        }
      });
    }
  }

  final int id() {
    Http2Stream known = stream;
    return known == null ? 0 : known.id();
  }
}
