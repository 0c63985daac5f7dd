package dev.bellows.dataplane.probe;

import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.Sockets;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Asks {@link Probe probes}, on event loops: a question in progress holds no thread. */
public final class Prober {
  /** Of a response's body, how much is kept. */
  public static final int BODY_BYTES = 1024;

  private final EventLoopGroup loops;
  private final Sockets sockets;
  private volatile @Nullable SslContext tls;

  /** A prober on event loops that it does not own, made by {@link EventLoops#create}. */
  public Prober(EventLoopGroup loops) {
    this(loops, Sockets.HERE);
  }

  private Prober(EventLoopGroup loops, Sockets sockets) {
    this.loops = loops;
    this.sockets = sockets;
  }

  /** The same, asking from within a network: 127.0.0.1 is that network's. */
  public Prober in(Sockets network) {
    return network.equals(sockets) ? this : new Prober(loops, network);
  }

  /**
   * Asks once.
   *
   * @param probe what to ask
   * @param timeout for the whole of it, connecting included; what takes longer has failed
   * @return never completes exceptionally
   */
  public CompletionStage<ProbeResult> ask(Probe probe, Duration timeout) {
    return ask(probe, timeout, loops.next());
  }

  /** Asks on a given loop, where the result is then told. */
  public CompletionStage<ProbeResult> ask(Probe probe, Duration timeout, EventLoop loop) {
    CompletableFuture<ProbeResult> result = new CompletableFuture<>();
    ChannelFuture connecting =
        new Bootstrap()
            .group(loop)
            .channelFactory(EventLoops.clients(sockets))
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, millis(timeout))
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) throws SSLException {
                    init(channel, probe, result);
                  }
                })
            .connect(new InetSocketAddress(probe.address().ip(), probe.address().port()));
    connecting.addListener(done -> onConnect(probe, connecting, result));
    var limit =
        loop.schedule(
            () -> result.complete(new ProbeResult.Failed("no answer within " + timeout)),
            timeout.toNanos(),
            TimeUnit.NANOSECONDS);
    result.whenComplete((answer, failure) -> {
      limit.cancel(false);
      connecting.channel().close();
    });
    return result.minimalCompletionStage();
  }

  private void init(Channel channel, Probe probe, CompletableFuture<ProbeResult> result)
      throws SSLException {
    switch (probe) {
      case Probe.TcpConnect connect -> {}
      case Probe.HttpGet get -> {
        if (get.tls()) {
          channel.pipeline().addLast(tls().newHandler(channel.alloc()));
        }
        channel.pipeline().addLast(new HttpClientCodec(), new HttpQuestion(get, result));
      }
      case Probe.Http2Get get -> Http2Question.init(channel, result);
      case Probe.GrpcHealth health -> Http2Question.init(channel, result);
    }
  }

  private static void onConnect(
      Probe probe, ChannelFuture connecting, CompletableFuture<ProbeResult> result) {
    if (!connecting.isSuccess()) {
      result.complete(new ProbeResult.Failed(String.valueOf(connecting.cause().getMessage())));
      return;
    }
    switch (probe) {
      case Probe.TcpConnect connect -> result.complete(new ProbeResult.Connected());
      case Probe.HttpGet get -> {} // asked when the connection is active
      case Probe.Http2Get get -> Http2Question.ask(connecting.channel(), get, result);
      case Probe.GrpcHealth health -> Http2Question.ask(connecting.channel(), health, result);
    }
  }

  private SslContext tls() throws SSLException {
    SslContext context = tls;
    if (context == null) {
      context =
          SslContextBuilder.forClient().trustManager(InsecureTrustManagerFactory.INSTANCE).build();
      tls = context;
    }
    return context;
  }

  private static int millis(Duration timeout) {
    return Math.clamp(timeout.toMillis(), 1, Integer.MAX_VALUE);
  }
}
