package dev.bellows.dataplane.proxy;

import dev.bellows.core.route.Address;
import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A role at one address: whoever connects to it goes through its chain. */
public final class Listener implements AutoCloseable {
  private final ProxyEngine engine;
  private final Address address;
  private final List<Stage> chain;
  private final ChannelGroup servers = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final CompletableFuture<Void> drained = new CompletableFuture<>();
  private volatile boolean draining;

  Listener(ProxyEngine engine, Address address, List<Stage> chain) {
    this.engine = engine;
    this.address = address;
    this.chain = List.copyOf(chain);
  }

  /** Where it listens, with the port it got. */
  public Address address() {
    return address;
  }

  /** Takes connections, first those that wait. */
  public void accept() {
    servers.forEach(server -> server.config().setAutoRead(true));
  }

  /** Open connections, of either kind. */
  public int connectionCount() {
    return connections.size();
  }

  /**
   * Stops accepting, closes idle connections, and lets each other one finish the exchange it has
   * begun.
   *
   * @return done when the last connection is closed, however long its exchange takes; a tunnel ends
   *     when a side of it does
   */
  public CompletionStage<Void> drain() {
    draining = true;
    engine.forget(this);
    servers.close().addListener(done -> drainConnections());
    return drained.minimalCompletionStage();
  }

  private void drainConnections() {
    for (Channel channel : connections) {
      channel.eventLoop().execute(() -> drain(channel));
    }
    connections.newCloseFuture().addListener(done -> drained.complete(null));
  }

  private static void drain(Channel channel) {
    ServerConnection connection = channel.pipeline().get(ServerConnection.class);
    if (connection != null) {
      connection.drain();
    }
    Http2Link link = channel.pipeline().get(Http2Link.class);
    if (link != null) {
      link.drain();
    }
  }

  /** Stops accepting and closes all connections at once; exchanges in progress end as cut. */
  @Override
  public void close() {
    draining = true;
    engine.forget(this);
    servers.close().awaitUninterruptibly();
    connections.close().awaitUninterruptibly();
    drained.complete(null);
  }

  /** Whether it takes no new connections: the response in progress is its connection's last. */
  boolean draining() {
    return draining;
  }

  List<Stage> chain() {
    return chain;
  }

  void opened(Channel server) {
    servers.add(server);
  }

  void accepted(Channel connection) {
    connections.add(connection);
    if (draining || connections.size() > Limits.CONNECTIONS_PER_LISTENER) {
      connection.close();
    }
  }
}
