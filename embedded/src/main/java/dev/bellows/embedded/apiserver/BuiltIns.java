package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The built-in kinds with their names, as Kubernetes' discovery lists them. */
final class BuiltIns {
  private static final Map<ResourceType, List<String>> SELECTABLE =
      Map.of(
          ResourceTypes.NAMESPACES,
          List.of("status.phase"),
          ResourceTypes.NODES,
          List.of("spec.unschedulable"),
          ResourceTypes.PODS,
          List.of(
              "spec.nodeName",
              "spec.restartPolicy",
              "spec.schedulerName",
              "spec.serviceAccountName",
              "spec.hostNetwork",
              "status.phase",
              "status.podIP",
              "status.nominatedNodeName"),
          ResourceTypes.SERVICES,
          List.of("spec.clusterIP", "spec.type"),
          ResourceTypes.SECRETS,
          List.of("type"),
          ResourceTypes.REPLICA_SETS,
          List.of("status.replicas"),
          ResourceTypes.EVENTS,
          List.of(
              "involvedObject.kind",
              "involvedObject.namespace",
              "involvedObject.name",
              "involvedObject.uid",
              "involvedObject.apiVersion",
              "involvedObject.resourceVersion",
              "involvedObject.fieldPath",
              "reason",
              "reportingComponent",
              "source",
              "type"));

  /** Kinds of which an update makes what is not there. */
  static final Set<ResourceType> CREATED_BY_UPDATE =
      Set.of(
          ResourceTypes.SERVICES,
          ResourceTypes.ENDPOINTS,
          ResourceTypes.EVENTS,
          ResourceTypes.LIMIT_RANGES,
          ResourceTypes.LEASES,
          ResourceTypes.ROLES,
          ResourceTypes.ROLE_BINDINGS,
          ResourceTypes.CLUSTER_ROLES,
          ResourceTypes.CLUSTER_ROLE_BINDINGS);

  /** Kinds that are kept for their clients' sake: no controller here looks at them. */
  static final Set<ResourceType> WITHOUT_EFFECT =
      Set.of(
          ResourceTypes.POD_DISRUPTION_BUDGETS,
          ResourceTypes.NETWORK_POLICIES,
          ResourceTypes.LIMIT_RANGES,
          ResourceTypes.PERSISTENT_VOLUME_CLAIMS);

  /** Served versions of kinds that have several, the preferred one first. */
  private static final Map<ResourceType, List<String>> VERSIONS =
      Map.of(ResourceTypes.HORIZONTAL_POD_AUTOSCALERS, List.of("v2", "v1"));

  private BuiltIns() {}

  static List<Resource> all() {
    return List.of(
        resource(ResourceTypes.NAMESPACES, "ns", "", "status finalize", false),
        resource(ResourceTypes.NODES, "no", "", "status", false),
        resource(
            ResourceTypes.PODS,
            "po",
            "all",
            "status log eviction binding attach exec portforward proxy",
            true),
        resource(ResourceTypes.SERVICES, "svc", "all", "status proxy", false),
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
        VERSIONS.getOrDefault(type, List.of(type.version())),
        type.kind().toLowerCase(Locale.ROOT),
        words(shortNames),
        words(categories),
        Set.copyOf(words(subresources)),
        countsGenerations,
        SELECTABLE.getOrDefault(type, List.of()),
        Resource.Origin.BUILT_IN,
        new BuiltInShape(type),
        BuiltInRules.of(type));
  }

  private record BuiltInShape(ResourceType type) implements Resource.Shape {
    @Override
    public Schema schema(String version) {
      return Definitions.builtIn().kind(type.group(), version, type.kind());
    }

    @Override
    public ObjectNode openApi(String version) {
      Definitions definitions = Definitions.builtIn();
      return (ObjectNode) definitions.node(definitions.nameOf(type.group(), version, type.kind()));
    }

    @Override
    public Columns columns() {
      return BuiltInColumns.of(type);
    }

    @Override
    public ScalePaths scale() {
      return ScalePaths.BUILT_IN;
    }

    @Override
    public Conversion conversion(String version) {
      return type.equals(ResourceTypes.HORIZONTAL_POD_AUTOSCALERS) && version.equals("v1")
          ? new HorizontalPodAutoscalerV1()
          : Conversion.NONE;
    }
  }

  private static List<String> words(String text) {
    return text.isEmpty() ? List.of() : List.of(text.split(" "));
  }
}
