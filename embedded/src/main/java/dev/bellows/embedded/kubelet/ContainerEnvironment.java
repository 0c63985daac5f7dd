package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The variables of a container and what refers to them, as the Kubernetes documentation lays them
 * down ("Define Environment Variables for a Container", "Define Dependent Environment Variables").
 */
final class ContainerEnvironment {
  // $(NAME), and $$ as an escape of the dollar before it.
  private static final Pattern REFERENCE = Pattern.compile("\\$\\$|\\$\\(([^)]*)\\)");

  private final NodeApi api;
  private final ObjectNode pod;
  private final PodFields fields;

  /** Something that a variable refers to is not there; the message is the container's. */
  static final class Missing extends Exception {
    private static final long serialVersionUID = 1L;

    Missing(String message) {
      super(message);
    }
  }

  /**
   * The environment of a pod's containers.
   *
   * @param late fields of the pod that its object may not show yet: {@code status.podIP} …
   */
  ContainerEnvironment(NodeApi api, ObjectNode pod, Map<String, String> late) {
    this.api = api;
    this.pod = pod;
    this.fields = new PodFields(pod, late);
  }

  /**
   * All variables of a container, the image's first, so that the container's own win.
   *
   * @param decided variables that have these values whatever the container says
   */
  Map<String, String> of(JsonNode container, Map<String, String> image, Map<String, String> decided)
      throws Missing {
    Map<String, String> variables = new LinkedHashMap<>(image);
    variables.putAll(decided);
    for (JsonNode source : container.path("envFrom")) {
      String prefix = source.path("prefix").asText("");
      values(source.path("configMapRef"), source.path("secretRef"))
          .forEach((key, value) -> variables.put(prefix + key, value));
      variables.putAll(decided);
    }
    for (JsonNode variable : container.path("env")) {
      String name = variable.path("name").asText();
      if (decided.containsKey(name)) {
        continue;
      }
      if (variable.has("valueFrom")) {
        valueFrom(container, variable.path("valueFrom"))
            .ifPresent(value -> variables.put(name, value));
      } else {
        variables.put(name, expand(variable.path("value").asText(""), variables));
      }
    }
    return variables;
  }

  /** Replaces references to variables that are there; others stay as they are written. */
  static String expand(String text, Map<String, String> variables) {
    if (text.indexOf('$') < 0) {
      return text;
    }
    Matcher matcher = REFERENCE.matcher(text);
    StringBuilder expanded = new StringBuilder();
    while (matcher.find()) {
      String name = matcher.group(1);
      String value = name == null ? "$" : variables.getOrDefault(name, matcher.group());
      matcher.appendReplacement(expanded, Matcher.quoteReplacement(value));
    }
    return matcher.appendTail(expanded).toString();
  }

  private Optional<String> valueFrom(JsonNode container, JsonNode source) throws Missing {
    if (source.has("fieldRef")) {
      return Optional.of(fields.field(source.path("fieldRef").path("fieldPath").asText()));
    }
    if (source.has("resourceFieldRef")) {
      JsonNode reference = source.path("resourceFieldRef");
      return Optional.of(
          PodFields.resource(
              fields.container(reference.path("containerName").asText("")).orElse(container),
              reference));
    }
    JsonNode reference =
        source.has("configMapKeyRef")
            ? source.path("configMapKeyRef")
            : source.path("secretKeyRef");
    String key = reference.path("key").asText();
    String value = values(source.path("configMapKeyRef"), source.path("secretKeyRef")).get(key);
    if (value == null && !reference.path("optional").asBoolean(false)) {
      throw new Missing(
          "couldn't find key %s in %s %s/%s"
              .formatted(
                  key,
                  source.has("configMapKeyRef") ? "ConfigMap" : "Secret",
                  namespace(),
                  reference.path("name").asText()));
    }
    return Optional.ofNullable(value);
  }

  private Map<String, String> values(JsonNode configMap, JsonNode secret) throws Missing {
    boolean isSecret = configMap.isMissingNode();
    JsonNode reference = isSecret ? secret : configMap;
    String name = reference.path("name").asText();
    Optional<ObjectNode> found =
        isSecret ? api.secret(namespace(), name) : api.configMap(namespace(), name);
    if (found.isEmpty()) {
      if (reference.path("optional").asBoolean(false)) {
        return Map.of();
      }
      throw new Missing((isSecret ? "secret" : "configmap") + " \"" + name + "\" not found");
    }
    Map<String, String> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : found.get().path("data").properties()) {
      String text = entry.getValue().asText();
      values.put(
          entry.getKey(),
          isSecret ? new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8) : text);
    }
    return values;
  }

  private String namespace() {
    return pod.path("metadata").path("namespace").asText();
  }
}
