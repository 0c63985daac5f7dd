package dev.bellows.controlplane.registry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A registry that speaks what of the distribution protocol a resolver needs. What lies below {@code
 * private/} wants a token, which is given for the right password; below {@code basic/}, the
 * password itself.
 */
final class SmallRegistry implements AutoCloseable {
  private static final String PASSWORD =
      "Basic " + Base64.getEncoder().encodeToString("me:secret".getBytes(StandardCharsets.UTF_8));

  /** Digests by {@code repository:tag}. */
  final Map<String, String> images = new ConcurrentHashMap<>();

  /** Requests for manifests, as {@code METHOD path}. */
  final List<String> asked = new CopyOnWriteArrayList<>();

  /** How many of the next answers are errors. */
  final AtomicInteger failing = new AtomicInteger();

  /** Manifests are answered for once this is open. */
  volatile CountDownLatch open = new CountDownLatch(0);

  private final HttpServer server;

  SmallRegistry() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    server.createContext("/v2/", this::manifest);
    server.createContext("/token", this::token);
    server.start();
  }

  /** As image names have it: {@code 127.0.0.1:PORT}. */
  String host() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  private void manifest(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    try {
      open.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    asked.add(exchange.getRequestMethod() + " " + path);
    String authorization = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
    String name = path.substring("/v2/".length()).replace("/manifests/", ":");
    if (failing.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      answer(exchange, 503);
    } else if (path.startsWith("/v2/private/") && !authorization.equals("Bearer granted")) {
      exchange
          .getResponseHeaders()
          .set(
              "WWW-Authenticate",
              "Bearer realm=\"http://%s/token\",service=\"small\",scope=\"repository:%s:pull\""
                  .formatted(host(), name.substring(0, name.indexOf(':'))));
      answer(exchange, 401);
    } else if (path.startsWith("/v2/basic/") && !authorization.equals(PASSWORD)) {
      exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"small\"");
      answer(exchange, 401);
    } else if (images.containsKey(name)) {
      exchange.getResponseHeaders().set("Docker-Content-Digest", images.get(name));
      answer(exchange, 200);
    } else {
      answer(exchange, 404);
    }
  }

  private void token(HttpExchange exchange) throws IOException {
    String query = exchange.getRequestURI().getQuery();
    boolean granted =
        PASSWORD.equals(exchange.getRequestHeaders().getFirst("Authorization"))
            && query.equals("service=small&scope=repository:private/app:pull");
    byte[] body = "{\"token\":\"granted\"}".getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(granted ? 200 : 403, granted ? body.length : -1);
    if (granted) {
      exchange.getResponseBody().write(body);
    }
    exchange.close();
  }

  private static void answer(HttpExchange exchange, int status) throws IOException {
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
