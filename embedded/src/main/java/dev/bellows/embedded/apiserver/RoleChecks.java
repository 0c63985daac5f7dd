package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Defaults and checks of roles and their bindings. */
final class RoleChecks implements KindRules {
  private static final String GROUP = "rbac.authorization.k8s.io";

  private final boolean cluster;
  private final boolean binding;

  private RoleChecks(boolean cluster, boolean binding) {
    this.cluster = cluster;
    this.binding = binding;
  }

  static KindRules roles(boolean cluster) {
    return new RoleChecks(cluster, false);
  }

  static KindRules bindings(boolean cluster) {
    return new RoleChecks(cluster, true);
  }

  @Override
  public void complete(ObjectNode object) {
    if (!binding) {
      return;
    }
    if (object.path("roleRef") instanceof ObjectNode reference) {
      PodSpecRules.standard(reference, "apiGroup", GROUP);
    }
    for (JsonNode each : object.path("subjects")) {
      if (each instanceof ObjectNode subject
          && !subject.path("kind").asText("").equals("ServiceAccount")) {
        PodSpecRules.standard(subject, "apiGroup", GROUP);
      }
    }
  }

  @Override
  public void validate(ObjectNode object, List<Cause> causes) {
    Checks checks = new Checks(causes);
    if (binding) {
      binding(object, checks);
    } else {
      role(object, checks);
    }
  }

  private void role(ObjectNode role, Checks checks) {
    Checks.each(role.path("rules"), "rules", (at, rule) -> rule(at, rule, checks));
    JsonNode aggregation = role.path("aggregationRule");
    if (!aggregation.isObject()) {
      return;
    }
    if (aggregation.path("clusterRoleSelectors").isEmpty()) {
      checks.missing(
          "aggregationRule.clusterRoleSelectors",
          "at least one clusterRoleSelector required if aggregationRule is non-nil");
    }
    Checks.each(
        aggregation.path("clusterRoleSelectors"),
        "aggregationRule.clusterRoleSelectors",
        (at, selector) -> {
          if (!checks.selector(at, selector)) {
            checks.invalid(at, Json.NODES.nullNode(), "invalid label selector.");
          }
        });
  }

  private void rule(String at, JsonNode rule, Checks checks) {
    if (rule.path("verbs").isEmpty()) {
      checks.missing(at + ".verbs", "verbs must contain at least one value");
    }
    JsonNode paths = rule.path("nonResourceURLs");
    if (!paths.isEmpty()) {
      if (!cluster) {
        checks.invalid(
            at + ".nonResourceURLs", paths, "namespaced rules cannot apply to non-resource URLs");
      }
      if (!rule.path("apiGroups").isEmpty()
          || !rule.path("resources").isEmpty()
          || !rule.path("resourceNames").isEmpty()) {
        checks.invalid(
            at + ".nonResourceURLs",
            paths,
            "rules cannot apply to both regular resources and non-resource URLs");
      }
      return;
    }
    if (rule.path("apiGroups").isEmpty()) {
      checks.missing(at + ".apiGroups", "resource rules must supply at least one api group");
    }
    if (rule.path("resources").isEmpty()) {
      checks.missing(at + ".resources", "resource rules must supply at least one resource");
    }
  }

  private void binding(ObjectNode object, Checks checks) {
    JsonNode reference = object.path("roleRef");
    if (reference.isObject() && !reference.path("apiGroup").asText("").equals(GROUP)) {
      checks.oneOf("roleRef.apiGroup", reference.path("apiGroup"), List.of(GROUP));
    }
    checks.oneOf(
        "roleRef.kind",
        reference.path("kind"),
        cluster ? List.of("ClusterRole") : List.of("Role", "ClusterRole"));
    if (checks.required("roleRef.name", reference.path("name"))) {
      String name = reference.path("name").asText();
      checks.all("roleRef.name", name, Names.pathSegment(name));
    }
    Checks.each(object.path("subjects"), "subjects", (at, subject) -> subject(at, subject, checks));
  }

  private void subject(String at, JsonNode subject, Checks checks) {
    boolean named = checks.required(at + ".name", subject.path("name"));
    switch (subject.path("kind").asText("")) {
      case "ServiceAccount" -> {
        if (named) {
          checks.subdomain(at + ".name", subject.path("name").asText());
        }
        checks.oneOfIfSet(at + ".apiGroup", subject.path("apiGroup"), List.of(""));
        if (cluster) {
          checks.required(at + ".namespace", subject.path("namespace"));
        }
      }
      case "User", "Group" ->
          checks.oneOf(at + ".apiGroup", subject.path("apiGroup"), List.of(GROUP));
      default ->
          checks.oneOf(
              at + ".kind", subject.path("kind"), List.of("ServiceAccount", "User", "Group"));
    }
  }

  @Override
  public void validateUpdate(ObjectNode old, ObjectNode object, List<Cause> causes) {
    JsonNode reference = object.path("roleRef");
    if (binding && !Json.same(old.path("roleRef"), reference)) {
      ObjectNode shown = Json.object();
      shown.set("APIGroup", reference.path("apiGroup"));
      shown.set("Kind", reference.path("kind"));
      shown.set("Name", reference.path("name"));
      causes.add(Cause.invalid("roleRef", shown, "cannot change roleRef"));
    }
  }
}
