package dev.bellows.dataplane.proxy;

import dev.bellows.core.route.Address;
import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;

/** The connections of one event loop to targets that speak one protocol. Confined to its loop. */
interface UpstreamPool {
  /**
   * Gives the exchange a side to be answered by, now or after dialling; or tells it why there is
   * none.
   *
   * @param pooled whether a connection that is open already will do
   */
  void acquire(Address target, Exchange exchange, boolean pooled);

  /** Begins to connect, with the protocol's handlers. */
  Future<Channel> connect(Address target, int timeoutMillis);

  /** Gives a new connection to those who wait for it. */
  void onConnected(Dial dial, Channel channel);

  /** Nobody can wait for it any more. */
  void onDialEnd(Dial dial);

  /** Whether it holds no connection that waits for work. */
  boolean isEmpty();

  /** Closes what has been idle for too long. */
  void expire(long nowNanos);

  /** Closes the idle connections to a target that is no more. */
  void forget(Address target);

  void close();
}
