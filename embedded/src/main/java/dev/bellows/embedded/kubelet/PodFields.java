package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a pod's programs are told of the pod itself (Kubernetes documentation, "Downward API").
 *
 * @param pod the pod
 * @param late fields that its object may not show yet: {@code status.podIP} …
 */
record PodFields(ObjectNode pod, Map<String, String> late) {
  private static final Pattern SUBSCRIPT =
      Pattern.compile("metadata\\.(labels|annotations)\\['([^']*)'\\]");
  private static final Pattern MEMORY = Pattern.compile("MemTotal:\\s+(\\d+) kB");

  PodFields {
    late = Map.copyOf(late);
  }

  /** One field's value; empty text where the pod does not have it. */
  String field(String path) throws ContainerEnvironment.Missing {
    String known = late.get(path);
    if (known != null) {
      return known;
    }
    Matcher subscript = SUBSCRIPT.matcher(path);
    if (subscript.matches()) {
      return pod.path("metadata").path(subscript.group(1)).path(subscript.group(2)).asText("");
    }
    JsonNode at = pod;
    for (String step : path.split("\\.", -1)) {
      at = at.path(step);
    }
    if (at.isContainerNode()) {
      throw new ContainerEnvironment.Missing("unsupported fieldPath: " + path);
    }
    return at.asText("");
  }

  /** As {@link #field}, where all labels or all annotations may be asked for, a line for each. */
  String file(String path) throws ContainerEnvironment.Missing {
    if (!path.equals("metadata.labels") && !path.equals("metadata.annotations")) {
      return field(path);
    }
    Map<String, String> sorted = new TreeMap<>();
    pod.path("metadata")
        .path(path.substring("metadata.".length()))
        .properties()
        .forEach(each -> sorted.put(each.getKey(), each.getValue().asText()));
    List<String> lines = new ArrayList<>();
    sorted.forEach((key, value) -> lines.add(key + "=" + quoted(value)));
    return String.join("\n", lines);
  }

  private static String quoted(String value) {
    String escaped =
        value
            .replace("\\", "\\\\")
            .replace("\"", "\\\"")
            .replace("\n", "\\n")
            .replace("\t", "\\t")
            .replace("\r", "\\r");
    return "\"" + escaped + "\"";
  }

  /**
   * What a container may use. A limit that it does not have is the machine's size, a request that
   * it does not have is none.
   */
  static String resource(JsonNode container, JsonNode reference)
      throws ContainerEnvironment.Missing {
    String path = reference.path("resource").asText();
    JsonNode at = container.path("resources");
    for (String step : path.split("\\.", 2)) {
      at = at.path(step);
    }
    String amount =
        !at.isMissingNode()
            ? at.asText()
            : switch (path) {
              case "limits.cpu" -> Integer.toString(Runtime.getRuntime().availableProcessors());
              case "limits.memory" -> Long.toString(memoryBytes());
              case "requests.cpu", "requests.memory" -> "0";
              default -> throw new ContainerEnvironment.Missing("resource " + path + " is not set");
            };
    return Quantity.wholeUnits(amount, reference.path("divisor").asText("1"));
  }

  private static long memoryBytes() {
    try {
      Matcher total = MEMORY.matcher(Files.readString(Path.of("/proc/meminfo")));
      return total.find() ? Long.parseLong(total.group(1)) * 1024 : 0;
    } catch (IOException e) {
      throw new UncheckedIOException("/proc is not mounted", e);
    }
  }

  /** The container that a reference names. */
  Optional<JsonNode> container(String name) {
    for (String kind : new String[] {"containers", "initContainers"}) {
      for (JsonNode container : pod.path("spec").path(kind)) {
        if (container.path("name").asText().equals(name)) {
          return Optional.of(container);
        }
      }
    }
    return Optional.empty();
  }
}
