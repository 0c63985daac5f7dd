package dev.bellows.dataplane.proxy;

import dev.bellows.core.route.Address;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection to a target. Carries one exchange at a time, or none while it waits in the pool; it
 * goes back there only after a whole response to a wholly sent request.
 */
final class UpstreamConnection extends ChannelInboundHandlerAdapter implements UpstreamSide {
  private static final Logger LOG = LoggerFactory.getLogger(UpstreamConnection.class);

  private final Http1Pool pool;
  private final Address target;
  private final Channel channel;
  private final ResponseDecoder decoder;
  private final HttpRequestEncoder encoder;

  private @Nullable Exchange exchange;
  private int carried;
  private boolean interim;
  private boolean reusable;
  private boolean tunnel;
  private long idleSinceNanos;
  private @Nullable Throwable failure;

  UpstreamConnection(
      Http1Pool pool,
      Address target,
      Channel channel,
      ResponseDecoder decoder,
      HttpRequestEncoder encoder) {
    this.pool = pool;
    this.target = target;
    this.channel = channel;
    this.decoder = decoder;
    this.encoder = encoder;
  }

  Address target() {
    return target;
  }

  @Override
  public boolean reused() {
    return carried > 1;
  }

  boolean isActive() {
    return channel.isActive();
  }

  long idleSinceNanos() {
    return idleSinceNanos;
  }

  void idleSince(long nowNanos) {
    idleSinceNanos = nowNanos;
  }

  @Override
  public void carry(Exchange next) {
    exchange = next;
    carried++;
    decoder.answerTo(next.request().method());
    interim = false;
  }

  @Override
  public void write(Object content) {
    channel.write(content, channel.voidPromise());
  }

  @Override
  public void flush() {
    channel.flush();
  }

  @Override
  public boolean isWritable() {
    return channel.isWritable();
  }

  @Override
  public void setReading(boolean wanted) {
    if (channel.config().isAutoRead() != wanted) {
      channel.config().setAutoRead(wanted);
    }
  }

  @Override
  public void abandon() {
    exchange = null;
    channel.close();
  }

  void close() {
    channel.close();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    Exchange to = exchange;
    if (to == null) {
      // Nobody asked: whatever it is, the next response could be mistaken (RFC 9112 §9.2).
      ReferenceCountUtil.release(msg);
      channel.close();
    } else if (tunnel) {
      to.onTunnelBytes(msg);
    } else if (msg instanceof HttpResponse response) {
      onResponse(to, response);
    } else if (msg instanceof HttpContent content) {
      onContent(to, content);
    } else {
      ReferenceCountUtil.release(msg);
      fail(to, ForwardFailure.Reason.MALFORMED, "malformed HTTP response");
    }
  }

  private void onResponse(Exchange to, HttpResponse response) {
    if (response.decoderResult().isFailure()) {
      ReferenceCountUtil.release(response);
      if (channel.isActive()) {
        fail(to, ForwardFailure.Reason.MALFORMED, "malformed HTTP response");
      }
      return; // else the connection was closed within a head, which channelInactive reports
    }
    if (response.status().code() == 101) {
      onSwitchingProtocols(to, response);
    } else if (response.status().codeClass() == HttpStatusClass.INFORMATIONAL) {
      interim = true;
      to.onInterimResponse(response);
    } else {
      reusable = HttpUtil.isKeepAlive(response) && (to.headRequest() || delimited(response));
      to.onResponse(response);
    }
  }

  private static boolean delimited(HttpResponse response) {
    int status = response.status().code();
    return status == 204
        || status == 304
        || response.headers().contains(HeaderNames.CONTENT_LENGTH)
        || response.headers().contains(HeaderNames.TRANSFER_ENCODING);
  }

  private void onSwitchingProtocols(Exchange to, HttpResponse response) {
    String asked = to.upgradeAsked();
    String given = response.headers().get(HeaderNames.UPGRADE);
    if (asked == null || given == null || !given.equalsIgnoreCase(asked)) {
      fail(
          to,
          ForwardFailure.Reason.MALFORMED,
          "backend tried to switch protocol \"%s\" when \"%s\" was requested"
              .formatted(given == null ? "" : given, asked == null ? "" : asked));
      return;
    }
    tunnel = true;
    to.onSwitched(response); // before what follows the head is handed on as it is
    channel.pipeline().remove(encoder);
    channel.pipeline().remove(decoder);
  }

  private void onContent(Exchange to, HttpContent content) {
    if (interim) {
      interim = !(content instanceof LastHttpContent);
      content.release();
      return;
    }
    if (content.decoderResult().isFailure()) {
      content.release();
      fail(to, ForwardFailure.Reason.MALFORMED, "malformed HTTP response");
      return;
    }
    if (!(content instanceof LastHttpContent)) {
      to.onResponseContent(content);
      return;
    }
    boolean whole = reusable && to.requestComplete() && channel.isActive();
    to.onResponseContent(content);
    exchange = null;
    if (whole) {
      pool.release(this);
    } else {
      channel.close();
    }
    to.onResponseComplete();
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    Exchange to = exchange;
    if (to != null) {
      to.onResponseReadComplete();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    Exchange to = exchange;
    if (to != null) {
      to.onUpstreamWritable();
    }
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    pool.remove(this);
    Exchange to = exchange;
    exchange = null;
    if (to != null) {
      if (tunnel) {
        to.onTunnelClosed();
      } else {
        to.onForwardFailure(
            new ForwardFailure(target, ForwardFailure.Reason.LOST, GoErrors.read(failure)));
      }
    }
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    failure = cause;
    // What TLS does not like comes wrapped in what the decoder of it throws.
    if (!(cause instanceof IOException || cause.getCause() instanceof IOException)) {
      LOG.warn("closing the connection to {}", target, cause);
    }
    channel.close();
  }

  private void fail(Exchange to, ForwardFailure.Reason reason, String message) {
    exchange = null;
    channel.close();
    to.onForwardFailure(new ForwardFailure(target, reason, message));
  }
}
