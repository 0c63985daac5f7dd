package dev.bellows.embedded.apiserver;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.util.concurrent.TimeUnit;

/** Collects a request's body, up to Kubernetes' limit. */
final class BodyAggregator extends HttpObjectAggregator {
  /** kube-apiserver's limit on a resource in a request. */
  static final int MAX_BODY_BYTES = 3 << 20;

  private static final long PATIENCE_SECONDS = 10;

  BodyAggregator() {
    super(MAX_BODY_BYTES);
  }

  @Override
  protected void handleOversizedMessage(ChannelHandlerContext context, HttpMessage oversized) {
    byte[] body =
        Json.bytes(
            ApiException.of(
                    413,
                    "RequestEntityTooLarge",
                    "Request entity too large: limit is " + MAX_BODY_BYTES)
                .status());
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE,
            Unpooled.wrappedBuffer(body));
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
        .set(HttpHeaderNames.CONTENT_LENGTH, body.length);
    context.writeAndFlush(response);
    // Not at once: a client that is still sending would see the reset instead of the answer. What
    // it
    // sends meanwhile is dropped.
    context.executor().schedule(() -> context.close(), PATIENCE_SECONDS, TimeUnit.SECONDS);
  }
}
