package dev.bellows.embedded.network;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;

/**
 * The ports of programs that share the machine's network: they cannot be told which address to
 * bind, so each gets a port that is free on every one. Given out in turn, so that one is not used
 * again while somebody may still dial its former holder.
 */
final class SharedPorts {
  /** Registered ports that few use, below Linux's ephemeral range (32768 on). */
  static final int FIRST_PORT = 20_000;

  static final int LAST_PORT = 31_999;
  private static final int SPAN = LAST_PORT - FIRST_PORT + 1;

  private final Set<Integer> used = new HashSet<>();
  private int next;

  /**
   * @param begin how far from the first port to begin
   */
  SharedPorts(int begin) {
    next = Math.floorMod(begin, SPAN);
  }

  /**
   * A port that nobody listens on.
   *
   * @throws IllegalStateException if there is none
   */
  synchronized int take() {
    for (int tried = 0; tried < SPAN; tried++) {
      int port = FIRST_PORT + next;
      next = (next + 1) % SPAN;
      if (!used.contains(port) && isFree(port)) {
        used.add(port);
        return port;
      }
    }
    throw new IllegalStateException("no port is free from " + FIRST_PORT + " to " + LAST_PORT);
  }

  synchronized void giveBack(int port) {
    used.remove(port);
  }

  /** On every address: a program may bind them all. */
  private static boolean isFree(int port) {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(false);
      probe.bind(new InetSocketAddress(port), 1);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
