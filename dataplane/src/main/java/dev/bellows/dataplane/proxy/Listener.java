package dev.bellows.dataplane.proxy;

import dev.bellows.core.route.Address;
import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Stream;

/** A role at one address: whoever connects to it goes through its chain. */
public final class Listener implements AutoCloseable {
  private final ProxyEngine engine;
  private final Address address;
  private final List<Stage> chain;
  private final ChannelGroup servers = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

  /** By the index of the loop. */
  private final List<Handovers> handovers;

  private final CompletableFuture<Void> drained = new CompletableFuture<>();
  private volatile boolean draining;

  Listener(ProxyEngine engine, Address address, List<Stage> chain, int loops) {
    this.engine = engine;
    this.address = address;
    this.chain = List.copyOf(chain);
    this.handovers = Stream.generate(Handovers::new).limit(loops).toList();
  }

  /** Where it listens, with the port it got. */
  public Address address() {
    return address;
  }

  /** Takes connections, first those that wait. */
  public void accept() {
    servers.forEach(server -> server.config().setAutoRead(true));
  }

  /** Open connections. */
  public int connectionCount() {
    return connections.size();
  }

  /**
   * Stops accepting, closes idle connections, and lets each other one finish the exchange it has
   * begun.
   *
   * @return done when the last connection is closed and the last exchange over that another role of
   *     this JVM has handed to it, however long it takes; a tunnel ends when a side of it does
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
    CompletableFuture<Void> closed = new CompletableFuture<>();
    connections.newCloseFuture().addListener(done -> closed.complete(null));
    List<CompletionStage<Void>> last = new ArrayList<>(onEachLoop(Handovers::whenNone));
    last.add(closed);
    CompletableFuture.allOf(
            last.stream()
                .map(CompletionStage::toCompletableFuture)
                .toArray(CompletableFuture[]::new))
        .thenRun(() -> drained.complete(null));
  }

  private List<CompletionStage<Void>> onEachLoop(
      Function<Handovers, CompletionStage<Void>> handling) {
    return engine.states().stream()
        .filter(state -> !state.loop().isShuttingDown())
        .map(state ->
            CompletableFuture.supplyAsync(() -> handling.apply(handovers(state)), state.loop())
                .<Void>thenCompose(Function.identity()))
        .<CompletionStage<Void>>map(Function.identity())
        .toList();
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

  /**
   * Stops accepting and closes all connections at once; exchanges in progress end as cut, after
   * those who have a WebSocket, or speak HTTP/2, have been told that this end is going away.
   */
  @Override
  public void close() {
    draining = true;
    engine.forget(this);
    servers.close().awaitUninterruptibly();
    for (Channel channel : connections) {
      if (!channel.eventLoop().isShuttingDown()) {
        channel.eventLoop().execute(() -> goAway(channel));
      }
    }
    connections.close().awaitUninterruptibly();
    onEachLoop(Listener::cut).forEach(each -> each.toCompletableFuture().join());
    drained.complete(null);
  }

  private static void goAway(Channel channel) {
    ServerConnection connection = channel.pipeline().get(ServerConnection.class);
    if (connection != null) {
      connection.goAway();
    }
    Http2Link link = channel.pipeline().get(Http2Link.class);
    if (link != null) {
      link.close();
    }
  }

  private static CompletionStage<Void> cut(Handovers handovers) {
    handovers.cut();
    return handovers.whenNone();
  }

  /** What other roles of this JVM have handed to it on a loop. */
  Handovers handovers(LoopState state) {
    return handovers.get(state.index());
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
