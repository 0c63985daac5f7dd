package dev.bellows.embedded.apiserver;

import dev.bellows.embedded.stream.StreamUpgrade;
import dev.bellows.embedded.stream.WebSocketControl;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Hands each request to a virtual thread of its own, where code may block. On an HTTP/1.1
 * connection one request at a time; requests that a client pipelines wait here in order.
 */
final class ExchangeHandler extends ChannelInboundHandlerAdapter {
  private static final int MAX_PIPELINED = 16;

  private final User user;
  private final Consumer<ApiRequest> handler;
  private final ArrayDeque<FullHttpRequest> waiting = new ArrayDeque<>();
  private @Nullable NettyAnswer current;

  /**
   * @param user whom the connection is from, as far as it says so itself
   */
  ExchangeHandler(User user, Consumer<ApiRequest> handler) {
    this.user = user;
    this.handler = handler;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof WebSocketFrame frame) {
      if (!WebSocketControl.answered(context, frame)) {
        frame.release(); // talk that a watch does not listen to
      }
      return;
    }
    if (!(message instanceof FullHttpRequest request)) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (current != null) {
      if (waiting.size() == MAX_PIPELINED) {
        request.release();
        context.close();
      } else {
        waiting.add(request);
      }
      return;
    }
    begin(context, request);
  }

  private static ApiException unreadable(Throwable cause) {
    return switch (cause) {
      case TooLongHttpLineException _ ->
          ApiException.of(414, "RequestURITooLong", "the request's line is too long");
      case TooLongHttpHeaderException _ ->
          ApiException.of(431, "RequestHeadTooLarge", "the request's headers are too long");
      case null, default -> ApiException.badRequest("malformed HTTP request");
    };
  }

  private void begin(ChannelHandlerContext context, FullHttpRequest request) {
    if (!request.decoderResult().isSuccess()) {
      request.release();
      ApiException refusal = unreadable(request.decoderResult().cause());
      new NettyAnswer(context, false, this::finished).json(refusal.code(), refusal.status());
      return;
    }
    Channel channel = context.channel();
    boolean http2 = channel instanceof Http2StreamChannel;
    NettyAnswer http =
        new NettyAnswer(context, http2 || HttpUtil.isKeepAlive(request), this::finished);
    current = http;
    Answer answer =
        !http2 && StreamUpgrade.isWanted(request)
            ? new UpgradableAnswer(context, request.retain(), http)
            : http;
    ApiRequest call;
    try {
      call =
          ApiRequest.of(
                  request.method().name(),
                  request.uri(),
                  request.headers().copy(),
                  ByteBufUtil.getBytes(request.content()),
                  answer)
              .by(user);
    } catch (IllegalArgumentException e) {
      answer.json(400, ApiException.badRequest(String.valueOf(e.getMessage())).status());
      return;
    } finally {
      request.release();
    }
    Thread.ofVirtual().name("api-request").start(() -> handler.accept(call));
  }

  /** On the event loop, when an answer has been sent to its end. */
  private void finished(ChannelHandlerContext context) {
    current = null;
    FullHttpRequest next = waiting.poll();
    if (next != null) {
      begin(context, next);
    }
  }

  /** A connection on which nothing is going on, nor has been for a while. */
  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof IdleStateEvent && current == null) {
      context.close();
    }
    context.fireUserEventTriggered(event);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (current != null) {
      current.client().writabilityChanged();
    }
    context.fireChannelWritabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (current != null) {
      current.client().leave();
    }
    context.fireChannelInactive();
  }

  /** The connection has ended, or speaks another protocol from now on. */
  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    waiting.forEach(FullHttpRequest::release);
    waiting.clear();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close(); // reset by the peer, broken framing: the connection is of no use any more
  }
}
