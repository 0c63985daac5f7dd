package dev.bellows.api.config;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The ConfigMaps that an installation starts with: what differs from the defaults, and a commented
 * list of all settings under {@code _example}.
 */
public final class DefaultConfigMaps {
  /** Domain of Routes on a machine of one's own. */
  public static final String DOMAIN = "example.com";

  private static final String GATEWAY_CLASS = "bellows.ingress.networking.knative.dev";
  private static final String CONTROLLER = "controller";

  private record Template(String name, String component, Map<String, String> data) {}

  private DefaultConfigMaps() {}

  /** All of them, with Routes under {@link #DOMAIN}. */
  public static List<ConfigMap> all() {
    return all(DOMAIN);
  }

  /** All of them, with Routes under a domain. */
  public static List<ConfigMap> all(String domain) {
    return List.of(
            new Template("config-autoscaler", "autoscaler", Map.of()),
            new Template("config-defaults", CONTROLLER, Map.of()),
            new Template(
                "config-deployment",
                CONTROLLER,
                Map.of(
                    "queue-sidecar-image", SystemConfig.DEFAULT.deployment().queueSidecarImage())),
            new Template("config-domain", CONTROLLER, Map.of(domain, "")),
            new Template("config-features", CONTROLLER, Map.of()),
            new Template("config-gc", CONTROLLER, Map.of()),
            new Template("config-leader-election", CONTROLLER, Map.of()),
            new Template("config-logging", "logging", Map.of()),
            new Template(
                "config-network",
                "networking",
                Map.of(
                    "ingress-class",
                    GATEWAY_CLASS,
                    // One person owns all namespaces of an installation of this form.
                    "autocreate-cluster-domain-claims",
                    "true")),
            new Template("config-observability", "observability", Map.of()))
        .stream()
        .map(DefaultConfigMaps::configMap)
        .toList();
  }

  private static ConfigMap configMap(Template template) {
    String example = example(template.name());
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withName(template.name())
        .withNamespace(SystemConfig.NAMESPACE)
        .addToLabels("app.kubernetes.io/name", "knative-serving")
        .addToLabels("app.kubernetes.io/component", template.component())
        .addToAnnotations(ExampleChecksum.ANNOTATION, ExampleChecksum.of(example))
        .endMetadata()
        .withData(template.data())
        .addToData(ExampleChecksum.KEY, example)
        .build();
  }

  private static String example(String name) {
    String resource = "example/" + name + ".yaml";
    try (InputStream in =
        Objects.requireNonNull(DefaultConfigMaps.class.getResourceAsStream(resource), resource)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + resource, e);
    }
  }
}
