package dev.bellows.dataplane.queueproxy;

import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.proxy.ServerCertificate;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;

/**
 * The TLS port of a pod's queue-proxy (data-plane spec §7): there if a certificate and its key are
 * there when the queue-proxy starts. It serves as the plain port does, which stays open; and it
 * shows a certificate that has been renewed {@link ServerCertificate#RELOAD_INTERVAL} later at the
 * latest.
 */
final class TlsServing implements AutoCloseable {
  /** Where a pod's certificate is mounted. */
  static final Path CERTIFICATES = Path.of("/var/lib/knative/certs");

  private final ServerCertificate certificate;
  private final Logger log;
  private final Listener listener;
  private final Future<?> looking;

  private TlsServing(
      ProxyEngine engine, Listener listener, ServerCertificate certificate, Logger log) {
    this.listener = listener;
    this.certificate = certificate;
    this.log = log;
    long interval = ServerCertificate.RELOAD_INTERVAL.toSeconds();
    this.looking =
        engine
            .loops()
            .next()
            .scheduleWithFixedDelay(
                // Reading files blocks, which an event loop must not.
                () -> Thread.ofVirtual().name("certificate").start(this::look),
                interval,
                interval,
                TimeUnit.SECONDS);
  }

  /**
   * Opens the port if there is a certificate.
   *
   * @param handle serves what comes in by it
   * @param directory with {@code tls.crt} and {@code tls.key}
   * @throws IOException if the files cannot be used or the port cannot be had
   */
  static Optional<TlsServing> open(
      ProxyEngine engine, QueueProxyHandle handle, Path directory, Logger log) throws IOException {
    Path certificate = directory.resolve("tls.crt");
    Path key = directory.resolve("tls.key");
    if (!Files.exists(certificate) || !Files.exists(key)) {
      return Optional.empty();
    }
    ServerCertificate shown = ServerCertificate.load(certificate, key, handle.config().tls());
    Listener listener =
        handle.alsoListen(
            (ip, port, chain) -> engine.listenTls(ip, port, chain, shown),
            handle.config().tlsPort());
    log.info("Serving on {} with the certificate in {}", listener.address(), directory);
    return Optional.of(new TlsServing(engine, listener, shown, log));
  }

  /** Takes over a renewed certificate; half of a renewal changes nothing. */
  void look() {
    try {
      if (certificate.reload()) {
        log.info("New connections see the renewed certificate in {}", certificate);
      }
    } catch (IOException e) {
      log.warn("the certificate in {} stays as it was: {}", certificate, e.getMessage());
    }
  }

  Listener listener() {
    return listener;
  }

  @Override
  public void close() {
    looking.cancel(false);
  }
}
