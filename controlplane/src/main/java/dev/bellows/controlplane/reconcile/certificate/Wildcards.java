package dev.bellows.controlplane.reconcile.certificate;

import dev.bellows.api.networking.Certificate;
import dev.bellows.controlplane.reconcile.Children;

/** Certificates for every host of a namespace. */
public final class Wildcards {
  /** Label: the domain whose hosts a Certificate holds for. */
  static final String DOMAIN = "networking.knative.dev/wildcardDomain";

  private static final String ANY = "*.";

  private Wildcards() {}

  /** Whether a Certificate is one for every host of a namespace. */
  public static boolean isWildcard(Certificate certificate) {
    return Children.labels(certificate).containsKey(DOMAIN);
  }

  /** Whether it is, and holds for a host: the star stands for exactly one label. */
  static boolean covers(Certificate certificate, String host) {
    int dot = host.indexOf('.');
    return dot > 0
        && isWildcard(certificate)
        && certificate.getSpec().dnsNames().contains("*" + host.substring(dot));
  }

  /** The domain of a name such as {@code *.default.example.com}; the name itself without a star. */
  static String domainOf(String wildcard) {
    return wildcard.startsWith(ANY) ? wildcard.substring(ANY.length()) : wildcard;
  }
}
