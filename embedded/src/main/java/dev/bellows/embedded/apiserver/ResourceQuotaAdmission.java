package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.quantity.ResourceAmount;
import dev.bellows.embedded.store.Entry;
import dev.bellows.embedded.store.ObjectStore;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Refuses a pod that would take more than the ResourceQuotas of its namespace leave: pods by
 * number, and what their containers request and are limited to. Quotas with scopes, and those of
 * anything but pods, are left alone; nothing keeps a quota's status.
 */
public final class ResourceQuotaAdmission implements AdmissionStep {
  private final ObjectStore store;

  /**
   * @param store where quotas and pods are read
   */
  public ResourceQuotaAdmission(ObjectStore store) {
    this.store = store;
  }

  @Override
  public void admit(Request request) {
    if (request.operation() != Operation.CREATE
        || !request.type().equals(ResourceTypes.PODS)
        || !request.subresource().isEmpty()) {
      return;
    }
    JsonNode metadata = request.object().path("metadata");
    String namespace = metadata.path("namespace").asText();
    List<ObjectNode> quotas = read(ResourceTypes.RESOURCE_QUOTAS, namespace);
    if (quotas.isEmpty()) {
      return;
    }
    List<ObjectNode> pods =
        read(ResourceTypes.PODS, namespace).stream()
            .filter(ResourceQuotaAdmission::counts)
            .toList();
    for (ObjectNode quota : quotas) {
      exceeded(quota, request.object(), pods)
          .ifPresent(why -> {
            throw ApiException.forbidden(ResourceTypes.PODS, metadata.path("name").asText(), why);
          });
    }
  }

  private List<ObjectNode> read(ResourceType type, String namespace) {
    List<ObjectNode> objects = new ArrayList<>();
    for (Entry entry : store.list(type.resource(), namespace).entries()) {
      objects.add(Json.read(entry.value()));
    }
    return objects;
  }

  /** A pod that has ended takes nothing any more. */
  private static boolean counts(JsonNode pod) {
    String phase = pod.path("status").path("phase").asText();
    return !phase.equals("Succeeded") && !phase.equals("Failed");
  }

  private static Optional<String> exceeded(JsonNode quota, JsonNode pod, List<ObjectNode> pods) {
    JsonNode spec = quota.path("spec");
    if (!spec.path("scopes").isEmpty() || spec.hasNonNull("scopeSelector")) {
      return Optional.empty();
    }
    List<String> requested = new ArrayList<>();
    List<String> used = new ArrayList<>();
    List<String> limited = new ArrayList<>();
    for (Map.Entry<String, JsonNode> hard : spec.path("hard").properties()) {
      String name = hard.getKey();
      Optional<ResourceAmount> limit = ResourceAmount.parse(hard.getValue().asText());
      if (limit.isEmpty() || !isOfPods(name)) {
        continue;
      }
      BigDecimal more = amount(name, pod);
      BigDecimal taken =
          pods.stream().map(each -> amount(name, each)).reduce(BigDecimal.ZERO, BigDecimal::add);
      if (more.signum() > 0 && taken.add(more).compareTo(limit.get().value()) > 0) {
        requested.add(name + "=" + written(more, limit.get()));
        used.add(name + "=" + written(taken, limit.get()));
        limited.add(name + "=" + limit.get());
      }
    }
    return requested.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "exceeded quota: %s, requested: %s, used: %s, limited: %s"
                .formatted(
                    quota.path("metadata").path("name").asText(),
                    String.join(",", requested),
                    String.join(",", used),
                    String.join(",", limited)));
  }

  private static String written(BigDecimal amount, ResourceAmount like) {
    return new ResourceAmount(amount, like.notation()).toString();
  }

  private static boolean isOfPods(String name) {
    return switch (name) {
      case "pods", "count/pods", "cpu", "memory", "ephemeral-storage" -> true;
      default -> name.startsWith("requests.") || name.startsWith("limits.");
    };
  }

  private static BigDecimal amount(String name, JsonNode pod) {
    if (name.toLowerCase(Locale.ROOT).endsWith("pods")) {
      return BigDecimal.ONE;
    }
    String kind = name.startsWith("limits.") ? "limits" : "requests";
    String resource = name.substring(name.indexOf('.') + 1);
    BigDecimal together = BigDecimal.ZERO;
    for (JsonNode container : pod.path("spec").path("containers")) {
      together = together.add(amount(container, kind, resource));
    }
    // One after the other, before the others start.
    BigDecimal most = BigDecimal.ZERO;
    for (JsonNode container : pod.path("spec").path("initContainers")) {
      most = most.max(amount(container, kind, resource));
    }
    return together.max(most);
  }

  private static BigDecimal amount(JsonNode container, String kind, String resource) {
    JsonNode resources = container.path("resources");
    JsonNode written = resources.path(kind).path(resource);
    if (written.isMissingNode() && kind.equals("requests")) {
      written = resources.path("limits").path(resource); // what is only limited is requested too
    }
    return ResourceAmount.parse(written.asText(""))
        .map(ResourceAmount::value)
        .orElse(BigDecimal.ZERO);
  }
}
