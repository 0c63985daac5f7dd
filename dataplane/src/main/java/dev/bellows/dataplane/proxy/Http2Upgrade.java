package dev.bellows.dataplane.proxy;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http2.Http2ServerUpgradeCodec;

/**
 * A request of HTTP/1.1 that asks to go on in HTTP/2 (RFC 7540 §3.2; data-plane spec §1.1). Leave
 * is given to requests without a body, as browsers of the RFC's time and curl send them; another
 * one is served in HTTP/1.1, as if it had not asked.
 */
final class Http2Upgrade {
  static final String H2C = "h2c";

  private Http2Upgrade() {}

  /** Whether a request asks for HTTP/2. */
  static boolean asked(HttpRequest request) {
    // The rarest of the headers that it takes: one look is all that any other request pays.
    return request.headers().contains(HeaderNames.HTTP2_SETTINGS)
        && H2C.equalsIgnoreCase(HopByHop.upgrade(request.headers()));
  }

  /** Whether leave can be given. */
  static boolean possible(HttpRequest request) {
    HttpHeaders headers = request.headers();
    return !headers.contains(HeaderNames.TRANSFER_ENCODING)
        && headers.get(HeaderNames.CONTENT_LENGTH, "0").equals("0")
        && headers.getAll(HeaderNames.HTTP2_SETTINGS).size() == 1;
  }

  /**
   * Takes the wish off a request, whether it has been granted or not: it concerns this connection,
   * not the next one. That the request is the last of its connection stays.
   */
  static void forget(HttpRequest request) {
    boolean last = !HttpUtil.isKeepAlive(request);
    HopByHop.strip(request.headers());
    request.headers().remove(HeaderNames.HTTP2_SETTINGS);
    if (last) {
      request.headers().set(HeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
  }

  /**
   * Puts the handler of HTTP/2 behind that of {@code ctx}, with the client's settings and the
   * request's stream.
   *
   * @return whether the settings could be read; if not, nothing has changed
   */
  static boolean perform(
      ChannelHandlerContext ctx, HttpRequest request, Http2Link link, Runnable agree) {
    FullHttpRequest asked =
        new DefaultFullHttpRequest(
            request.protocolVersion(),
            request.method(),
            request.uri(),
            Unpooled.EMPTY_BUFFER,
            request.headers(),
            EmptyHttpHeaders.INSTANCE);
    Http2ServerUpgradeCodec codec = new Http2ServerUpgradeCodec(link);
    if (!codec.prepareUpgradeResponse(ctx, asked, new DefaultHttpHeaders())) {
      return false;
    }
    agree.run();
    codec.upgradeTo(ctx, asked);
    return true;
  }
}
