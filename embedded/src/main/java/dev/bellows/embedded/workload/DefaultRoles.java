package dev.bellows.embedded.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceType;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.controller.JsonEquality;
import java.util.List;
import java.util.Optional;

/**
 * The roles that people expect in every cluster, to bind accounts to: {@code cluster-admin}, and
 * {@code admin}, {@code edit}, {@code view}, whose rules are collected of labelled ClusterRoles
 * ({@link ClusterRoleAggregation}), Kubernetes' own and Knative's among them.
 */
final class DefaultRoles {
  private static final String RBAC = "rbac.authorization.k8s.io";
  private static final String UPDATES = "rbac.authorization.kubernetes.io/autoupdate";
  private static final String COLLECTED = RBAC + "/aggregate-to-";

  private static final String ALL = "*";
  private static final String READ = "get list watch";
  private static final String WRITE = "create delete deletecollection patch update";
  private static final String KNATIVE = "serving.knative.dev";
  private static final String INTERNAL =
      "networking.internal.knative.dev autoscaling.internal.knative.dev"
          + " caching.internal.knative.dev";

  /** The core group, where a list of groups is written in words. */
  private static final String CORE = "core";

  private DefaultRoles() {}

  /** Makes what is not there and adds what is missing; what someone has added stays. */
  static void install(Registry registry) {
    keep(
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
    keep(registry, ResourceTypes.CLUSTER_ROLE_BINDINGS, binding);
    parts(registry);
    for (String name : List.of("admin", "edit", "view")) {
      ObjectNode role = role(name);
      role.putObject("aggregationRule")
          .putArray("clusterRoleSelectors")
          .addObject()
          .putObject("matchLabels")
          .put(COLLECTED + name, "true");
      role.remove("rules"); // the collector's
      switch (name) {
        case "edit" -> label(role, "admin");
        case "view" -> label(role, "edit");
        default -> {} // nothing is above it
      }
      keep(registry, ResourceTypes.CLUSTER_ROLES, role);
    }
  }

  private static void parts(Registry registry) {
    part(
        registry,
        "system:aggregate-to-admin",
        "admin",
        rule("create", "authorization.k8s.io", "localsubjectaccessreviews"),
        rule(WRITE + " " + READ, RBAC, "roles rolebindings"));
    part(
        registry,
        "system:aggregate-to-edit",
        "edit",
        rule(
            READ, CORE, "pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy"),
        rule("impersonate", CORE, "serviceaccounts"),
        rule(WRITE, CORE, "pods pods/attach pods/exec pods/portforward pods/proxy"),
        rule("create", CORE, "pods/eviction"),
        rule(
            WRITE,
            CORE,
            "configmaps events persistentvolumeclaims replicationcontrollers"
                + " replicationcontrollers/scale secrets serviceaccounts services services/proxy"),
        rule("create", CORE, "serviceaccounts/token"),
        rule(
            WRITE,
            "apps",
            "daemonsets deployments deployments/rollback deployments/scale replicasets"
                + " replicasets/scale statefulsets statefulsets/scale"),
        rule(WRITE, "autoscaling", "horizontalpodautoscalers"),
        rule(WRITE, "batch", "cronjobs jobs"),
        rule(WRITE, "policy", "poddisruptionbudgets"),
        rule(WRITE, "networking.k8s.io", "ingresses networkpolicies"),
        rule(WRITE + " " + READ, "coordination.k8s.io", "leases"));
    part(
        registry,
        "system:aggregate-to-view",
        "view",
        rule(
            READ,
            CORE,
            "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods"
                + " replicationcontrollers replicationcontrollers/scale serviceaccounts services"
                + " services/status"),
        rule(
            READ,
            CORE,
            "bindings events limitranges namespaces/status pods/log pods/status"
                + " replicationcontrollers/status resourcequotas resourcequotas/status"),
        rule(READ, CORE, "namespaces"),
        rule(READ, "discovery.k8s.io", "endpointslices"),
        rule(
            READ,
            "apps",
            "controllerrevisions daemonsets daemonsets/status deployments deployments/scale"
                + " deployments/status replicasets replicasets/scale replicasets/status"
                + " statefulsets statefulsets/scale statefulsets/status"),
        rule(READ, "autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status"),
        rule(READ, "batch", "cronjobs cronjobs/status jobs jobs/status"),
        rule(READ, "policy", "poddisruptionbudgets poddisruptionbudgets/status"),
        rule(READ, "networking.k8s.io", "ingresses ingresses/status networkpolicies"));
    part(
        registry,
        "system:aggregated-metrics-reader",
        "view",
        rule(READ, "metrics.k8s.io", "pods nodes"));
    part(
        registry,
        "knative-serving-namespaced-admin",
        "admin",
        rule(ALL, KNATIVE, ALL),
        rule(READ, INTERNAL, ALL));
    part(
        registry,
        "knative-serving-namespaced-edit",
        "edit",
        rule("create update patch delete", KNATIVE, ALL),
        rule(READ, INTERNAL, ALL));
    part(
        registry,
        "knative-serving-namespaced-view",
        "view",
        rule(READ, KNATIVE + " " + INTERNAL, ALL));
  }

  private static void part(Registry registry, String name, String collector, ObjectNode... rules) {
    ObjectNode role = role(name, rules);
    label(role, collector);
    keep(registry, ResourceTypes.CLUSTER_ROLES, role);
  }

  private static void label(ObjectNode role, String collector) {
    role.withObjectProperty("metadata")
        .withObjectProperty("labels")
        .put(COLLECTED + collector, "true");
  }

  private static ObjectNode named(String name) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    ObjectNode metadata = object.putObject("metadata").put("name", name);
    metadata.putObject("labels").put("kubernetes.io/bootstrapping", "rbac-defaults");
    metadata.putObject("annotations").put(UPDATES, "true");
    return object;
  }

