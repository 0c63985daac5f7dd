package dev.bellows.api.config;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * {@code config-network}: how Routes become host names, certificates and an Ingress.
 *
 * @param ingressClass which networking layer programs an Ingress that names none
 * @param certificateClass who provides a Certificate that names none
 * @param domainTemplate host of a Route: Name, Namespace, Domain, Labels, Annotations
 * @param tagTemplate name of a tagged target: Tag, Name
 * @param externalDomainTls whether public hosts get certificates
 * @param clusterLocalDomainTls whether hosts inside the cluster get certificates
 * @param systemInternalTls whether the system's own hops are encrypted
 * @param httpProtocol what becomes of plain HTTP
 * @param rolloutDuration over which a new Revision takes the traffic over; zero = at once
 * @param autocreateClusterDomainClaims whether a DomainMapping claims its domain by itself
 * @param namespaceWildcardCertSelector namespaces that get a wildcard certificate
 * @param enableMeshPodAddressability whether pods can be reached in a mesh
 * @param meshCompatibilityMode whether pods are reached by their own addresses
 * @param defaultExternalScheme scheme of public URLs
 */
public record NetworkConfig(
    String ingressClass,
    String certificateClass,
    NameTemplate domainTemplate,
    NameTemplate tagTemplate,
    boolean externalDomainTls,
    boolean clusterLocalDomainTls,
    boolean systemInternalTls,
    HttpProtocol httpProtocol,
    Duration rolloutDuration,
    boolean autocreateClusterDomainClaims,
    Optional<NamespaceSelector> namespaceWildcardCertSelector,
    boolean enableMeshPodAddressability,
    MeshCompatibilityMode meshCompatibilityMode,
    String defaultExternalScheme) {
  /** What becomes of plain HTTP. */
  public enum HttpProtocol {
    ENABLED,
    REDIRECTED,
    DISABLED
  }

  /** Whether pods are reached by their own addresses. */
  public enum MeshCompatibilityMode {
    AUTO,
    ENABLED,
    DISABLED
  }

  private enum Switch {
    ENABLED,
    DISABLED
  }

  /** What holds without a ConfigMap. */
  public static final NetworkConfig DEFAULT = parse(Map.of());

  /**
   * Reads the ConfigMap's data.
   *
   * @throws InvalidConfigException if it is not valid
   */
  public static NetworkConfig parse(Map<String, String> data) {
    ConfigReader reader = ConfigReader.withCamelCaseAliases(data);
    int rollout = reader.integer("rollout-duration", 0);
    if (rollout < 0) {
      throw new InvalidConfigException(
          "rollout-duration must be a positive integer, but was " + rollout);
    }
    return new NetworkConfig(
        reader.text(
            "ingress-class", reader.text("ingress.class", "istio.ingress.networking.knative.dev")),
        reader.text(
            "certificate-class",
            reader.text("certificate.class", "cert-manager.certificate.networking.knative.dev")),
        NameTemplate.parse(
            reader.text("domain-template", "{{.Name}}.{{.Namespace}}.{{.Domain}}"),
            Set.of("Name", "Namespace", "Domain"),
            Set.of("Labels", "Annotations")),
        NameTemplate.parse(
            reader.text("tag-template", "{{.Tag}}-{{.Name}}"), Set.of("Name", "Tag"), Set.of()),
        isOn(reader, "external-domain-tls", isOn(reader, "auto-tls", false)),
        isOn(reader, "cluster-local-domain-tls", false),
        isOn(reader, "system-internal-tls", isOn(reader, "internal-encryption", false)),
        reader.oneOf("http-protocol", HttpProtocol.class, HttpProtocol.ENABLED),
        Duration.ofSeconds(rollout),
        reader.bool("autocreate-cluster-domain-claims", false),
        NamespaceSelector.parse(
            "namespace-wildcard-cert-selector",
            reader.text("namespace-wildcard-cert-selector", "")),
        reader.bool("enable-mesh-pod-addressability", false),
        reader.oneOfOrFallback(
            "mesh-compatibility-mode", MeshCompatibilityMode.class, MeshCompatibilityMode.AUTO),
        reader.text("default-external-scheme", "http"));
  }

  // Of the old key internal-encryption the values are booleans.
  private static boolean isOn(ConfigReader reader, String key, boolean fallback) {
    return switch (reader.text(key, "")) {
      case "true" -> true;
      case "false" -> false;
      default ->
          reader.oneOfOrFallback(key, Switch.class, fallback ? Switch.ENABLED : Switch.DISABLED)
              == Switch.ENABLED;
    };
  }
}
