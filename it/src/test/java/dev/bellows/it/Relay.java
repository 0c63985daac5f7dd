package dev.bellows.it;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Passes bytes of TCP connections on, and can cut all of them at once. */
final class Relay implements AutoCloseable {
  private final ServerSocket listener;
  private final InetSocketAddress target;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  private Relay(ServerSocket listener, InetSocketAddress target) {
    this.listener = listener;
    this.target = target;
  }

  /**
   * Opens one.
   *
   * @param ip to listen on
   * @param port to listen on; 0 = any free one
   */
  static Relay start(String ip, int port, String targetIp, int targetPort) throws IOException {
    ServerSocket listener = new ServerSocket(port, 128, InetAddress.ofLiteral(ip));
    Relay relay =
        new Relay(listener, new InetSocketAddress(InetAddress.ofLiteral(targetIp), targetPort));
    Thread.ofVirtual().name("relay").start(relay::accept);
    return relay;
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Ends every connection that there is; new ones are let through. */
  int cut() {
    int count = open.size();
    open.forEach(Relay::close);
    return count;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        open.add(client);
        Thread.ofVirtual().start(() -> join(client));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void join(Socket client) {
    Socket server = new Socket();
    open.add(server);
    try {
      server.connect(target, 5_000);
      Thread.ofVirtual().start(() -> pass(server, client));
      pass(client, server);
    } catch (IOException e) {
      close(client);
    } finally {
      open.remove(client);
      open.remove(server);
      close(server);
    }
  }

  private static void pass(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
      to.shutdownOutput();
    } catch (IOException e) {
      close(from);
      close(to);
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new IllegalStateException("closing a socket", e);
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    cut();
  }
}
