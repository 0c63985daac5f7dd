package dev.bellows.dataplane.proxy;

import dev.bellows.core.revision.Protocol;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's connection: hands out its requests one after the other and writes the responses.
 *
 * <p>States: <em>idle</em> (no exchange), <em>busy</em> (an exchange), <em>discarding</em> (the
 * response is out, the rest of the request is still coming), <em>tunnel</em>, <em>closing</em>.
 * While busy with a complete request it reads on, to notice a client that leaves; what a client
 * sends ahead (pipelining) is parked, and then reading stops: no more than one read is ever parked.
 */
final class ServerConnection extends ChannelInboundHandlerAdapter
    implements ClientSide, UnreadAnswers.Client {
  private static final Logger LOG = LoggerFactory.getLogger(ServerConnection.class);

  private static final String WEBSOCKET = "websocket";

  private final Listener listener;
  private final LoopState loopState;
  private final Channel channel;
  private final RequestDecoder decoder;
  private final ResponseEncoder encoder;
  private final ArrayDeque<Object> parked = new ArrayDeque<>(0);
  private @Nullable String peerIp;

  /** What the current request takes; none before the first. */
  private RequestMemory.@Nullable Share share;

  private @Nullable HttpRequest upgrading;
  private @Nullable Exchange current;
  private boolean reading;
  private boolean draining;
  private boolean discarding;
  private int discardLeft;
  private boolean http10;
  private boolean keepAlive;
  private boolean expectsContinue;
  private boolean closeAfterResponse;
  private boolean unmarkedEnd;
  private boolean closing;
  private boolean tunnel;
  private @Nullable WebSocketFrames frames;
  private boolean resuming;

  ServerConnection(
      Listener listener,
      LoopState loopState,
      Channel channel,
      RequestDecoder decoder,
      ResponseEncoder encoder) {
    this.listener = listener;
    this.loopState = loopState;
    this.channel = channel;
    this.decoder = decoder;
    this.encoder = encoder;
  }

  @Override
  public Protocol protocol() {
    return Protocol.HTTP1;
  }

  @Override
  public Listener listener() {
    return listener;
  }

  @Override
  public LoopState loopState() {
    return loopState;
  }

  @Override
  public String peerIp() {
    String ip = peerIp;
    if (ip == null) {
      ip = ((InetSocketAddress) channel.remoteAddress()).getAddress().getHostAddress();
      peerIp = ip;
    }
    return ip;
  }

  @Override
  public boolean isReading() {
    return reading;
  }

  @Override
  public boolean isWritable() {
    return channel.isWritable();
  }

  boolean isIdle() {
    return current == null && upgrading == null && parked.isEmpty() && !discarding;
  }

  /** Tells a client that its WebSocket ends, if it has one. */
  void goAway() {
    Exchange exchange = current;
    if (exchange != null && frames != null) {
      exchange.abort();
    }
  }

  /** Serves what it has begun and then closes. */
  void drain() {
    draining = true;
    if (isIdle() && !closing) {
      channel.close();
    }
  }

  // ---- reading

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    reading = true;
    if (tunnel) {
      Exchange exchange = current;
      if (exchange == null) {
        ReferenceCountUtil.release(msg);
      } else {
        exchange.sendTunnelBytes(msg);
      }
    } else if (closing || !channel.isActive()) {
      ReferenceCountUtil.release(msg);
    } else if (!parked.isEmpty() || (current != null && current.requestComplete())) {
      parked.add(msg);
    } else {
      take(msg);
    }
  }

  private void take(Object msg) {
    if (msg instanceof HttpRequest request) {
      begin(request);
    } else if (msg instanceof HttpContent content) {
      Exchange exchange = current;
      HttpRequest asked = upgrading;
      if (asked != null) {
        upgrading = null;
        content.release(); // the end of a request without a body
        if (parked.isEmpty()) {
          upgrade(asked);
        } else {
          // What was sent after it has been read as HTTP/1.1.
          serveInHttp11(asked);
        }
      } else if (exchange != null) {
        exchange.onRequestContent(content);
        if (!exchange.wantsRequest()) {
          updateReading(); // not at the end of many reads at once, but of this one
        }
      } else {
        discard(content);
      }
    } else {
      ReferenceCountUtil.release(msg);
    }
  }

  private void begin(HttpRequest request) {
    Answer refusal = RequestCheck.refuse(request);
    if (!hasRoomFor(request) && refusal == null) {
      refusal = RequestCheck.tooMuch();
    }
    if (refusal == null && Http2Upgrade.asked(request)) {
      if (Http2Upgrade.possible(request)) {
        upgrading = request;
        return;
      }
      Http2Upgrade.forget(request);
    }
    serve(request, refusal);
  }

  private boolean hasRoomFor(HttpRequest request) {
    RequestMemory.Share mine = share;
    if (mine == null) {
      mine = loopState.memory().share(channel);
      share = mine;
    }
    return mine.whole(RequestMemory.cost(request));
  }

  private void giveBack() {
    RequestMemory.Share mine = share;
    if (mine != null) {
      mine.giveBack();
    }
  }

  private void serve(HttpRequest request, @Nullable Answer refusal) {
    encoder.answering(request.method());
    closeAfterResponse = false;
    http10 = request.protocolVersion().equals(HttpVersion.HTTP_1_0);
    keepAlive = HttpUtil.isKeepAlive(request);
    expectsContinue = request.headers().contains(HttpHeaderNames.EXPECT);
    Exchange exchange = new Exchange(this, request, nowNanos());
    current = exchange;
    if (refusal != null) {
      exchange.answer(refusal);
    } else {
      exchange.start();
    }
  }

  // ---- HTTP/2

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == RequestDecoder.Event.HTTP2_PREFACE) {
      channel.pipeline().remove(encoder);
      channel
          .pipeline()
          .addLast(
              new FrameWatch(loopState.memory()),
              new Http2Server(listener, loopState, peerIp()).link());
      leave();
    } else {
      ctx.fireUserEventTriggered(event);
    }
  }

  private void upgrade(HttpRequest request) {
    Http2Server http2 = new Http2Server(listener, loopState, peerIp());
    ChannelHandlerContext context = channel.pipeline().context(this);
    if (Http2Upgrade.perform(context, request, http2.link(), this::agreeToHttp2)) {
      channel.pipeline().addAfter(context.name(), null, new FrameWatch(loopState.memory()));
      leave();
      giveBack(); // its stream takes it
      Http2Upgrade.forget(request);
      http2.serveUpgraded(request);
    } else {
      serveInHttp11(request);
    }
  }

  private void serveInHttp11(HttpRequest request) {
    Http2Upgrade.forget(request);
    serve(request, null);
    take(LastHttpContent.EMPTY_LAST_CONTENT);
  }

  private void agreeToHttp2() {
    HttpResponse response =
        new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.SWITCHING_PROTOCOLS);
    HopByHop.setUpgrade(response.headers(), Http2Upgrade.H2C);
    write(response);
    write(LastHttpContent.EMPTY_LAST_CONTENT);
    channel.pipeline().remove(encoder); // before the handler of HTTP/2 writes
  }

  /** Leaves the connection to the handler of HTTP/2, and with it what has been read already. */
  private void leave() {
    closing = true;
    loopState.unread().forget(this);
    channel.pipeline().remove(this);
    channel.pipeline().remove(decoder);
  }

  private void discard(HttpContent content) {
    discardLeft -= content.content().readableBytes();
    boolean failed = content.decoderResult().isFailure();
    boolean last = content instanceof LastHttpContent;
    content.release();
    if (failed || discardLeft < 0) {
      closing = true;
      channel.close();
    } else if (last) {
      discarding = false;
      onIdle();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    reading = false;
    Exchange exchange = current;
    if (exchange != null) {
      exchange.onRequestReadComplete();
    }
    flush();
    updateReading();
  }

  @Override
  public void updateReading() {
    Exchange exchange = current;
    boolean wanted = parked.isEmpty() && (exchange == null || exchange.wantsRequest());
    if (channel.config().isAutoRead() != wanted) {
      channel.config().setAutoRead(wanted);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    Exchange exchange = current;
    if (exchange != null) {
      exchange.onClientWritable(channel.isWritable());
    }
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    closing = true;
    loopState.unread().forget(this);
    Exchange exchange = current;
    if (exchange != null) {
      exchange.onClientGone();
    }
    giveBack();
    parked.forEach(ReferenceCountUtil::release);
    parked.clear();
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    // What TLS does not like comes wrapped in what the decoder of it throws.
    if (cause instanceof IOException || cause.getCause() instanceof IOException) {
      LOG.debug("connection from {} broke: {}", peerIp(), cause.toString());
    } else {
      LOG.warn("closing the connection from {}", peerIp(), cause);
    }
    channel.close();
  }

  // ---- writing

  @Override
  public void write(Object content) {
    WebSocketFrames passing = frames;
    if (passing != null && content instanceof ByteBuf octets) {
      passing.pass(octets);
    }
    channel.write(content, channel.voidPromise());
  }

  @Override
  public void flush() {
    channel.flush();
    loopState.unread().flushed(this);
  }

  @Override
  public long unsentBytes() {
    ChannelOutboundBuffer unsent = channel.unsafe().outboundBuffer();
    return unsent == null ? 0 : unsent.totalPendingWriteBytes();
  }

  @Override
  public void writeInterim(HttpResponse response) {
    if (http10) {
      return; // RFC 9110 §15.2: not to be sent to a client of HTTP/1.0
    }
    if (response.status().code() == 100) {
      expectsContinue = false;
    }
    HopByHop.strip(response.headers());
    write(response);
    write(LastHttpContent.EMPTY_LAST_CONTENT);
  }

  @Override
  public void writeAnswer(Exchange exchange, Answer answer) {
    ByteBuf body =
        answer.body().length == 0
            ? Unpooled.EMPTY_BUFFER
            : channel.alloc().buffer(answer.body().length).writeBytes(answer.body());
    DefaultFullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            answer.status(),
            body,
            answer.framedHeaders(),
            EmptyHttpHeaders.INSTANCE);
    if (answer.closes()) {
      closeAfterResponse = true;
    }
    setConnectionHeader(exchange, response.headers());
    write(response);
    if (!reading) {
      flush();
    }
  }

  @Override
  public void writeResponse(Exchange exchange, HttpResponse response) {
    HttpHeaders headers = response.headers();
    HopByHop.strip(headers);
    frame(exchange, response, headers);
    setConnectionHeader(exchange, headers);
    response.setProtocolVersion(HttpVersion.HTTP_1_1);
    write(response);
  }

  /** Decides how the client will know where the body ends. */
  private void frame(Exchange exchange, HttpResponse response, HttpHeaders headers) {
    int status = response.status().code();
    boolean bodiless = exchange.headRequest() || status == 204 || status == 304;
    boolean chunked = headers.contains(HeaderNames.TRANSFER_ENCODING);
    unmarkedEnd = false;
    if (bodiless) {
      headers.remove(HeaderNames.TRANSFER_ENCODING);
    } else if (http10) {
      headers.remove(HeaderNames.TRANSFER_ENCODING);
      headers.remove(HttpHeaderNames.TRAILER);
      unmarkedEnd = !headers.contains(HeaderNames.CONTENT_LENGTH);
      closeAfterResponse |= unmarkedEnd;
    } else if (!chunked && !headers.contains(HeaderNames.CONTENT_LENGTH)) {
      headers.set(HeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    }
  }

  private void setConnectionHeader(Exchange exchange, HttpHeaders headers) {
    closeAfterResponse |= listener.draining() || !keepAlive || awaitsContinue(exchange);
    if (closeAfterResponse) {
      headers.set(HeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    } else if (http10) {
      headers.set(HeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
    }
  }

  /** Whether the client may still be waiting for leave to send its body. */
  private boolean awaitsContinue(Exchange exchange) {
    return expectsContinue && !exchange.requestComplete();
  }

  @Override
  public void dropRestOfRequest() {
    closeAfterResponse = true;
  }

  @Override
  public void becomeTunnel(HttpResponse response) {
    if (!parked.isEmpty()) {
      // Bytes that were read as HTTP cannot be given back as they were.
      channel.close();
      return;
    }
    String protocol = response.headers().get(HeaderNames.UPGRADE);
    HopByHop.strip(response.headers());
    HopByHop.setUpgrade(response.headers(), protocol == null ? "" : protocol);
    write(response);
    write(LastHttpContent.EMPTY_LAST_CONTENT);
    tunnel = true;
    channel.pipeline().remove(encoder);
    if (WEBSOCKET.equalsIgnoreCase(protocol)) {
      frames = new WebSocketFrames(); // what has been written until now are no frames
    }
    channel.pipeline().remove(decoder);
    flush();
  }

  // ---- the end of an exchange

  @Override
  public void onExchangeEnd(Exchange exchange, End end) {
    if (current != exchange) {
      return;
    }
    current = null;
    giveBack();
    if (closing || !channel.isActive()) {
      return;
    }
    WebSocketFrames passed = frames;
    if (passed != null && passed.mayEnd()) {
      write(WebSocketFrames.goingAway()); // its program did not say so itself (ADR 0133)
      linger();
    } else if (end != End.COMPLETE) {
      cut();
    } else if (tunnel || (closeAfterResponse && exchange.requestComplete())) {
      closing = true;
      channel.write(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
      flush();
    } else if (closeAfterResponse) {
      linger();
    } else if (!exchange.requestComplete()) {
      discarding = true;
      discardLeft = Limits.DISCARDED_BODY_BYTES;
      if (!reading) {
        flush();
      }
      updateReading();
    } else {
      onIdle();
    }
  }

  /** Closes so that the client cannot take the part it has for the whole. */
  @Override
  public void cut() {
    closing = true;
    if (unmarkedEnd) {
      channel.config().setOption(ChannelOption.SO_LINGER, 0); // a reset, for there is no other mark
    }
    channel.close();
  }

  /**
   * Closes the sending side only, and the rest when the client has closed or soon: closing while it
   * still sends would reset the connection and take the response from it (RFC 9112 §9.6).
   */
  private void linger() {
    closing = true;
    updateReading();
    channel
        .write(Unpooled.EMPTY_BUFFER)
        .addListener(written -> {
          if (written.isSuccess() && channel instanceof DuplexChannel duplex) {
            duplex.shutdownOutput();
            channel
                .eventLoop()
                .schedule(() -> channel.close(), Limits.LINGER.toNanos(), TimeUnit.NANOSECONDS);
          } else {
            channel.close();
          }
        });
    flush();
  }

  /** Takes the next request that was sent ahead, if any. */
  private void onIdle() {
    if (draining && parked.isEmpty()) {
      closing = true;
      channel.write(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
      flush();
      return;
    }
    if (resuming) {
      return; // the loop below goes on by itself: answers at once must not pile up stack frames
    }
    resuming = true;
    while (!closing && !parked.isEmpty() && (current == null || !current.requestComplete())) {
      take(parked.poll());
    }
    resuming = false;
    if (!reading) {
      Exchange exchange = current;
      if (exchange != null) {
        exchange.onRequestReadComplete();
      }
      flush();
      updateReading();
    }
  }
}
