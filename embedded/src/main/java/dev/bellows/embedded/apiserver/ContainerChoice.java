package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** Which container of a pod a request is about. */
final class ContainerChoice {
  private ContainerChoice() {}

  /**
   * The container asked for, or the only one.
   *
   * @param wanted empty if none was named
   * @throws ApiException 400 if there is none of that name, or several to choose from
   */
  static String of(ObjectNode pod, String wanted) {
    String name = pod.path("metadata").path("name").asText();
    List<String> names = new ArrayList<>();
    for (String kind : List.of("containers", "initContainers", "ephemeralContainers")) {
      for (JsonNode container : pod.path("spec").path(kind)) {
        names.add(container.path("name").asText());
      }
    }
    if (wanted.isEmpty()) {
      List<String> containers = names.subList(0, pod.path("spec").path("containers").size());
      if (containers.size() == 1) {
        return containers.getFirst();
      }
      throw ApiException.badRequest(
          "a container name must be specified for pod "
              + name
              + ", choose one of: ["
              + String.join(" ", containers)
              + "]");
    }
    if (!names.contains(wanted)) {
      throw ApiException.badRequest("container " + wanted + " is not valid for pod " + name);
    }
    return wanted;
  }
}
