package dev.bellows.dataplane.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpConstants;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
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
 * one (obs-fold, RFC 9112 §5.2), which Netty joins, is refused here, and so is a request line with
 * other blanks than a space between its words. A client that begins with the preface of HTTP/2 (RFC
 * 9113 §3.4) is told of by an event, whether it has asked before or not.
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

  private static final String PROTOCOL = "HTTP/";

  private final RequestMemory memory;
  private RequestMemory.@Nullable Share share;

  /** Of the head that is coming, how many octets and lines have been read. */
  private int headOctets;

  private int headLines;
  private boolean virgin = true;
  private boolean inHead = true;
  private boolean betweenLines;
  private boolean refused;
  private @Nullable Future<?> headTimeout;

  RequestDecoder(RequestMemory memory) {
    super(config().setHeadersFactory(HeadersOfOneLength.FACTORY));
    this.memory = memory;
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
    giveBack();
  }

  @Override
  protected void handlerRemoved0(ChannelHandlerContext ctx) throws Exception {
    disarmHeadTimeout();
    giveBack();
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
    } else if (blankStart(in) || folded(in)) {
      refused = true;
      in.skipBytes(in.readableBytes());
      HttpMessage invalid = createInvalidMessage();
      invalid.setDecoderResult(
          DecoderResult.failure(
              new IllegalArgumentException("a line begins or is divided by blanks")));
      out.add(invalid);
    } else {
      int before = in.readerIndex();
      super.decode(ctx, in, out);
      betweenLines |= hasText(in, before, in.readerIndex());
      headOctets += in.readerIndex() - before;
      headLines += out.isEmpty() ? lines(in, before, in.readerIndex()) : 0;
    }
    if (out.isEmpty()) {
      onUnfinished(ctx, in);
      if (inHead && headTimeout == null) {
        armHeadTimeout(ctx);
      }
      return;
    }
    if (headTimeout != null) {
      disarmHeadTimeout();
    }
    headOctets = 0;
    headLines = 0;
    giveBack();
    inHead = out.getLast() instanceof LastHttpContent;
    if (inHead) {
      betweenLines = false;
    }
  }

  /**
   * Notes what a head takes that is not whole, or a line between pieces of a body: what has been
   * read of it, and all of the buffer in which the rest waits, however little that is.
   */
  private void onUnfinished(ChannelHandlerContext ctx, ByteBuf in) {
    int waiting = headOctets + (in.isReadable() ? in.capacity() : 0);
    if (waiting > 0) {
      RequestMemory.Share mine = share;
      if (mine == null) {
        mine = memory.share(ctx.channel());
        share = mine;
      }
      mine.coming(waiting + RequestMemory.LINE_BYTES * headLines);
    }
  }

  private static int lines(ByteBuf in, int from, int to) {
    int lines = 0;
    for (int at = from; at < to; at++) {
      if (in.getByte(at) == HttpConstants.LF) {
        lines++;
      }
    }
    return lines;
  }

  private void giveBack() {
    RequestMemory.Share mine = share;
    if (mine != null) {
      mine.giveBack();
    }
  }

  /**
   * Whether the request line begins with a blank or is divided by other blanks than spaces, which
   * Netty reads over and others do not (RFC 9112 §3). Empty lines before it are nobody's concern.
   */
  private boolean blankStart(ByteBuf in) {
    if (betweenLines) {
      return false;
    }
    boolean begun = false;
    int lastWord = 0;
    for (int at = in.readerIndex(); at < in.writerIndex(); at++) {
      byte octet = in.getByte(at);
      if (begun && octet == HttpConstants.LF) {
        return misspelt(in, lastWord);
      }
      boolean lineEnd = octet == HttpConstants.CR || octet == HttpConstants.LF;
      if (!lineEnd && octet >= 0 && octet < HttpConstants.SP) {
        return true;
      }
      if (octet == HttpConstants.SP) {
        if (!begun) {
          return true;
        }
        lastWord = at + 1;
      }
      if (begun
          && octet == HttpConstants.CR
          && at + 1 < in.writerIndex()
          && in.getByte(at + 1) != HttpConstants.LF) {
        return true;
      }
      begun |= !lineEnd;
    }
    return false;
  }

  /** Whether the protocol's name, in which case matters, is there in another case. */
  private static boolean misspelt(ByteBuf in, int at) {
    if (in.writerIndex() - at < PROTOCOL.length()) {
      return false;
    }
    String word = in.toString(at, PROTOCOL.length(), StandardCharsets.ISO_8859_1);
    return word.equalsIgnoreCase(PROTOCOL) && !word.equals(PROTOCOL);
  }

  private static boolean hasText(ByteBuf in, int from, int to) {
    for (int at = from; at < to; at++) {
      byte octet = in.getByte(at);
      if (octet != HttpConstants.CR && octet != HttpConstants.LF) {
        return true;
      }
    }
    return false;
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

  /**
   * Headers that take one Content-Length: of two that a request of HTTP/1.0 carries, Netty keeps
   * the first and says nothing, where others keep the last (RFC 9112 §6.3).
   */
  private static final class HeadersOfOneLength extends DefaultHttpHeaders {
    static final HttpHeadersFactory FACTORY =
        new HttpHeadersFactory() {
          @Override
          public HttpHeaders newHeaders() {
            return new HeadersOfOneLength();
          }

          @Override
          public HttpHeaders newEmptyHeaders() {
            return new HeadersOfOneLength();
          }
        };

    @Override
    public HttpHeaders add(CharSequence name, Object value) {
      refuseSecond(name);
      return super.add(name, value);
    }

    @Override
    public HttpHeaders add(String name, Object value) {
      refuseSecond(name);
      return super.add(name, value);
    }

    private void refuseSecond(CharSequence name) {
      if (name.length() == HeaderNames.CONTENT_LENGTH.length()
          && HeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name)
          && contains(name)) {
        throw new IllegalArgumentException("a second Content-Length");
      }
    }
  }
}
