package dev.bellows.app.telemetry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.bellows.core.route.Address;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/**
 * Answers a kubelet for a part whose own port does not: {@code /health} while the process lives,
 * {@code /readiness} while it does its work, else 503.
 */
public final class HealthServer implements AutoCloseable {
  private static final int BACKLOG = 16;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private HealthServer(HttpServer server) {
    this.server = server;
  }

  /**
   * Starts to answer.
   *
   * @param ip literal to listen on
   * @param port to listen on; 0 = any free one
   * @param ready whether the part does its work
   * @throws IOException if the port cannot be had
   */
  public static HealthServer start(String ip, int port, BooleanSupplier ready) throws IOException {
    InetSocketAddress address = new InetSocketAddress(InetAddress.ofLiteral(ip), port);
    HealthServer started = new HealthServer(bind(address));
    started.server.setExecutor(started.threads);
    started.server.createContext("/health", exchange -> answer(exchange, 200));
    started.server.createContext(
        "/readiness", exchange -> answer(exchange, ready.getAsBoolean() ? 200 : 503));
    started.server.start();
    return started;
  }

  /** Where it answers. */
  public Address address() {
    InetSocketAddress local = server.getAddress();
    return new Address(local.getAddress().getHostAddress(), local.getPort());
  }

  private static HttpServer bind(InetSocketAddress address) throws IOException {
    try {
      return HttpServer.create(address, BACKLOG);
    } catch (BindException e) {
      BindException refused =
          new BindException(
              "cannot listen on %s:%d: %s"
                  .formatted(
                      address.getAddress().getHostAddress(), address.getPort(), e.getMessage()));
      refused.initCause(e);
      throw refused;
    }
  }

  private static void answer(HttpExchange exchange, int status) throws IOException {
    try (exchange) {
      exchange.sendResponseHeaders(status, -1);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