  private static ObjectNode role(String name, ObjectNode... rules) {
    ObjectNode role = named(name);
    role.putArray("rules").addAll(List.of(rules));
    return role;
  }

  /** Each a list in words. */
  private static ObjectNode rule(String verbs, String groups, String resources) {
    ObjectNode rule = JsonNodeFactory.instance.objectNode();
    words(rule.putArray("verbs"), verbs);
    words(rule.putArray("apiGroups"), groups);
    words(rule.putArray("resources"), resources);
    return rule;
  }

  private static void words(ArrayNode list, String text) {
    for (String word : text.split(" ", -1)) {
      list.add(word.equals(CORE) ? "" : word);
    }
  }

  private static ObjectNode paths() {
    ObjectNode rule = JsonNodeFactory.instance.objectNode();
    rule.putArray("verbs").add(ALL);
    rule.putArray("nonResourceURLs").add(ALL);
    return rule;
  }

  private static void keep(Registry registry, ResourceType type, ObjectNode wanted) {
    String name = wanted.path("metadata").path("name").asText();
    Optional<ObjectNode> present = registry.find(type, "", name);
    if (present.isEmpty()) {
      registry.create(type, wanted);
      return;
    }
    ObjectNode completed = completed(present.get(), wanted);
    if (!JsonEquality.same(completed, present.get())) {
      registry.edit(type, "", name, old -> completed(old, wanted));
    }
  }

  /** What is there with what is missing, unless its owner has said that it is theirs. */
  private static ObjectNode completed(ObjectNode present, ObjectNode wanted) {
    ObjectNode completed = present.deepCopy();
    ObjectNode metadata = completed.withObjectProperty("metadata");
    if (metadata.path("annotations").path(UPDATES).asText().equals("false")) {
      return completed;
    }
    for (String map : List.of("labels", "annotations")) {
      ObjectNode all = metadata.withObjectProperty(map);
      wanted
          .path("metadata")
          .path(map)
          .properties()
          .forEach(each -> all.set(each.getKey(), each.getValue()));
    }
    if (wanted.has("aggregationRule")) {
      completed.set("aggregationRule", wanted.get("aggregationRule"));
      return completed;
    }
    for (String list : List.of("rules", "subjects")) {
      if (wanted.has(list)) {
        ArrayNode all = completed.withArrayProperty(list);
        for (JsonNode each : wanted.path(list)) {
          if (!holds(all, each)) {
            all.add(each);
          }
        }
      }
    }
    return completed;
  }

  private static boolean holds(ArrayNode list, JsonNode wanted) {
    for (JsonNode each : list) {
      if (JsonEquality.same(each, wanted)) {
        return true;
      }
    }
    return false;
  }
}
