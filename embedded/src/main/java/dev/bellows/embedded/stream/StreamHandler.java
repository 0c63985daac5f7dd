package dev.bellows.embedded.stream;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last handler of a connection that carries streams.
 *
 * @param <F> the frames of its protocol
 */
abstract class StreamHandler<F> extends SimpleChannelInboundHandler<F> {
  private static final Logger LOG = LoggerFactory.getLogger(StreamHandler.class);

  /**
   * How often we ask whether the client is there: while a full connection is not read, only a
   * failing write shows that it has left.
   */
  private static final long PING_SECONDS = 20;

  private final CompletableFuture<StreamConnection> ready = new CompletableFuture<>();
  private @Nullable StreamConnection connection;

  StreamHandler(Class<F> frames) {
    super(frames);
  }

  /** Completes when the streams can be used. */
  CompletableFuture<StreamConnection> ready() {
    return ready;
  }

  final StreamConnection connection() {
    if (connection == null) {
      throw new IllegalStateException("not yet in a pipeline");
    }
    return connection;
  }

  @Override
  public final void handlerAdded(ChannelHandlerContext context) {
    connection = new StreamConnection(context.channel(), () -> farewell(context));
  }

  /** On the event loop, when the client has been told that it may speak. */
  final void start(ChannelHandlerContext context) {
    begin(context);
    keepAsking(context);
    ready.complete(connection());
  }

  private void keepAsking(ChannelHandlerContext context) {
    var asking =
        context
            .executor()
            .scheduleAtFixedRate(() -> ping(context), PING_SECONDS, PING_SECONDS, TimeUnit.SECONDS);
    connection().peer().onLeaving(() -> asking.cancel(false));
  }

  abstract void begin(ChannelHandlerContext context);

  /** A frame, which is released when this returns. */
  abstract void received(ChannelHandlerContext context, F frame);

  /** The connection is over; no inbox gets anything more. */
  abstract void ended(String why);

  /** Asks whether the client is there; a client that is sends something back. */
  abstract void ping(ChannelHandlerContext context);

  /** Says, as the protocol has it, that we are about to hang up. */
  abstract void farewell(ChannelHandlerContext context);

  @Override
  protected final void channelRead0(ChannelHandlerContext context, F frame) {
    if (!connection().isClosing()) {
      received(context, frame);
    }
  }

  @Override
  public final void channelWritabilityChanged(ChannelHandlerContext context) {
    connection().peer().writabilityChanged();
  }

  @Override
  public final void channelInactive(ChannelHandlerContext context) {
    ended("the client has left");
    connection().left();
  }

  @Override
  public final void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    LOG.debug("a connection with streams is closed", cause);
    context.close(); // reset by the peer, or frames that are none
  }
}
