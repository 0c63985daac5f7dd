package dev.bellows.api.config;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.bellows.api.Absent;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The ConfigMaps that an installation starts with: what differs from the defaults, and a commented
 * list of all settings under {@code _example}.
 */
public final class DefaultConfigMaps {
  /** Domain of Routes on a machine of one's own. */
  public static final String DOMAIN = "example.com";

  private static final String DOMAIN_CONFIG_MAP = "config-domain";

  private record Template(
      String name, String component, @Nullable Map<String, String> data, String example) {}

  private DefaultConfigMaps() {}

  /** All of them, with Routes under {@link #DOMAIN}. */
  public static List<ConfigMap> all() {
    return all(DOMAIN);
  }

  /** All of them, with Routes under a domain. */
  public static List<ConfigMap> all(String domain) {
    return templates().stream().map(template -> configMap(template, domain)).toList();
  }

  private static ConfigMap configMap(Template template, String domain) {
    Map<String, String> data = new LinkedHashMap<>(Absent.map(template.data()));
    if (template.name().equals(DOMAIN_CONFIG_MAP)) {
      data.clear();
      data.put(domain, "");
    }
    data.put(ExampleChecksum.KEY, template.example());
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withName(template.name())
        .withNamespace(SystemConfig.NAMESPACE)
        .addToLabels("app.kubernetes.io/name", "knative-serving")
        .addToLabels("app.kubernetes.io/component", template.component())
        .addToAnnotations(ExampleChecksum.ANNOTATION, ExampleChecksum.of(template.example()))
        .endMetadata()
        .withData(data)
        .build();
  }

  private static List<Template> templates() {
    try (InputStream in = DefaultConfigMaps.class.getResourceAsStream("default-config-maps.yaml")) {
      return new YAMLMapper().readValue(in, new TypeReference<List<Template>>() {});
    } catch (IOException e) {
      throw new UncheckedIOException("reading default-config-maps.yaml", e);
    }
  }
}
