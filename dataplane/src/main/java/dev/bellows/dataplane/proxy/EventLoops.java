package dev.bellows.dataplane.proxy;

import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.Objects;

/** Event loops that carry sockets: epoll where there is one, else NIO. */
public final class EventLoops {
  private static final boolean EPOLL = Epoll.isAvailable();

  static {
    // Netty's HttpHeaders and EmptyHttpHeaders initialise each other. Two threads that begin at
    // different ends wait for one another for ever, and whoever needs a header with them; so it is
    // done here, before there are threads.
    Objects.requireNonNull(EmptyHttpHeaders.INSTANCE);
  }

  private EventLoops() {}

  /**
   * A group of loops.
   *
   * @param name prefix of the threads' names
   * @param threads one loop per thread
   */
  public static EventLoopGroup create(String name, int threads) {
    return new MultiThreadIoEventLoopGroup(
        threads,
        new DefaultThreadFactory(name, true),
        EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
  }

  /** Makes listening sockets of the kind that these loops carry, in a network. */
  public static ChannelFactory<ServerChannel> servers(Sockets network) {
    return () ->
        (ServerChannel)
            network.open(EPOLL ? EpollServerSocketChannel::new : NioServerSocketChannel::new);
  }

  /** Makes client sockets of the kind that these loops carry, in a network. */
  public static ChannelFactory<SocketChannel> clients(Sockets network) {
    return () ->
        (SocketChannel) network.open(EPOLL ? EpollSocketChannel::new : NioSocketChannel::new);
  }

  /** Makes UDP sockets of the kind that these loops carry, in a network. */
  public static ChannelFactory<DatagramChannel> datagrams(Sockets network) {
    return () ->
        (DatagramChannel) network.open(EPOLL ? EpollDatagramChannel::new : NioDatagramChannel::new);
  }

  /** The kind of listening socket that these loops carry. */
  public static Class<? extends ServerChannel> serverChannel() {
    return EPOLL ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }

  /** The kind of client socket that these loops carry. */
  public static Class<? extends SocketChannel> clientChannel() {
    return EPOLL ? EpollSocketChannel.class : NioSocketChannel.class;
  }
}
