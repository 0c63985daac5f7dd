package dev.bellows.dataplane.proxy;

import io.netty.channel.Channel;
import java.util.function.Supplier;

/**
 * Opens sockets in a network. A socket belongs for its life to the network that the thread which
 * opened it was in (network_namespaces(7)); what is done with it later can be done from anywhere.
 */
@FunctionalInterface
public interface Sockets {
  /** Those of the network that this process is in. */
  Sockets HERE = Supplier::get;

  /**
   * Opens a socket.
   *
   * @param opening makes the channel and with it the socket; neither binds nor connects it
   * @throws IllegalStateException if the network is no more
   */
  Channel open(Supplier<? extends Channel> opening);
}
