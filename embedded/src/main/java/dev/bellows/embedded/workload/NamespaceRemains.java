package dev.bellows.embedded.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.ResourceType;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a namespace that is being deleted still waits for, counted as its conditions tell it. */
final class NamespaceRemains {
  private final Map<String, Integer> resources = new TreeMap<>();
  private final Map<String, Integer> finalizers = new TreeMap<>();

  void add(ResourceType type, ObjectNode object) {
    resources.merge(type.plural() + "." + type.group(), 1, Integer::sum);
    for (JsonNode finalizer : object.path("metadata").path("finalizers")) {
      finalizers.merge(finalizer.asText(), 1, Integer::sum);
    }
  }

  boolean isEmpty() {
    return resources.isEmpty();
  }

  /** Puts the conditions that Kubernetes' own controller writes into a namespace's status. */
  void tell(ObjectNode status, Instant now) {
    ArrayNode conditions =
        status.path("conditions") instanceof ArrayNode found
            ? found
            : status.putArray("conditions");
    set(
        conditions,
        now,
        false,
        "NamespaceDeletionDiscoveryFailure",
        "ResourcesDiscovered",
        "All resources successfully discovered");
    set(
        conditions,
        now,
        false,
        "NamespaceDeletionGroupVersionParsingFailure",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed");
    set(
        conditions,
        now,
        false,
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization");
    set(
        conditions,
        now,
        true,
        "NamespaceContentRemaining",
        "SomeResourcesRemain",
        "Some resources are remaining: " + counted(resources, " has "));
    if (finalizers.isEmpty()) {
      set(
          conditions,
          now,
          false,
          "NamespaceFinalizersRemaining",
          "ContentHasNoFinalizers",
          "All content-preserving finalizers finished");
    } else {
      set(
          conditions,
          now,
          true,
          "NamespaceFinalizersRemaining",
          "SomeFinalizersRemain",
          "Some content in the namespace has finalizers remaining: " + counted(finalizers, " in "));
    }
  }

  private static String counted(Map<String, Integer> counts, String between) {
    return counts.entrySet().stream()
        .map(each -> each.getKey() + between + each.getValue() + " resource instances")
        .collect(Collectors.joining(", "));
  }

  private static void set(
      ArrayNode conditions,
      Instant now,
      boolean holds,
      String type,
      String reason,
      String message) {
    ObjectNode condition = null;
    for (JsonNode each : conditions) {
      if (each.path("type").asText().equals(type)) {
        condition = (ObjectNode) each;
      }
    }
    String status = holds ? "True" : "False";
    if (condition == null) {
      condition = conditions.addObject().put("type", type);
    }
    if (!condition.path("status").asText().equals(status)) {
      condition.put("lastTransitionTime", now.truncatedTo(ChronoUnit.SECONDS).toString());
    }
    condition.put("status", status).put("reason", reason).put("message", message);
  }
}
