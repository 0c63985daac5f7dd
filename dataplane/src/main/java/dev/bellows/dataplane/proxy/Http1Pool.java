package dev.bellows.dataplane.proxy;

import dev.bellows.core.revision.Protocol;
import dev.bellows.core.route.Address;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.util.concurrent.Future;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The idle connections of HTTP/1.1 of one event loop, the most recently used first: few stay warm
 * and the others expire. Confined to its loop, so taking one is a map look-up.
 */
final class Http1Pool implements UpstreamPool {

  private final LoopState loopState;
  private final @Nullable ClientTls tls;
  private final Map<Address, ArrayDeque<UpstreamConnection>> idle = new HashMap<>();
  private int idleCount;
  private boolean closed;

  Http1Pool(LoopState loopState, @Nullable ClientTls tls) {
    this.loopState = loopState;
    this.tls = tls;
  }

  @Override
  public void acquire(Address target, Exchange exchange, boolean pooled) {
    if (tls == null && loopState.handOver(target, Protocol.HTTP1, exchange)) {
      return;
    }
    UpstreamConnection connection = pooled ? poll(target) : null;
    if (connection != null) {
      exchange.onConnected(connection);
      return;
    }
    Dial dial = new Dial(this, target);
    dial.add(exchange);
    dial.start();
  }

  @Override
  public Future<Channel> connect(Address target, int timeoutMillis) {
    return loopState.connect(
        target,
        timeoutMillis,
        tls,
        channel -> {
          ResponseDecoder decoder = new ResponseDecoder();
          HttpRequestEncoder encoder = new HttpRequestEncoder();
          channel
              .pipeline()
              .addLast(
                  decoder,
                  encoder,
                  new UpstreamConnection(this, target, channel, decoder, encoder));
        });
  }

  @Override
  public void onConnected(Dial dial, Channel channel) {
    UpstreamConnection connection = channel.pipeline().get(UpstreamConnection.class);
    Exchange exchange = dial.next();
    if (exchange != null) {
      exchange.onConnected(connection);
    } else {
      release(connection);
    }
  }

  @Override
  public void onDialEnd(Dial dial) {
    // Each exchange has a dial of its own, and nothing else knows of it.
  }

  private @Nullable UpstreamConnection poll(Address target) {
    ArrayDeque<UpstreamConnection> connections = idle.get(target);
    if (connections == null) {
      return null;
    }
    UpstreamConnection connection;
    while ((connection = connections.pollLast()) != null) {
      idleCount--;
      if (connection.isActive()) {
        break;
      }
    }
    if (connections.isEmpty()) {
      idle.remove(target);
    }
    return connection;
  }

  void release(UpstreamConnection connection) {
    if (closed || idleCount >= Limits.IDLE_PER_LOOP) {
      connection.close();
      return;
    }
    ArrayDeque<UpstreamConnection> connections =
        idle.computeIfAbsent(connection.target(), target -> new ArrayDeque<>(2));
    if (connections.size() >= Limits.IDLE_PER_TARGET) {
      connection.close();
      return;
    }
    connection.setReading(true); // to notice that the target closes it
    connection.idleSince(loopState.nowNanos());
    connections.addLast(connection);
    idleCount++;
  }

  /** The connection was closed by the target, or is being closed. */
  void remove(UpstreamConnection connection) {
    ArrayDeque<UpstreamConnection> connections = idle.get(connection.target());
    if (connections != null && connections.remove(connection)) {
      idleCount--;
      if (connections.isEmpty()) {
        idle.remove(connection.target());
      }
    }
  }

  @Override
  public void expire(long nowNanos) {
    for (Iterator<ArrayDeque<UpstreamConnection>> all = idle.values().iterator(); all.hasNext(); ) {
      ArrayDeque<UpstreamConnection> connections = all.next();
      UpstreamConnection oldest;
      while ((oldest = connections.peekFirst()) != null
          && nowNanos - oldest.idleSinceNanos() >= Limits.IDLE_TIMEOUT.toNanos()) {
        connections.pollFirst();
        idleCount--;
        oldest.close();
      }
      if (connections.isEmpty()) {
        all.remove();
      }
    }
  }

  @Override
  public void forget(Address target) {
    ArrayDeque<UpstreamConnection> connections = idle.remove(target);
    if (connections != null) {
      idleCount -= connections.size();
      connections.forEach(UpstreamConnection::close);
    }
  }

  @Override
  public void close() {
    closed = true;
    idle.values().forEach(connections -> connections.forEach(UpstreamConnection::close));
    idle.clear();
    idleCount = 0;
  }

  @Override
  public boolean isEmpty() {
    return idleCount == 0;
  }

  int idleCount() {
    return idleCount;
  }
}
