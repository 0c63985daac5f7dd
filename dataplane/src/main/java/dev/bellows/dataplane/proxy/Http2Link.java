package dev.bellows.dataplane.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2EventAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection of HTTP/2, of either role: Netty's codec with the engine's bounds. What happens on a
 * stream goes to its {@link StreamSide}, what concerns the connection to its {@link Owner}.
 *
 * <p>Bounds: {@link Limits#STREAMS_PER_CONNECTION} streams at a time, each with {@link
 * Limits#STREAM_WINDOW_BYTES} received and not yet passed on; the connection's own window has room
 * for all of them, so that a stream that nobody reads stops no other. A peer that makes work
 * without asking for anything is cut off: streams reset before they end, frames that only manage
 * the connection ({@link FrameBudget}), heads that are too long or come in tiny pieces, answers
 * that it does not fetch.
 */
final class Http2Link extends Http2ConnectionHandler implements UnreadAnswers.Client {
  private static final Logger LOG = LoggerFactory.getLogger(Http2Link.class);

  /** Who is told what concerns the connection as a whole. */
  interface Owner {
    /** The peer has begun a stream; null if it may not. */
    @Nullable StreamSide onOpened(Http2Link link, Http2Stream stream);

    /** A stream has ended, however it did. */
    void onStreamClosed();

    /** The peer will take no more streams. */
    void onGoAway();

    /** The connection is closed. */
    void onInactive();
  }

  private final Owner owner;
  private final Http2Connection.PropertyKey sideKey;
  private final FrameBudget resets;
  private final FrameBudget overhead;
  private final List<StreamSide> read = new ArrayList<>();

  /** Null where the peer is a target: what that does not read, its own requests bound. */
  private final @Nullable UnreadAnswers unread;

  private long unsentBytes;
  private @Nullable ChannelHandlerContext context;
  private @Nullable Runnable onPingAck;
  private @Nullable Throwable failure;
  private boolean reading;
  private boolean flushing;

  private Http2Link(
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings settings,
      Owner owner,
      LoopState loopState) {
    super(decoder, encoder, settings, true);
    this.owner = owner;
    this.unread = connection().isServer() ? loopState.unread() : null;
    this.sideKey = connection().newKey();
    this.resets = new FrameBudget(Limits.RESETS_PER_WINDOW, loopState::nowNanos);
    this.overhead = new FrameBudget(Limits.OVERHEAD_FRAMES_PER_WINDOW, loopState::nowNanos);
    Events events = new Events();
    decoder.frameListener(events);
    connection().addListener(events);
    encoder.flowController().listener(this::onWritability);
  }

  /** The connection of a client of ours. */
  static Http2Link server(Owner owner, LoopState loopState) {
    return new Builder(true, owner, loopState).build();
  }

  /** A connection to a target. */
  static Http2Link client(Owner owner, LoopState loopState) {
    return new Builder(false, owner, loopState).build();
  }

  private static final class Builder
      extends AbstractHttp2ConnectionHandlerBuilder<Http2Link, Builder> {
    private final Owner owner;
    private final LoopState loopState;

    Builder(boolean server, Owner owner, LoopState loopState) {
      this.owner = owner;
      this.loopState = loopState;
      DefaultHttp2Connection connection = new DefaultHttp2Connection(server);
      // Priorities were a means to make a server work (RFC 9113 §5.3); all streams are equal here.
      connection
          .remote()
          .flowController(
              new DefaultHttp2RemoteFlowController(
                  connection, new UniformStreamByteDistributor(connection)));
      connection(connection);
      Http2Settings settings =
          new Http2Settings()
              .initialWindowSize(Limits.STREAM_WINDOW_BYTES)
              .maxHeaderListSize(Limits.HEAD_BYTES);
      if (server) {
        settings.maxConcurrentStreams(Limits.STREAMS_PER_CONNECTION);
      } else {
        settings.pushEnabled(false).maxConcurrentStreams(0);
      }
      initialSettings(settings);
      validateHeaders(true);
      encoderEnforceMaxQueuedControlFrames(Limits.QUEUED_CONTROL_FRAMES);
      decoderEnforceMaxSmallContinuationFrames(Limits.SMALL_CONTINUATION_FRAMES);
      decoderEnforceMaxConsecutiveEmptyDataFrames(Limits.EMPTY_DATA_FRAMES);
      // Counted here, with those that we send because of the peer's mistakes.
      decoderEnforceMaxRstFramesPerWindow(0, 1);
      encoderEnforceMaxRstFramesPerWindow(0, 1);
    }

    @Override
    public Http2Link build() {
      return super.build();
    }

    @Override
    protected Http2Link build(
        Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
      return new Http2Link(decoder, encoder, settings, owner, loopState);
    }
  }

  // ---- what streams use

  Channel channel() {
    return context().channel();
  }

  private ChannelHandlerContext context() {
    ChannelHandlerContext ctx = context;
    if (ctx == null) {
      throw new IllegalStateException("the handler is in no pipeline");
    }
    return ctx;
  }

  boolean isActive() {
    ChannelHandlerContext ctx = context;
    return ctx != null && ctx.channel().isActive();
  }

  /** Why the connection broke, if it is known. */
  @Nullable Throwable failure() {
    return failure;
  }

  /** Whether a read is being delivered, whose end will flush what was written. */
  boolean isReading() {
    return reading;
  }

  /** Binds a stream, which has just been created, to its side. */
  void bind(Http2Stream stream, StreamSide side) {
    stream.setProperty(sideKey, side);
  }

  @Nullable Http2Stream stream(int id) {
    return connection().stream(id);
  }

  ChannelFuture writeHeaders(int stream, Http2Headers headers, boolean last) {
    ChannelHandlerContext ctx = context();
    return encoder().writeHeaders(ctx, stream, headers, 0, last, ctx.newPromise());
  }

  /** Takes over the octets. */
  ChannelFuture writeData(int stream, ByteBuf octets, boolean last) {
    ChannelHandlerContext ctx = context();
    int size = octets.readableBytes();
    ChannelFuture written = encoder().writeData(ctx, stream, octets, 0, last, ctx.newPromise());
    if (unread != null && size > 0) {
      // Also what waits for the peer to open a stream's window is in no buffer of the channel.
      unsentBytes += size;
      written.addListener(_ -> unsentBytes -= size);
    }
    return written;
  }

  @Override
  public void flush(ChannelHandlerContext ctx) {
    super.flush(ctx);
    if (unread != null) {
      unread.flushed(this);
    }
  }

  @Override
  public long unsentBytes() {
    return unsentBytes;
  }

  @Override
  public void cut() {
    context().close();
  }

  void reset(int stream, Http2Error error) {
    ChannelHandlerContext ctx = context();
    resetStream(ctx, stream, error.code(), ctx.newPromise());
    flushSoon();
  }

  boolean isWritable(Http2Stream stream) {
    return encoder().flowController().isWritable(stream);
  }

  /** Lets the peer send as much again as it has sent. */
  void consumed(Http2Stream stream, int octets) {
    try {
      if (decoder().flowController().consumeBytes(stream, octets)) {
        flushSoon();
      }
    } catch (Http2Exception e) {
      onError(context(), true, e);
    }
  }

  /**
   * Flushes at the end of the read in progress, or else once for all that is written in this turn
   * of the event loop: the streams of a connection end in bunches, and a flush is a system call.
   */
  void flushSoon() {
    if (reading || flushing) {
      return;
    }
    flushing = true;
    ChannelHandlerContext ctx = context();
    ctx.executor()
        .execute(() -> {
          flushing = false;
          flush(ctx);
        });
  }

  /** Calls the side back at the end of the read in progress. */
  void onReadEnd(StreamSide side) {
    read.add(side);
  }

  // ---- the end of a connection

  /**
   * Tells the peer to begin no more streams, first without a bound, so that what it has sent by now
   * is served, and with one when it has heard (RFC 9113 §6.8); closes after the last stream.
   */
  void drain() {
    if (!isActive() || connection().goAwaySent()) {
      return;
    }
    ChannelHandlerContext ctx = context();
    goAway(
        ctx,
        Integer.MAX_VALUE,
        Http2Error.NO_ERROR.code(),
        Unpooled.EMPTY_BUFFER,
        ctx.newPromise());
    onPingAck = this::closeAfterLastStream;
    encoder().writePing(ctx, false, 0, ctx.newPromise());
    flush(ctx);
    ctx.executor()
        .schedule(
            this::closeAfterLastStream, Limits.GOAWAY_PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void closeAfterLastStream() {
    if (onPingAck == null || !isActive()) {
      return;
    }
    onPingAck = null;
    ChannelHandlerContext ctx = context();
    goAway(
        ctx,
        connection().remote().lastStreamCreated(),
        Http2Error.NO_ERROR.code(),
        Unpooled.EMPTY_BUFFER,
        ctx.newPromise());
    flush(ctx);
    closeIfDrained();
  }

  private void closeIfDrained() {
    if (connection().goAwaySent() && onPingAck == null && connection().numActiveStreams() == 0) {
      close();
    }
  }

  /** Closes at once; says so to the peer if it can. */
  void close() {
    ChannelHandlerContext ctx = context();
    if (!ctx.channel().isActive()) {
      return;
    }
    if (!connection().goAwaySent()) {
      goAway(
          ctx,
          connection().remote().lastStreamCreated(),
          Http2Error.NO_ERROR.code(),
          Unpooled.EMPTY_BUFFER,
          ctx.newPromise());
    }
    flush(ctx);
    ctx.close();
  }

  // ---- what the channel tells

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
    context = ctx;
    super.handlerAdded(ctx);
    if (ctx.channel().isActive()) {
      widen(ctx);
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) throws Exception {
    super.channelActive(ctx);
    widen(ctx);
  }

  /** Gives the connection room for what all its streams may have under way. */
  private void widen(ChannelHandlerContext ctx) throws Http2Exception {
    int room = Limits.STREAM_WINDOW_BYTES * Limits.STREAMS_PER_CONNECTION;
    Http2Stream all = connection().connectionStream();
    decoder()
        .flowController()
        .incrementWindowSize(all, room - decoder().flowController().windowSize(all));
    ctx.flush();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
    reading = true;
    super.channelRead(ctx, msg);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
    for (int i = 0; i < read.size(); i++) {
      read.get(i).onReadEnd();
    }
    read.clear();
    reading = false;
    super.channelReadComplete(ctx); // flushes
  }

  private void onWritability(Http2Stream stream) {
    StreamSide side = stream.getProperty(sideKey);
    if (side != null) {
      side.onWritable(isWritable(stream));
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    super.channelInactive(ctx); // ends the streams
    if (unread != null) {
      unread.forget(this);
    }
    owner.onInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
    failure = cause;
    if (cause instanceof IOException || cause.getCause() instanceof IOException) {
      ctx.close();
    } else {
      super.exceptionCaught(ctx, cause);
    }
  }

  @Override
  protected void onConnectionError(
      ChannelHandlerContext ctx,
      boolean outbound,
      Throwable cause,
      @Nullable Http2Exception known) {
    failure = cause;
    // Before the preface it is the client's fault whatever it is: it does not speak HTTP/2.
    if (known == null && !(cause instanceof IOException) && decoder().prefaceReceived()) {
      LOG.warn("closing the connection with {}", ctx.channel().remoteAddress(), cause);
    } else {
      LOG.debug(
          "closing the connection with {}: {}", ctx.channel().remoteAddress(), cause.toString());
    }
    super.onConnectionError(ctx, outbound, cause, known);
  }

  @Override
  protected void onStreamError(
      ChannelHandlerContext ctx,
      boolean outbound,
      Throwable cause,
      Http2Exception.StreamException error) {
    // A peer can make us reset streams by its mistakes, which costs as much as resetting them.
    if (!outbound && !resets.take()) {
      onConnectionError(ctx, false, cause, calm("streams reset"));
      return;
    }
    super.onStreamError(ctx, outbound, cause, error);
  }

  private static Http2Exception calm(String what) {
    return new Http2Exception(
        Http2Error.ENHANCE_YOUR_CALM,
        "too many " + what,
        Http2Exception.ShutdownHint.HARD_SHUTDOWN);
  }

  /** What the peer sends. */
  private final class Events extends Http2EventAdapter {
    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx,
        int streamId,
        Http2Headers headers,
        int dependency,
        short weight,
        boolean exclusive,
        int padding,
        boolean last)
        throws Http2Exception {
      onHeadersRead(ctx, streamId, headers, padding, last);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean last)
        throws Http2Exception {
      overhead.earn();
      Http2Stream stream = stream(streamId);
      if (stream == null) {
        return;
      }
      StreamSide side = stream.getProperty(sideKey);
      if (side == null) {
        side = owner.onOpened(Http2Link.this, stream);
        if (side == null) {
          return;
        }
      }
      side.onHeaders(headers, last);
    }

    @Override
    public int onDataRead(
        ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean last) {
      if (data.isReadable()) {
        overhead.earn();
      }
      Http2Stream stream = stream(streamId);
      StreamSide side = stream == null ? null : stream.getProperty(sideKey);
      int size = data.readableBytes() + padding;
      return side == null ? size : side.onData(data.retain(), size, last);
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long code)
        throws Http2Exception {
      if (!resets.take()) {
        throw calm("streams reset");
      }
      Http2Stream stream = stream(streamId);
      StreamSide side = stream == null ? null : stream.getProperty(sideKey);
      if (side != null) {
        side.onReset(Http2Error.valueOf(code));
      }
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings)
        throws Http2Exception {
      spend();
    }

    @Override
    public void onPingRead(ChannelHandlerContext ctx, long data) throws Http2Exception {
      spend();
    }

    @Override
    public void onPriorityRead(
        ChannelHandlerContext ctx, int streamId, int dependency, short weight, boolean exclusive)
        throws Http2Exception {
      spend();
    }

    @Override
    public void onUnknownFrame(
        ChannelHandlerContext ctx, byte type, int streamId, Http2Flags flags, ByteBuf payload)
        throws Http2Exception {
      spend();
    }

    private void spend() throws Http2Exception {
      if (!overhead.take()) {
        throw calm("frames that ask for nothing");
      }
    }

    @Override
    public void onPingAckRead(ChannelHandlerContext ctx, long data) {
      Runnable waiting = onPingAck;
      if (waiting != null) {
        waiting.run();
      }
    }

    @Override
    public void onGoAwayRead(ChannelHandlerContext ctx, int lastStream, long code, ByteBuf text) {
      owner.onGoAway();
    }

    @Override
    public void onStreamClosed(Http2Stream stream) {
      StreamSide side = stream.removeProperty(sideKey);
      if (side != null) {
        side.onClosed();
      }
      owner.onStreamClosed();
    }

    @Override
    public void onStreamRemoved(Http2Stream stream) {
      closeIfDrained();
    }
  }
}
