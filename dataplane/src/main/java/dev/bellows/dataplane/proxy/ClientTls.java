package dev.bellows.dataplane.proxy;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * How targets of one kind are dialled by TLS, and whom one must meet there (data-plane spec §7). No
 * protocol is offered: the client begins with what it speaks. Connections are pooled per instance,
 * so that none is used for whom it was not checked for; an instance is meant to be kept.
 */
public final class ClientTls {
  /** The name that every certificate of the system's own hops has. */
  public static final String SERVER_NAME = "data-plane.knative.dev";

  /** The name of an activator's certificate. */
  public static final String ROUTING_NAME = "kn-routing";

  private static final int DNS_NAME = 2; // RFC 5280 §4.2.1.6, as Java numbers it
  private static final int ANY_PORT = 443; // of a session that is never looked for

  private final TrustPool trust;
  private final Set<String> names;
  private final SslContext context;

  /**
   * Demands a certificate of the pool's authorities for {@link #SERVER_NAME}.
   *
   * @param trust who may have signed
   * @param names one of them must be in the certificate, too
   * @throws IllegalStateException if this JVM has no TLS 1.3
   */
  public ClientTls(TrustPool trust, Set<String> names) {
    this.trust = trust;
    this.names = Set.copyOf(names);
    try {
      this.context =
          SslContextBuilder.forClient()
              .sslProvider(SslProvider.JDK)
              .protocols(TlsSettings.DEFAULT.versions())
              .trustManager(new Checking())
              .build();
    } catch (SSLException e) {
      throw new IllegalStateException("no TLS: " + e.getMessage(), e);
    }
  }

  /** The name that certificates of a namespace's pods have. */
  public static String podsOf(String namespace) {
    return "kn-user-" + namespace.toLowerCase(Locale.ROOT);
  }

  SslHandler handler(ByteBufAllocator allocator) {
    SslHandler handler = context.newHandler(allocator, SERVER_NAME, ANY_PORT);
    SSLParameters parameters = handler.engine().getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    handler.engine().setSSLParameters(parameters);
    return handler;
  }

  /** As the pool's authorities decide, and then by name. */
  private final class Checking extends X509ExtendedTrustManager {
    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException {
      trust.current().checkServerTrusted(chain, authType, engine);
      checkNames(chain[0]);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
        throws CertificateException {
      trust.current().checkServerTrusted(chain, authType, socket);
      checkNames(chain[0]);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      throw new CertificateException("a server's name cannot be checked without its connection");
    }

    private void checkNames(X509Certificate certificate) throws CertificateException {
      Set<String> has = dnsNames(certificate);
      if (names.stream().noneMatch(has::contains)) {
        throw new CertificateException(
            "the certificate is for %s, not for %s"
                .formatted(
                    has.stream().sorted().collect(Collectors.joining(", ")),
                    names.stream().sorted().collect(Collectors.joining(" or "))));
      }
    }

    private static Set<String> dnsNames(X509Certificate certificate) throws CertificateException {
      Collection<List<?>> all = certificate.getSubjectAlternativeNames();
      return all == null
          ? Set.of()
          : all.stream()
              .filter(each -> each.getFirst().equals(DNS_NAME))
              .flatMap(each -> Stream.of(String.valueOf(each.get(1))))
              .collect(Collectors.toSet());
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException {
      throw noServer();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
        throws CertificateException {
      throw noServer();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      throw noServer();
    }

    private static CertificateException noServer() {
      return new CertificateException("this is a client");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0]; // a client tells nobody whom it accepts
    }
  }

  @Override
  public String toString() {
    return "TLS to " + names;
  }
}
