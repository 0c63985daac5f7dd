package dev.bellows.embedded.apiserver;

import dev.bellows.embedded.stream.StreamConnection;
import dev.bellows.embedded.stream.StreamUpgrade;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * An answer to a client that asked to leave HTTP/1.1. A watch becomes a WebSocket with a text
 * message per part, if the client asked for one; {@code exec} and the like get their streams;
 * anything else is answered in plain HTTP.
 */
final class UpgradableAnswer implements Answer {
  /** Clients of a watch have nothing to say but control frames. */
  private static final int MAX_FRAME_BYTES = 4096;

  private final ChannelHandlerContext context;
  private final FullHttpRequest request;
  private final NettyAnswer http;
  private boolean upgraded;

  /**
   * @param request retained; released by this answer
   * @param http answers when there is no stream, and knows when the client leaves
   */
  UpgradableAnswer(ChannelHandlerContext context, FullHttpRequest request, NettyAnswer http) {
    this.context = context;
    this.request = request;
    this.http = http;
  }

  @Override
  public void send(int code, String contentType, byte[] body) {
    if (upgraded) {
      return; // there is no HTTP any more to say it in
    }
    request.release();
    http.send(code, contentType, body);
  }

  @Override
  public void warn(String text) {
    http.warn(text);
  }

  @Override
  public StreamConnection streams(StreamUpgrade.Purpose purpose) throws IOException {
    StreamConnection connection;
    try {
      connection = new StreamUpgrade(context, request).to(purpose);
    } catch (StreamUpgrade.Refused e) {
      throw ApiException.badRequest(String.valueOf(e.getMessage()));
    }
    upgraded = true;
    request.release();
    return connection;
  }

  @Override
  public Stream passing(int code, Map<String, List<String>> headers) {
    request.release();
    return http.passing(code, headers);
  }

  @Override
  public Stream stream(String contentType) {
    if (!StreamUpgrade.isWebSocket(request)) {
      request.release();
      return http.stream(contentType);
    }
    WebSocketServerHandshaker handshaker =
        new WebSocketServerHandshakerFactory(
                "wss://" + request.headers().get("host") + request.uri(),
                request.headers().get("sec-websocket-protocol"),
                false,
                MAX_FRAME_BYTES)
            .newHandshaker(request);
    if (handshaker == null) {
      WebSocketServerHandshakerFactory.sendUnsupportedVersionResponse(context.channel());
    } else {
      handshaker
          .handshake(context.channel(), request)
          .addListener(shaken -> request.release())
          .awaitUninterruptibly();
    }
    return new Messages(http.parts());
  }

  private final class Messages implements Stream {
    private final NettyAnswer.Parts parts;

    Messages(NettyAnswer.Parts parts) {
      this.parts = parts;
    }

    @Override
    public void write(byte[] part) throws ClientGone {
      parts.awaitRoom();
      context.writeAndFlush(
          new TextWebSocketFrame(
              Unpooled.wrappedBuffer(
                  new String(part, StandardCharsets.UTF_8)
                      .strip()
                      .getBytes(StandardCharsets.UTF_8))));
    }

    @Override
    public boolean isClosed() {
      return parts.isClosed();
    }

    @Override
    public void onClose(Runnable action) {
      parts.onClose(action);
    }

    @Override
    public void close() {
      if (!parts.isClosed()) {
        context
            .writeAndFlush(new CloseWebSocketFrame(WebSocketCloseStatus.NORMAL_CLOSURE))
            .addListener(ChannelFutureListener.CLOSE);
      }
    }
  }
}
