package dev.bellows.dataplane.proxy;

import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.local.LocalIoHandle;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.ThreadAwareExecutor;

/**
 * Event loops that carry sockets (epoll where there is one, else NIO) and in-JVM channels side by
 * side, so that two roles of one JVM meet on one loop and a request changes no thread between them.
 */
public final class EventLoops {
  private static final boolean EPOLL = Epoll.isAvailable();

  private EventLoops() {}

  /**
   * A group of loops.
   *
   * @param name prefix of the threads' names
   * @param threads one loop per thread
   */
  public static EventLoopGroup create(String name, int threads) {
    IoHandlerFactory sockets = EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    IoHandlerFactory local = LocalIoHandler.newFactory();
    return new MultiThreadIoEventLoopGroup(
        threads,
        new DefaultThreadFactory(name, true),
        (ThreadAwareExecutor executor) ->
            new SocketsAndLocal(sockets.newHandler(executor), local.newHandler(executor)));
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

  /**
   * Waits on sockets; in-JVM channels need no waiting, since whoever writes to one wakes the loop
   * by a task. They are registered with a handler of their own that closes them when the loop ends.
   */
  private record SocketsAndLocal(IoHandler sockets, IoHandler local) implements IoHandler {
    @Override
    public void initialize() {
      sockets.initialize();
      local.initialize();
    }

    @Override
    public int run(IoHandlerContext context) {
      return sockets.run(context);
    }

    @Override
    public void prepareToDestroy() {
      local.prepareToDestroy();
      sockets.prepareToDestroy();
    }

    @Override
    public void destroy() {
      local.destroy();
      sockets.destroy();
    }

    @Override
    public IoRegistration register(IoHandle handle) throws Exception {
      return handle instanceof LocalIoHandle ? local.register(handle) : sockets.register(handle);
    }

    @Override
    public void wakeup() {
      sockets.wakeup();
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> type) {
      return local.isCompatible(type) || sockets.isCompatible(type);
    }
  }
}
