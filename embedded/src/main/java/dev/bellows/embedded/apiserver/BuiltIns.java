package dev.bellows.embedded.apiserver;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The built-in kinds with their names, as Kubernetes' discovery lists them. */
final class BuiltIns {
  private BuiltIns() {}

  static List<Resource> all() {
    return List.of(
        resource(ResourceTypes.NAMESPACES, "ns", "", "status finalize", false),
        resource(ResourceTypes.NODES, "no", "", "status", false),
        resource(ResourceTypes.PODS, "po", "all", "status log eviction binding", true),
        resource(ResourceTypes.SERVICES, "svc", "all", "status", false),
        resource(ResourceTypes.ENDPOINTS, "ep", "", "", false),
        resource(ResourceTypes.CONFIG_MAPS, "cm", "", "", false),
        resource(ResourceTypes.SECRETS, "", "", "", false),
        resource(ResourceTypes.SERVICE_ACCOUNTS, "sa", "", "token", false),
        resource(ResourceTypes.EVENTS, "ev", "", "", false),
        resource(ResourceTypes.PERSISTENT_VOLUME_CLAIMS, "pvc", "", "status", false),
        resource(ResourceTypes.RESOURCE_QUOTAS, "quota", "", "status", false),
        resource(ResourceTypes.LIMIT_RANGES, "limits", "", "", false),
        resource(ResourceTypes.DEPLOYMENTS, "deploy", "all", "status scale", true),
        resource(ResourceTypes.REPLICA_SETS, "rs", "all", "status scale", true),
        resource(ResourceTypes.ENDPOINT_SLICES, "", "", "", true),
        resource(ResourceTypes.LEASES, "", "", "", false),
        resource(ResourceTypes.HORIZONTAL_POD_AUTOSCALERS, "hpa", "all", "status", false),
        resource(ResourceTypes.POD_DISRUPTION_BUDGETS, "pdb", "", "status", true),
        resource(ResourceTypes.NETWORK_POLICIES, "netpol", "", "", true),
        resource(ResourceTypes.ROLES, "", "", "", false),
        resource(ResourceTypes.ROLE_BINDINGS, "", "", "", false),
        resource(ResourceTypes.CLUSTER_ROLES, "", "", "", false),
        resource(ResourceTypes.CLUSTER_ROLE_BINDINGS, "", "", "", false),
        resource(ResourceTypes.MUTATING_WEBHOOK_CONFIGURATIONS, "", "api-extensions", "", true),
        resource(ResourceTypes.VALIDATING_WEBHOOK_CONFIGURATIONS, "", "api-extensions", "", true),
        resource(
            ResourceTypes.CUSTOM_RESOURCE_DEFINITIONS,
            "crd crds",
            "api-extensions",
            "status",
            true));
  }

  private static Resource resource(
      ResourceType type,
      String shortNames,
      String categories,
      String subresources,
      boolean countsGenerations) {
    return new Resource(
        type,
        List.of(type.version()),
        type.kind().toLowerCase(Locale.ROOT),
        words(shortNames),
        words(categories),
        Set.copyOf(words(subresources)),
        countsGenerations,
        Resource.Origin.BUILT_IN,
        BuiltInRules.of(type));
  }

  private static List<String> words(String text) {
    return text.isEmpty() ? List.of() : List.of(text.split(" "));
  }
}
