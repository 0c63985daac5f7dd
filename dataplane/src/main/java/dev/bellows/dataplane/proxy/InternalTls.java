package dev.bellows.dataplane.proxy;

import dev.bellows.core.route.InternalTlsListener;
import dev.bellows.core.route.TlsSecret;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * How a part takes part in the encryption of the system's own hops (data-plane spec §7): what its
 * listener shows, and whom it must meet where it dials. Told by one thread at a time; read by any.
 */
public final class InternalTls implements InternalTlsListener {
  /** Namespaces whose connections are remembered; beyond these, all are forgotten once. */
  static final int NAMESPACES_LIMIT = 10_000;

  private final TrustPool trust = new TrustPool();
  private final PublishedCertificate shown;
  private final Map<String, ClientTls> podsByNamespace = new ConcurrentHashMap<>();
  private final Map<String, ClientTls> anyByNamespace = new ConcurrentHashMap<>();
  private volatile boolean enabled;

  /**
   * Not enabled, with nothing to show and nobody to trust.
   *
   * @param settings what the part's own listener speaks
   */
  public InternalTls(TlsSettings settings) {
    this.shown = new PublishedCertificate(settings);
  }

  /** What the part's listener shows; it closes connections until there is a certificate. */
  public ServerTls shown() {
    return shown;
  }

  /** How to dial a pod of a namespace, or null if that is done without TLS. */
  public @Nullable ClientTls toPods(String namespace) {
    return enabled
        ? remembered(podsByNamespace, namespace, Set.of(ClientTls.podsOf(namespace)))
        : null;
  }

  /** How to dial a port of https of a namespace's Revision, behind which pods or activators are. */
  public ClientTls toPodsOrActivators(String namespace) {
    return remembered(
        anyByNamespace, namespace, Set.of(ClientTls.podsOf(namespace), ClientTls.ROUTING_NAME));
  }

  private ClientTls remembered(
      Map<String, ClientTls> byNamespace, String namespace, Set<String> names) {
    ClientTls known = byNamespace.get(namespace);
    if (known != null) {
      return known;
    }
    if (byNamespace.size() >= NAMESPACES_LIMIT) {
      byNamespace.clear();
    }
    return byNamespace.computeIfAbsent(namespace, _ -> new ClientTls(trust, names));
  }

  @Override
  public void onEnabled(boolean now) {
    enabled = now;
  }

  @Override
  public void onCertificate(TlsSecret certificate) {
    try {
      shown.publish(certificate.certificate(), certificate.key());
    } catch (IOException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  @Override
  public void onAuthorities(List<String> pems) {
    try {
      List<X509Certificate> certificates = new ArrayList<>();
      for (String pem : pems) {
        certificates.addAll(TrustPool.parse(pem));
      }
      trust.publish(certificates);
    } catch (IOException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }
}
