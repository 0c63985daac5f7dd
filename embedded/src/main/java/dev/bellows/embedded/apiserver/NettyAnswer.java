package dev.bellows.embedded.apiserver;

import dev.bellows.embedded.stream.Peer;
import dev.bellows.embedded.stream.PeerGoneException;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2StreamChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** An {@link Answer} over a Netty channel: an HTTP/1.1 connection or an HTTP/2 stream. */
final class NettyAnswer implements Answer {
  /** A client that takes nothing for this long is cut off; it may watch again from where it was. */
  static final Duration MAX_STALL = Duration.ofSeconds(30);

  /**
   * What is written at once of an answer, before it is looked whether the client takes it: else TLS
   * would make a second copy of all of it for a client that takes nothing.
   */
  static final int SLICE_BYTES = 32 << 10;

  /** Warnings that one answer carries at most. */
  private static final int MAX_WARNINGS = 32;

  private final ChannelHandlerContext context;
  private final boolean keepAlive;
  private final Consumer<ChannelHandlerContext> finished;
  private final List<String> warnings = new ArrayList<>();
  private final Peer client;

  /**
   * @param finished called on the event loop when the answer is complete and the connection can
   *     carry another
   */
  NettyAnswer(
      ChannelHandlerContext context, boolean keepAlive, Consumer<ChannelHandlerContext> finished) {
    this.context = context;
    this.keepAlive = keepAlive;
    this.finished = finished;
    this.client = new Peer(context.channel(), MAX_STALL);
  }

  @Override
  public void warn(String text) {
    addWarning(warnings, text);
  }

  /** Adds a warning, as a header carries it, unless it is there or there are too many. */
  static void addWarning(List<String> warnings, String text) {
    String header = "299 - \"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    if (warnings.size() < MAX_WARNINGS && !warnings.contains(header)) {
      warnings.add(header);
    }
  }

  @Override
  public void send(int code, String contentType, byte[] body) {
    if (body.length > SLICE_BYTES && !context.executor().inEventLoop()) {
      sendSliced(code, contentType, body);
      return;
    }
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(code), Unpooled.wrappedBuffer(body));
    fill(response.headers(), contentType);
    response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.length);
    end(response);
  }

  private void sendSliced(int code, String contentType, byte[] body) {
    HttpResponse response =
        new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(code));
    fill(response.headers(), contentType);
    response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.length);
    context.write(response);
    try {
      new Parts().write(body);
    } catch (ClientGone e) {
      return; // nobody is left to be answered, and the connection is closed
    }
    end(LastHttpContent.EMPTY_LAST_CONTENT);
  }

  private void fill(HttpHeaders headers, String contentType) {
    headers.set(HttpHeaderNames.CONTENT_TYPE, contentType);
    headers.set(HttpHeaderNames.CACHE_CONTROL, "no-cache, private");
    for (String warning : warnings) {
      headers.add("Warning", warning);
    }
    if (!keepAlive) {
      headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
  }

  private void end(Object last) {
    context
        .executor()
        .execute(() -> {
          var sent = context.writeAndFlush(last);
          if (!keepAlive) {
            sent.addListener(ChannelFutureListener.CLOSE);
          } else if (!(context.channel() instanceof Http2StreamChannel)) {
            finished.accept(context);
          }
        });
  }

  @Override
  public Stream passing(int code, Map<String, List<String>> headers) {
    HttpResponse response =
        new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(code));
    headers.forEach(response.headers()::add);
    boolean counted = response.headers().contains(HttpHeaderNames.CONTENT_LENGTH);
    if (!keepAlive) {
      response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
    if (!counted && !(context.channel() instanceof Http2StreamChannel)) {
      response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    }
    context.writeAndFlush(response);
    return new Parts();
  }

  @Override
  public Stream stream(String contentType) {
    HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
    fill(response.headers(), contentType);
    if (!(context.channel() instanceof Http2StreamChannel)) {
      response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    }
    context.writeAndFlush(response);
    return new Parts();
  }

  /** The client, whom the event loop tells us about. */
  Peer client() {
    return client;
  }

  /** The stream without its beginning: for an answer that begins otherwise. */
  Parts parts() {
    return new Parts();
  }

  /** An answer in chunks. */
  final class Parts implements Stream {
    private Parts() {}

    @Override
    public void write(byte[] part) throws ClientGone {
      for (int from = 0; from < part.length; from += SLICE_BYTES) {
        awaitRoom();
        int length = Math.min(SLICE_BYTES, part.length - from);
        context.writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(part, from, length)));
      }
    }

    void awaitRoom() throws ClientGone {
      try {
        client.awaitRoom();
      } catch (PeerGoneException e) {
        throw new ClientGone(String.valueOf(e.getMessage()));
      }
    }

    @Override
    public boolean isClosed() {
      return client.hasLeft();
    }

    @Override
    public void onClose(Runnable action) {
      client.onLeaving(action);
    }

    @Override
    public void close() {
      if (!isClosed()) {
        end(LastHttpContent.EMPTY_LAST_CONTENT);
      }
    }
  }
}
