package dev.bellows.embedded.network.service;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.Sockets;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries connections to Services' addresses on to their endpoints (ADR 0069).
 *
 * <p>All those addresses are local to the network it listens in, so one listener per port number
 * serves every Service with such a port: which address was dialled, the accepted connection knows.
 * A Service that comes or goes costs the kernel nothing.
 */
public final class ServiceProxy implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ServiceProxy.class);

  /** Different port numbers of all Services together; further ones are not served. */
  private static final int MAX_PORTS = 1024;

  /** Connections carried at once; further ones are reset. */
  private static final int MAX_CONNECTIONS = 10_000;

  private static final int CONNECT_MILLIS = 3_000;
  private static final String ANY = "0.0.0.0";

  private final EventLoopGroup loops;
  private final Sockets network;
  private final ServiceTable table;
  private final Set<Integer> ports = ConcurrentHashMap.newKeySet();
  private final ChannelGroup listeners = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

  /** Says where a connection is to go that came in; empty if nowhere. */
  @FunctionalInterface
  private interface Destination {
    Optional<Address> of(SocketChannel incoming) throws IOException;
  }

  /**
   * Serves nothing yet.
   *
   * @param loops carry the connections
   * @param network where Services have their addresses
   * @param table what is behind these
   */
  public ServiceProxy(EventLoopGroup loops, Sockets network, ServiceTable table) {
    this.loops = loops;
    this.network = network;
    this.table = table;
  }

  /** Serves every Service that the table knows and will know. */
  public void serveServices() {
    table.listen(this::serve);
  }

  /** Serves a port at the address of every Service that has it. */
  private void serve(int port) {
    if (ports.size() >= MAX_PORTS || !ports.add(port)) {
      return;
    }
    listen(ANY, port, incoming -> behind(incoming, address(incoming.localAddress())))
        .addListener(done -> {
          if (!done.isSuccess()) {
            ports.remove(port);
            LOG.warn("port {} of Services cannot be dialled", port, done.cause());
          }
        });
  }

  /** Where a connection was to go that the kernel has led to us. */
  @FunctionalInterface
  public interface Diverted {
    Address destination(Channel connection) throws IOException;
  }

  /**
   * Carries connections that were diverted to wherever they were to go: a Service, or another
   * machine.
   *
   * @param where they arrive
   * @throws IOException if it cannot be listened there
   */
  public void serveDiverted(Address where, Diverted diverted) throws IOException {
    ChannelFuture bound =
        listen(
                where.ip(),
                where.port(),
                incoming -> {
                  Address wanted = diverted.destination(incoming);
                  return table.at(wanted).isPresent()
                      ? behind(incoming, wanted)
                      : Optional.of(wanted);
                })
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException("cannot listen at " + where, bound.cause());
    }
  }

  /**
   * Carries questions for names that come by TCP to the machine's first name server.
   *
   * @param where they arrive
   */
  public void serveNames(InetSocketAddress where, ResolvConf host) {
    host.servers().stream()
        .findFirst()
        .map(server -> new Address(server, where.getPort()))
        .ifPresent(server ->
            listen(
                where.getAddress().getHostAddress(),
                where.getPort(),
                incoming -> Optional.of(server)));
  }

  private Optional<Address> behind(SocketChannel incoming, Address dialled) {
    return table
        .at(dialled)
        .flatMap(found -> found.choose(incoming.remoteAddress().getAddress().getHostAddress()));
  }

  private static Address address(InetSocketAddress socket) {
    return new Address(socket.getAddress().getHostAddress(), socket.getPort());
  }

  private ChannelFuture listen(String ip, int port, Destination destination) {
    ChannelFuture bound =
        new ServerBootstrap()
            .group(loops.next(), loops)
            .channelFactory(EventLoops.servers(network))
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childOption(ChannelOption.AUTO_READ, false)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel incoming) throws IOException {
                    carry(incoming, destination);
                  }
                })
            .bind(new InetSocketAddress(ip, port));
    listeners.add(bound.channel());
    return bound;
  }

  private void carry(SocketChannel incoming, Destination destination) throws IOException {
    if (connections.size() >= 2 * MAX_CONNECTIONS) {
      reset(incoming);
      return;
    }
    connections.add(incoming);
    Optional<Address> target = destination.of(incoming);
    if (target.isEmpty()) {
      reset(incoming);
      return;
    }
    // From the machine's own network: it reaches pods, this process and other machines alike.
    ChannelFuture dial =
        new Bootstrap()
            .group(incoming.eventLoop())
            .channelFactory(EventLoops.clients(Sockets.HERE))
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .option(ChannelOption.AUTO_READ, false)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel outgoing) {
                    connections.add(outgoing);
                  }
                })
            .connect(new InetSocketAddress(target.get().ip(), target.get().port()));
    dial.addListener(done -> {
      if (!done.isSuccess()) {
        LOG.debug("{} cannot be reached", target.get(), done.cause());
        reset(incoming);
      } else if (!incoming.isActive()) {
        dial.channel().close();
      } else {
        Relay.join(incoming, (DuplexChannel) dial.channel());
      }
    });
  }

  /** As a port that nobody listens at would answer, as far as one can who has accepted. */
  private static void reset(SocketChannel incoming) {
    incoming.config().setSoLinger(0);
    incoming.close();
  }

  @Override
  public void close() {
    listeners.close().awaitUninterruptibly();
    connections.close().awaitUninterruptibly();
  }
}
