package dev.bellows.controlplane.reconcile.certificate;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A Certificate that a parent wants for one of its hosts.
 *
 * @param name of the Certificate and of the Secret that it fills
 * @param type what kind of names they are
 * @param host the name that URLs show
 * @param dnsNames all names that it must hold for
 * @param domain their top name, if they have one: a suffix of each
 * @param labels by which its parent finds it again
 */
public record HostCertificate(
    String name,
    Type type,
    String host,
    List<String> dnsNames,
    Optional<String> domain,
    Map<String, String> labels) {
  /** Label: what a Certificate is for. */
  static final String TYPE = "networking.knative.dev/certificate-type";

  /** What names a Certificate holds. */
  public enum Type {
    /** Names that the world knows; one that is missing may leave the host at plain HTTP. */
    EXTERNAL_DOMAIN("external-domain"),
    /** Names inside the cluster. */
    CLUSTER_LOCAL_DOMAIN("cluster-local-domain");

    private final String wireName;

    Type(String wireName) {
      this.wireName = wireName;
    }

    /** As the label carries it. */
    String wireName() {
      return wireName;
    }
  }

  public HostCertificate {
    dnsNames = List.copyOf(dnsNames);
    labels = Map.copyOf(labels);
    if (!dnsNames.contains(host)) {
      throw new IllegalArgumentException(host + " is none of " + dnsNames);
    }
  }

  /** For one host of the public. */
  public static HostCertificate external(
      String name, String host, String domain, Map<String, String> labels) {
    return new HostCertificate(
        name, Type.EXTERNAL_DOMAIN, host, List.of(host), Optional.of(domain), labels);
  }

  /** For all names of one host inside the cluster, which have no top name in common. */
  public static HostCertificate clusterLocal(
      String name, String host, List<String> dnsNames, Map<String, String> labels) {
    return new HostCertificate(
        name, Type.CLUSTER_LOCAL_DOMAIN, host, dnsNames, Optional.empty(), labels);
  }
}
