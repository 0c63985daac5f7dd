package dev.bellows.dataplane.proxy;

import dev.bellows.core.revision.Protocol;
import dev.bellows.core.route.Address;
import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The connections of HTTP/2 of one event loop. An exchange takes a stream of the first connection
 * with room, so that few connections carry all; where there is none, it waits for the one that is
 * being made, unless enough wait for that already.
 */
final class Http2Pool implements UpstreamPool {
  private static final AttributeKey<Http2Upstream> CONNECTION =
      AttributeKey.valueOf(Http2Pool.class, "connection");

  private final LoopState loopState;
  private final @Nullable ClientTls tls;
  private final Map<Address, List<Http2Upstream>> connections = new HashMap<>();
  private final Map<Address, Dial> dials = new HashMap<>();
  private int count;
  private boolean closed;

  Http2Pool(LoopState loopState, @Nullable ClientTls tls) {
    this.loopState = loopState;
    this.tls = tls;
  }

  long nowNanos() {
    return loopState.nowNanos();
  }

  @Override
  public void acquire(Address target, Exchange exchange, boolean pooled) {
    if (tls == null && loopState.handOver(target, Protocol.H2C, exchange)) {
      return;
    }
    Http2Upstream connection = pooled ? withRoom(target) : null;
    if (connection != null) {
      exchange.onConnected(connection.open());
      return;
    }
    Dial dial = dials.get(target);
    if (dial != null && dial.waiting() < Limits.STREAMS_PER_UPSTREAM) {
      dial.add(exchange);
      return;
    }
    Dial another = new Dial(this, target);
    dials.put(target, another);
    another.add(exchange);
    another.start();
  }

  private @Nullable Http2Upstream withRoom(Address target) {
    List<Http2Upstream> known = connections.get(target);
    if (known == null) {
      return null;
    }
    for (int i = 0; i < known.size(); i++) {
      Http2Upstream connection = known.get(i);
      if (connection.hasRoom()) {
        return connection;
      }
    }
    return null;
  }

  @Override
  public Future<Channel> connect(Address target, int timeoutMillis) {
    return loopState.connect(
        target,
        timeoutMillis,
        tls,
        channel -> {
          Http2Upstream connection = new Http2Upstream(this, target, loopState);
          channel.attr(CONNECTION).set(connection);
          channel.pipeline().addLast(connection.link());
        });
  }

  @Override
  public void onConnected(Dial dial, Channel channel) {
    Http2Upstream connection = channel.attr(CONNECTION).get();
    connections.computeIfAbsent(connection.target(), target -> new ArrayList<>(1)).add(connection);
    count++;
    for (Exchange next = dial.next(); next != null; next = dial.next()) {
      if (connection.hasRoom()) {
        next.onConnected(connection.open());
      } else {
        acquire(dial.target(), next, true);
      }
    }
    if (connection.idle()) {
      onIdle(connection);
    }
  }

  @Override
  public void onDialEnd(Dial dial) {
    dials.remove(dial.target(), dial);
  }

  /** Keeps a connection without streams, or closes it if there are enough of them. */
  void onIdle(Http2Upstream connection) {
    List<Http2Upstream> known = connections.get(connection.target());
    if (closed
        || count > Limits.IDLE_PER_LOOP
        || (known != null && known.size() > Limits.IDLE_PER_TARGET)) {
      connection.retire();
    }
  }

  void remove(Http2Upstream connection) {
    List<Http2Upstream> known = connections.get(connection.target());
    if (known != null && known.remove(connection)) {
      count--;
      if (known.isEmpty()) {
        connections.remove(connection.target());
      }
    }
  }

  @Override
  public void expire(long nowNanos) {
    all().stream()
        .filter(Http2Upstream::idle)
        .filter(each -> nowNanos - each.idleSinceNanos() >= Limits.IDLE_TIMEOUT.toNanos())
        .forEach(Http2Upstream::retire);
  }

  @Override
  public void forget(Address target) {
    List.copyOf(connections.getOrDefault(target, List.of())).forEach(Http2Upstream::retire);
  }

  @Override
  public void close() {
    closed = true;
    all().forEach(Http2Upstream::close);
    connections.clear();
    count = 0;
  }

  @Override
  public boolean isEmpty() {
    return count == 0 && dials.isEmpty();
  }

  /** A copy: closing one takes it out. */
  private List<Http2Upstream> all() {
    return connections.values().stream().flatMap(List::stream).toList();
  }
}
