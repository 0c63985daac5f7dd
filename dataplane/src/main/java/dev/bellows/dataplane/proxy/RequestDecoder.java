package dev.bellows.dataplane.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpConstants;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads requests strictly: what two parsers could read in two ways is an invalid message here, so
 * that it is refused and never forwarded in another reading (RFC 9112 §11.2). Netty's strict line
 * parsing covers line ends, lengths, codings and chunk sizes; a header line continued on the next
 * one (obs-fold, RFC 9112 §5.2), which Netty joins, is refused here. A client that begins with the
 * preface of HTTP/2 (RFC 9113 §3.4) is told of by an event, whether it has asked before or not.
 */
final class RequestDecoder extends HttpRequestDecoder {
  /** What it tells of besides requests. */
  enum Event {
    /** The connection begins as HTTP/2. */
    HTTP2_PREFACE
  }

  private static final ByteBuf PREFACE =
      Unpooled.unreleasableBuffer(
          Unpooled.copiedBuffer("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", StandardCharsets.US_ASCII));

  private boolean virgin = true;
  private boolean inHead = true;
  private boolean betweenLines;
  private boolean refused;
  private @Nullable Future<?> headTimeout;

  RequestDecoder() {
    super(config());
  }

  static HttpDecoderConfig config() {
    return new HttpDecoderConfig()
        .setMaxInitialLineLength(Limits.HEAD_BYTES)
        .setMaxHeaderSize(Limits.HEAD_BYTES)
        .setMaxChunkSize(Limits.READ_BYTES)
        .setStrictLineParsing(true)
        .setUseRfc9112TransferEncoding(true)
        .setAllowDuplicateContentLengths(false);
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) throws Exception {
    armHeadTimeout(ctx);
    super.channelActive(ctx);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    super.channelInactive(ctx); // reads what is left, which may arm it
    disarmHeadTimeout();
  }

  @Override
  protected void handlerRemoved0(ChannelHandlerContext ctx) throws Exception {
    disarmHeadTimeout();
    super.handlerRemoved0(ctx);
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    if (virgin) {
      int length = Math.min(in.readableBytes(), PREFACE.readableBytes());
      if (!ByteBufUtil.equals(in, in.readerIndex(), PREFACE, PREFACE.readerIndex(), length)) {
        virgin = false;
      } else if (length < PREFACE.readableBytes()) {
        return; // to be decided by what follows; the time for a head is running
      } else {
        ctx.fireUserEventTriggered(Event.HTTP2_PREFACE);
        return;
      }
    }
    if (refused) {
      in.skipBytes(in.readableBytes());
      return;
    }
    if (!inHead) {
      super.decode(ctx, in, out);
    } else if (folded(in)) {
      refused = true;
      in.skipBytes(in.readableBytes());
      HttpMessage invalid = createInvalidMessage();
      invalid.setDecoderResult(
          DecoderResult.failure(new IllegalArgumentException("a header line is folded")));
      out.add(invalid);
    } else {
      int before = in.readerIndex();
      super.decode(ctx, in, out);
      betweenLines |= in.readerIndex() != before;
    }
    if (out.isEmpty()) {
      if (inHead && headTimeout == null) {
        armHeadTimeout(ctx);
      }
      return;
    }
    if (headTimeout != null) {
      disarmHeadTimeout();
    }
    inHead = out.getLast() instanceof LastHttpContent;
    if (inHead) {
      betweenLines = false;
    }
  }

  /**
   * Whether a line of the head in {@code in} begins with a blank, and so continues the last one.
   */
  private boolean folded(ByteBuf in) {
    int end = in.writerIndex();
    if (betweenLines && in.isReadable() && blank(in.getByte(in.readerIndex()))) {
      return true;
    }
    for (int at = in.readerIndex(); at < end; ) {
      int lineFeed = in.indexOf(at, end, HttpConstants.LF);
      if (lineFeed < 0 || lineFeed + 1 == end) {
        return false;
      }
      byte next = in.getByte(lineFeed + 1);
      if (blank(next)) {
        return true;
      }
      if (next == HttpConstants.CR) {
        return false; // the empty line that ends the head; what follows is not ours to judge
      }
      at = lineFeed + 1;
    }
    return false;
  }

  private static boolean blank(byte octet) {
    return octet == HttpConstants.SP || octet == HttpConstants.HT;
  }

  @Override
  protected HttpMessage createInvalidMessage() {
    return new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/bad-request");
  }

  private void armHeadTimeout(ChannelHandlerContext ctx) {
    headTimeout =
        ctx.executor()
            .schedule(
                () -> {
                  if (inHead) {
                    ctx.close();
                  }
                },
                Limits.HEAD_TIMEOUT.toNanos(),
                TimeUnit.NANOSECONDS);
  }

  private void disarmHeadTimeout() {
    Future<?> timeout = headTimeout;
    headTimeout = null;
    if (timeout != null) {
      timeout.cancel(false);
    }
  }
}
