package dev.bellows.embedded.apiserver;

import java.util.List;

/** The built-in kinds. Those of CustomResourceDefinitions are known to the {@link Registry}. */
public final class ResourceTypes {
  public static final ResourceType NAMESPACES = core("Namespace", "namespaces", false);
  public static final ResourceType NODES = core("Node", "nodes", false);
  public static final ResourceType PODS = core("Pod", "pods", true);
  public static final ResourceType SERVICES = core("Service", "services", true);
  public static final ResourceType ENDPOINTS = core("Endpoints", "endpoints", true);
  public static final ResourceType CONFIG_MAPS = core("ConfigMap", "configmaps", true);
  public static final ResourceType SECRETS = core("Secret", "secrets", true);
  public static final ResourceType SERVICE_ACCOUNTS =
      core("ServiceAccount", "serviceaccounts", true);
  public static final ResourceType EVENTS = core("Event", "events", true);
  public static final ResourceType PERSISTENT_VOLUME_CLAIMS =
      core("PersistentVolumeClaim", "persistentvolumeclaims", true);
  public static final ResourceType RESOURCE_QUOTAS = core("ResourceQuota", "resourcequotas", true);
  public static final ResourceType LIMIT_RANGES = core("LimitRange", "limitranges", true);
  public static final ResourceType DEPLOYMENTS = of("apps", "v1", "Deployment", "deployments");
  public static final ResourceType REPLICA_SETS = of("apps", "v1", "ReplicaSet", "replicasets");
  public static final ResourceType ENDPOINT_SLICES =
      of("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices");
  public static final ResourceType LEASES = of("coordination.k8s.io", "v1", "Lease", "leases");
  public static final ResourceType HORIZONTAL_POD_AUTOSCALERS =
      of("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers");
  public static final ResourceType POD_DISRUPTION_BUDGETS =
      of("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets");
  public static final ResourceType NETWORK_POLICIES =
      of("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies");
  public static final ResourceType ROLES = of("rbac.authorization.k8s.io", "v1", "Role", "roles");
  public static final ResourceType ROLE_BINDINGS =
      of("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings");
  public static final ResourceType CLUSTER_ROLES =
      new ResourceType("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", false);
  public static final ResourceType CLUSTER_ROLE_BINDINGS =
      new ResourceType(
          "rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", false);
  public static final ResourceType MUTATING_WEBHOOK_CONFIGURATIONS =
      new ResourceType(
          "admissionregistration.k8s.io",
          "v1",
          "MutatingWebhookConfiguration",
          "mutatingwebhookconfigurations",
          false);
  public static final ResourceType VALIDATING_WEBHOOK_CONFIGURATIONS =
      new ResourceType(
          "admissionregistration.k8s.io",
          "v1",
          "ValidatingWebhookConfiguration",
          "validatingwebhookconfigurations",
          false);
  public static final ResourceType CUSTOM_RESOURCE_DEFINITIONS =
      new ResourceType(
          "apiextensions.k8s.io",
          "v1",
          "CustomResourceDefinition",
          "customresourcedefinitions",
          false);

  /** All of them. */
  public static final List<ResourceType> ALL =
      List.of(
          NAMESPACES,
          NODES,
          PODS,
          SERVICES,
          ENDPOINTS,
          CONFIG_MAPS,
          SECRETS,
          SERVICE_ACCOUNTS,
          EVENTS,
          PERSISTENT_VOLUME_CLAIMS,
          RESOURCE_QUOTAS,
          LIMIT_RANGES,
          DEPLOYMENTS,
          REPLICA_SETS,
          ENDPOINT_SLICES,
          LEASES,
          HORIZONTAL_POD_AUTOSCALERS,
          POD_DISRUPTION_BUDGETS,
          NETWORK_POLICIES,
          ROLES,
          ROLE_BINDINGS,
          CLUSTER_ROLES,
          CLUSTER_ROLE_BINDINGS,
          MUTATING_WEBHOOK_CONFIGURATIONS,
          VALIDATING_WEBHOOK_CONFIGURATIONS,
          CUSTOM_RESOURCE_DEFINITIONS);

  private ResourceTypes() {}

  /**
   * The built-in kind of a group and plural.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static ResourceType of(String group, String plural) {
    return ALL.stream()
        .filter(type -> type.group().equals(group) && type.plural().equals(plural))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("no built-in resource " + plural + "." + group));
  }

  private static ResourceType core(String kind, String plural, boolean namespaced) {
    return new ResourceType("", "v1", kind, plural, namespaced);
  }

  private static ResourceType of(String group, String version, String kind, String plural) {
    return new ResourceType(group, version, kind, plural, true);
  }
}
