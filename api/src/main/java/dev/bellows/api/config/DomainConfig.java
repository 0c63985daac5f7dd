package dev.bellows.api.config;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code config-domain}: the domain under which a Route is found, by the Route's labels.
 *
 * @param domains labels that a Route must have, by domain; none matches all
 */
public record DomainConfig(Map<String, Map<String, String>> domains) {
  /** The label that keeps a Route inside the cluster. */
  private static final String VISIBILITY_LABEL = "networking.knative.dev/visibility";

  private static final String CLUSTER_LOCAL = "cluster-local";
  private static final String EXAMPLE = "_example";

  // "type" is read by certificate controllers only.
  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Entry(@Nullable Map<String, String> selector) {}

  public DomainConfig {
    domains = Map.copyOf(domains);
  }

  /**
   * Reads the ConfigMap's data: each key is a domain.
   *
   * @throws InvalidConfigException if a value is neither empty nor a selector
   */
  public static DomainConfig parse(Map<String, String> data) {
    Map<String, Map<String, String>> domains = new TreeMap<>();
    data.forEach((domain, written) -> {
      if (!domain.equals(EXAMPLE)) {
        domains.put(domain, selector(domain, written));
      }
    });
    return new DomainConfig(domains);
  }

  private static Map<String, String> selector(String domain, String written) {
    if (written.isBlank()) {
      return Map.of();
    }
    try {
      @Nullable Entry entry = new YAMLMapper().readValue(written, Entry.class);
      return entry == null || entry.selector() == null ? Map.of() : Map.copyOf(entry.selector());
    } catch (JsonProcessingException e) {
      throw new InvalidConfigException(
          "failed to parse \"" + domain + "\": " + e.getOriginalMessage());
    }
  }

  /**
   * The domain of a Route: the one that asks for the most labels; of two, the smaller name. Without
   * any, and for a Route that is to stay inside the cluster, the cluster's own.
   *
   * @param labels of the Route
   * @param clusterDomain such as {@code cluster.local}
   */
  public String domainFor(Map<String, String> labels, String clusterDomain) {
    String local = "svc." + clusterDomain;
    if (CLUSTER_LOCAL.equals(labels.get(VISIBILITY_LABEL))) {
      return local;
    }
    return domains.entrySet().stream()
        .filter(each -> labels.entrySet().containsAll(each.getValue().entrySet()))
        .min(
            Comparator.<Map.Entry<String, Map<String, String>>>comparingInt(
                    each -> -each.getValue().size())
                .thenComparing(Map.Entry::getKey))
        .map(Map.Entry::getKey)
        .orElse(local);
  }
}
