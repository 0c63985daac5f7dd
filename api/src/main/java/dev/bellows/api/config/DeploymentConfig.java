package dev.bellows.api.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.bellows.api.quantity.ResourceAmount;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * {@code config-deployment}: how Revisions become Deployments.
 *
 * @param queueSidecarImage image of the queue-proxy
 * @param registriesSkippingTagResolving registries whose tags are taken as they are
 * @param digestResolutionTimeout how long one image may take
 * @param progressDeadline how long a Deployment may make no progress
 * @param queueSidecarResources by {@code requests} and {@code limits}, then by resource
 * @param queueSidecarTokenAudiences for whom the queue-proxy gets tokens
 * @param queueSidecarRootCa certificates that it trusts, PEM
 * @param queueSidecarTls its TLS settings, as they are written
 * @param affinity whether pods of a Revision are kept apart
 * @param runtimeClassNames runtime class by selector
 * @param podIsAlwaysSchedulable whether an unschedulable pod is no failure, since nodes will come
 */
public record DeploymentConfig(
    String queueSidecarImage,
    List<String> registriesSkippingTagResolving,
    Duration digestResolutionTimeout,
    Duration progressDeadline,
    Map<String, Map<String, ResourceAmount>> queueSidecarResources,
    List<String> queueSidecarTokenAudiences,
    String queueSidecarRootCa,
    Tls queueSidecarTls,
    AffinityType affinity,
    Map<String, RuntimeClassSelector> runtimeClassNames,
    boolean podIsAlwaysSchedulable) {
  /** Whether pods of a Revision are kept apart. */
  public enum AffinityType {
    PREFER_SPREAD_REVISION_OVER_NODES,
    NONE
  }

  /** TLS settings; each empty where it is left to the JVM. */
  public record Tls(
      String minVersion, String maxVersion, String cipherSuites, String curvePreferences) {}

  /**
   * Which Revisions run with a runtime class.
   *
   * @param selector labels that a Revision must have; none matches all
   */
  public record RuntimeClassSelector(Map<String, String> selector) {
    public RuntimeClassSelector {
      selector = Map.copyOf(selector);
    }
  }

  public DeploymentConfig {
    registriesSkippingTagResolving = List.copyOf(registriesSkippingTagResolving);
    queueSidecarResources = Map.copyOf(queueSidecarResources);
    queueSidecarTokenAudiences = List.copyOf(queueSidecarTokenAudiences);
    runtimeClassNames = Map.copyOf(runtimeClassNames);
  }

  /**
   * Reads the ConfigMap's data.
   *
   * @throws InvalidConfigException if it is not valid
   */
  public static DeploymentConfig parse(Map<String, String> data) {
    ConfigReader reader = ConfigReader.withCamelCaseAliases(data);
    String image = reader.text("queue-sidecar-image", "");
    if (image.isEmpty()) {
      throw new InvalidConfigException("queue sidecar image cannot be empty or unset");
    }
    Duration resolution = reader.duration("digest-resolution-timeout", Duration.ofSeconds(10));
    if (!resolution.isPositive()) {
      throw new InvalidConfigException(
          "digest-resolution-timeout cannot be a non-positive duration");
    }
    Duration deadline = reader.wholeSeconds("progress-deadline", Duration.ofMinutes(10));
    if (!deadline.isPositive()) {
      throw new InvalidConfigException("progress-deadline cannot be a non-positive duration");
    }
    return new DeploymentConfig(
        image,
        reader.list(
            "registries-skipping-tag-resolving", List.of("kind.local", "ko.local", "dev.local")),
        resolution,
        deadline,
        Map.of("requests", amounts(reader, "request"), "limits", amounts(reader, "limit")),
        reader.list("queue-sidecar-token-audiences", List.of()),
        reader.text("queue-sidecar-rootca", ""),
        new Tls(
            reader.text("queue-sidecar-tls-min-version", ""),
            reader.text("queue-sidecar-tls-max-version", ""),
            reader.text("queue-sidecar-tls-cipher-suites", ""),
            reader.text("queue-sidecar-tls-curve-preferences", "")),
        reader.oneOf(
            "default-affinity-type",
            AffinityType.class,
            AffinityType.PREFER_SPREAD_REVISION_OVER_NODES),
        runtimeClasses(reader),
        reader.bool("pod-is-always-schedulable", false));
  }

  private static Map<String, ResourceAmount> amounts(ConfigReader reader, String bound) {
    Map<String, ResourceAmount> amounts = new TreeMap<>();
    for (String resource : Set.of("cpu", "memory", "ephemeral-storage")) {
      reader
          .amount("queue-sidecar-" + resource + "-" + bound)
          .ifPresent(amount -> amounts.put(resource, amount));
    }
    if (bound.equals("request")) {
      // The one default: a queue-proxy without any share of the processor starves its program.
      amounts.computeIfAbsent("cpu", _ -> ResourceAmount.parse("25m").orElseThrow());
    }
    return amounts;
  }

  private static Map<String, RuntimeClassSelector> runtimeClasses(ConfigReader reader) {
    String written = reader.text("runtime-class-name", "");
    if (written.isEmpty()) {
      return Map.of();
    }
    try {
      Map<String, RuntimeClassSelector> classes = new TreeMap<>();
      for (Map.Entry<String, JsonNode> each : new YAMLMapper().readTree(written).properties()) {
        Map<String, String> selector = new TreeMap<>();
        each.getValue()
            .path("selector")
            .properties()
            .forEach(label -> selector.put(label.getKey(), label.getValue().asText()));
        classes.put(each.getKey(), new RuntimeClassSelector(selector));
      }
      return classes;
    } catch (JsonProcessingException e) {
      throw reader.failure("runtime-class-name", e.getOriginalMessage());
    }
  }

  /** The runtime class for a Revision: the most specific match; of two, the smaller name. */
  public Optional<String> runtimeClassName(Map<String, String> labels) {
    return runtimeClassNames.entrySet().stream()
        .filter(each -> labels.entrySet().containsAll(each.getValue().selector().entrySet()))
        .min(
            Comparator.<Map.Entry<String, RuntimeClassSelector>>comparingInt(
                    each -> -each.getValue().selector().size())
                .thenComparing(Map.Entry::getKey))
        .map(Map.Entry::getKey);
  }
}
