package dev.bellows.embedded.apiserver;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * What every request of a connection (or stream of HTTP/2) passes first: who has a good token is
 * introduced to the {@link Visitors}, and a body is let in only while all bodies that are being
 * received or worked on leave room. A body counts from its bytes' arrival to the end of the answer;
 * those of strangers have a small room of their own.
 */
final class Door extends ChannelDuplexHandler {
  /** Of all bodies at once whose senders are known: eight of the largest. */
  static final int MAX_BODIES_BYTES = 8 * BodyAggregator.MAX_BODY_BYTES;

  /** Of all bodies at once from strangers: nobody who has a token sends one before it. */
  static final int MAX_STRANGERS_BODIES_BYTES = 1 << 20;

  private static final long PATIENCE_SECONDS = 2;

  private final Function<String, Optional<User>> bearers;
  private final Visitors visitors;
  private final Bodies bodies;
  private Optional<ByteBudget> room = Optional.empty();
  private long taken;
  private int unanswered;
  private boolean refusing;

  /** The rooms for bodies, one of each for a server. */
  record Bodies(ByteBudget known, ByteBudget strangers) {
    Bodies() {
      this(new ByteBudget(MAX_BODIES_BYTES), new ByteBudget(MAX_STRANGERS_BODIES_BYTES));
    }
  }

  Door(Function<String, Optional<User>> bearers, Visitors visitors, Bodies bodies) {
    this.bearers = bearers;
    this.visitors = visitors;
    this.bodies = bodies;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (refusing) {
      ReferenceCountUtil.release(message); // the connection is about to be closed
      return;
    }
    if (message instanceof HttpRequest head && !enter(context, head)) {
      ReferenceCountUtil.release(message);
      context.close();
      return;
    }
    if (message instanceof HttpContent content && !takeIn(content.content().readableBytes())) {
      ReferenceCountUtil.release(message);
      refuse(context);
      return;
    }
    context.fireChannelRead(message);
  }

  private boolean enter(ChannelHandlerContext context, HttpRequest head) {
    unanswered++;
    Channel channel = context.channel();
    Channel connection = channel instanceof Http2StreamChannel stream ? stream.parent() : channel;
    if (!Visitors.isKnown(connection)) {
      String authorization = head.headers().get(HttpHeaderNames.AUTHORIZATION, "");
      Optional<User> user = bearers.apply(authorization);
      if (user.isPresent() && !visitors.introduced(connection, user.get())) {
        return false;
      }
    }
    if (taken == 0) { // what was taken goes back to where it came from
      room = Optional.of(Visitors.isKnown(connection) ? bodies.known() : bodies.strangers());
    }
    return true;
  }

  private boolean takeIn(int bytes) {
    if (bytes == 0 || room.isEmpty()) {
      return true;
    }
    // In whole units, so that what is given back in the end is what was taken.
    long more = ByteBudget.rounded(taken + bytes) - ByteBudget.rounded(taken);
    if (more > 0 && !room.get().tryTake(more)) {
      return false;
    }
    taken += bytes;
    return true;
  }

  private void refuse(ChannelHandlerContext context) {
    refusing = true;
    byte[] body = Json.bytes(ApiException.tooManyRequests().status());
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.TOO_MANY_REQUESTS,
            Unpooled.wrappedBuffer(body));
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON)
        .set(HttpHeaderNames.CONTENT_LENGTH, body.length)
        .set(HttpHeaderNames.RETRY_AFTER, "1");
    context.writeAndFlush(response);
    giveBack();
    // Not at once: a client that is still sending would see the reset instead of the answer.
    context.executor().schedule(() -> context.close(), PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    boolean interim =
        message instanceof HttpResponse response
            && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    if (message instanceof LastHttpContent && !interim) {
      unanswered--;
      if (unanswered <= 0) {
        giveBack();
      }
    }
    context.write(message, promise);
  }

  private void giveBack() {
    room.ifPresent(from -> from.giveBack(taken));
    taken = 0;
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    giveBack();
    context.fireChannelInactive();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    giveBack();
  }
}
