package dev.bellows.embedded.workload;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceType;
import dev.bellows.embedded.apiserver.ResourceTypes;
import java.util.List;

/** The roles that people expect in every cluster, to bind accounts to. */
final class DefaultRoles {
  private static final String RBAC = "rbac.authorization.k8s.io";
  private static final List<String> ALL = List.of("*");
  private static final List<String> READING = List.of("get", "list", "watch");

  /** Groups whose kinds belong to whoever works in a namespace. */
  private static final List<String> WORK =
      List.of(
          "apps",
          "autoscaling",
          "discovery.k8s.io",
          "networking.k8s.io",
          "policy",
          "serving.knative.dev",
          "autoscaling.internal.knative.dev",
          "networking.internal.knative.dev",
          "caching.internal.knative.dev");

  /** Core kinds that anybody who may read may read: Secrets are not among them. */
  private static final List<String> CORE =
      List.of(
          "configmaps",
          "endpoints",
          "events",
          "limitranges",
          "persistentvolumeclaims",
          "pods",
          "pods/log",
          "pods/status",
          "resourcequotas",
          "serviceaccounts",
          "services");

  private DefaultRoles() {}

  /** Makes what is not there; what someone has changed stays. */
  static void install(Registry registry) {
    make(
        registry, ResourceTypes.CLUSTER_ROLES, role("cluster-admin", rule(ALL, ALL, ALL), paths()));
    ObjectNode binding = named("cluster-admin");
    binding
        .putObject("roleRef")
        .put("apiGroup", RBAC)
        .put("kind", "ClusterRole")
        .put("name", "cluster-admin");
    binding
        .putArray("subjects")
        .addObject()
        .put("apiGroup", RBAC)
        .put("kind", "Group")
        .put("name", "system:masters");
    make(registry, ResourceTypes.CLUSTER_ROLE_BINDINGS, binding);
    ObjectNode core = rule(ALL, List.of(""), CORE);
    ObjectNode inside =
        rule(
            ALL,
            List.of(""),
            List.of("secrets", "pods/attach", "pods/eviction", "pods/exec", "pods/portforward"));
    ObjectNode work = rule(ALL, WORK, ALL);
    ObjectNode rights = rule(ALL, List.of(RBAC), List.of("roles", "rolebindings"));
    make(registry, ResourceTypes.CLUSTER_ROLES, role("admin", core, inside, work, rights));
    make(registry, ResourceTypes.CLUSTER_ROLES, role("edit", core, inside, work));
    make(
        registry,
        ResourceTypes.CLUSTER_ROLES,
        role("view", rule(READING, List.of(""), CORE), rule(READING, WORK, ALL)));
  }

  private static ObjectNode named(String name) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    object.putObject("metadata").put("name", name);
    return object;
  }

  private static ObjectNode role(String name, ObjectNode... rules) {
    ObjectNode role = named(name);
    role.putArray("rules").addAll(List.of(rules));
    return role;
  }

  private static ObjectNode rule(List<String> verbs, List<String> groups, List<String> resources) {
    ObjectNode rule = JsonNodeFactory.instance.objectNode();
    verbs.forEach(rule.putArray("verbs")::add);
    groups.forEach(rule.putArray("apiGroups")::add);
    resources.forEach(rule.putArray("resources")::add);
    return rule;
  }

  private static ObjectNode paths() {
    ObjectNode rule = JsonNodeFactory.instance.objectNode();
    rule.putArray("verbs").add("*");
    rule.putArray("nonResourceURLs").add("*");
    return rule;
  }

  private static void make(Registry registry, ResourceType type, ObjectNode object) {
    if (registry.find(type, "", object.path("metadata").path("name").asText()).isEmpty()) {
      registry.create(type, object);
    }
  }
}
