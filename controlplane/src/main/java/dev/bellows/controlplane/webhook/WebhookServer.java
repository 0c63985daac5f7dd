package dev.bellows.controlplane.webhook;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The webhooks over HTTPS. A certificate may be exchanged at any time; connections that stand keep
 * theirs.
 */
final class WebhookServer implements AutoCloseable {
  /** Largest review: twice what an API server takes in one object (3 MiB), and its own words. */
  private static final int MAX_BODY_BYTES = 8 << 20;

  /** Reviews read and answered at one time; more are asked to come again. */
  private static final int MAX_AT_ONCE = 64;

  private static final int BACKLOG = 128;
  private static final Logger log = LoggerFactory.getLogger(WebhookServer.class);

  private final AdmissionReviews reviews;
  private final CurrentCertificate certificate;
  private final HttpsServer server;
  private final Semaphore places = new Semaphore(MAX_AT_ONCE);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private WebhookServer(
      HttpsServer server, AdmissionReviews reviews, CurrentCertificate certificate) {
    this.server = server;
    this.reviews = reviews;
    this.certificate = certificate;
  }

  /**
   * Starts to listen. Until there is a certificate ({@link #use}) no connection comes about.
   *
   * @param address port 0 for a free one
   * @throws IOException if the address is taken
   */
  static WebhookServer start(InetSocketAddress address, AdmissionReviews reviews)
      throws IOException {
    CurrentCertificate certificate = new CurrentCertificate();
    HttpsServer server = HttpsServer.create(address, BACKLOG);
    server.setHttpsConfigurator(new HttpsConfigurator(context(certificate)));
    WebhookServer started = new WebhookServer(server, reviews, certificate);
    server.setExecutor(started.threads);
    server.createContext("/", started::answer);
    server.start();
    return started;
  }

  /** Where it listens. */
  InetSocketAddress address() {
    return server.getAddress();
  }

  /** From now on connections are made with this certificate. */
  void use(ServingCertificate newest) {
    if (certificate.use(newest)) {
      log.info("the webhooks show {}", newest);
    }
  }

  /** Whether connections can come about. */
  boolean hasCertificate() {
    return certificate.isThere();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      Optional<Webhook> webhook = Webhook.at(exchange.getRequestURI().getPath());
      if (webhook.isEmpty()) {
        refuse(exchange, 404, "no webhook is here");
      } else if (!exchange.getRequestMethod().equals("POST")) {
        refuse(exchange, 405, "a review is posted");
      } else if (!places.tryAcquire()) {
        refuse(exchange, 429, MAX_AT_ONCE + " reviews are under way");
      } else {
        try {
          review(exchange, webhook.get());
        } finally {
          places.release();
        }
      }
    } catch (IOException | RuntimeException e) {
      log.warn("a review from {} was not answered", exchange.getRemoteAddress(), e);
      throw e;
    }
  }

  private void review(HttpExchange exchange, Webhook webhook) throws IOException {
    byte[] body = exchange.getRequestBody().readNBytes(MAX_BODY_BYTES + 1);
    if (body.length > MAX_BODY_BYTES) {
      refuse(exchange, 413, "a review has at most " + MAX_BODY_BYTES + " bytes");
      return;
    }
    byte[] answer;
    try {
      answer = reviews.answer(webhook, body);
    } catch (IOException e) {
      refuse(exchange, 400, String.valueOf(e.getMessage()));
      return;
    }
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, answer.length);
    exchange.getResponseBody().write(answer);
  }

  private static void refuse(HttpExchange exchange, int status, String why) throws IOException {
    byte[] body = (why + "\n").getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }

  private static SSLContext context(CurrentCertificate certificate) throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {certificate}, null, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("TLS cannot be set up: " + e.getMessage(), e);
    }
  }
}
