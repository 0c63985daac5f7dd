package dev.bellows.app.telemetry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.bellows.dataplane.telemetry.PrometheusPage;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** Serves {@code /metrics} for Prometheus. What it shows is read when it is asked. */
public final class MetricsServer implements AutoCloseable {
  private static final int BACKLOG = 16;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private MetricsServer(HttpServer server) {
    this.server = server;
  }

  /**
   * Starts to serve.
   *
   * @param ip literal to listen on
   * @param preferredPort the port to have; a free one if it is taken
   * @param page reads what there is to show
   * @throws IOException if no port can be had
   */
  public static MetricsServer start(String ip, int preferredPort, Supplier<byte[]> page)
      throws IOException {
    MetricsServer started = new MetricsServer(bind(ip, preferredPort));
    started.server.setExecutor(started.threads);
    started.server.createContext("/metrics", exchange -> answer(exchange, page));
    started.server.start();
    return started;
  }

  /** Where it is served. */
  public URI url() {
    InetSocketAddress address = server.getAddress();
    return URI.create(
        "http://%s:%d/metrics".formatted(address.getAddress().getHostAddress(), address.getPort()));
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private static HttpServer bind(String ip, int preferredPort) throws IOException {
    InetAddress address = InetAddress.ofLiteral(ip);
    try {
      return HttpServer.create(new InetSocketAddress(address, preferredPort), BACKLOG);
    } catch (BindException taken) {
      return HttpServer.create(new InetSocketAddress(address, 0), BACKLOG);
    }
  }

  private static void answer(HttpExchange exchange, Supplier<byte[]> page) throws IOException {
    try (exchange) {
      if (!exchange.getRequestURI().getPath().equals("/metrics")) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      byte[] body = page.get();
      exchange.getResponseHeaders().set("Content-Type", PrometheusPage.CONTENT_TYPE);
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
