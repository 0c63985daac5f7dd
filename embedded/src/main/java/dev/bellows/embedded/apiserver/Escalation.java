package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Nobody gives rights that they do not have: who writes a role must hold all its rules or the right
 * to {@code escalate}; who writes a binding, all rules of its role or the right to {@code bind} it
 * (Kubernetes documentation, "Using RBAC Authorization", privilege escalation prevention).
 */
final class Escalation implements WriteOptions.Approval {
  private static final String GROUP = "rbac.authorization.k8s.io";
  private static final List<String> OF_THE_COLLECTOR = List.of("ownerReferences", "finalizers");

  private final Rbac rbac;
  private final User user;

  Escalation(Rbac rbac, User user) {
    this.rbac = rbac;
    this.user = user;
  }

  @Override
  public void approve(ResourceType type, Optional<ObjectNode> old, ObjectNode object) {
    if (!type.group().equals(GROUP) || user.isMaster()) {
      return;
    }
    if (old.isPresent() && Json.same(essence(old.get()), essence(object))) {
      return;
    }
    if (type.plural().endsWith("roles")) {
      role(type, object);
    } else {
      binding(type, object);
    }
  }

  /** What counts: the garbage collector's fields may be changed by anybody who may update. */
  private static ObjectNode essence(ObjectNode object) {
    ObjectNode copy = object.deepCopy();
    Json.child(copy, "metadata").remove(OF_THE_COLLECTOR);
    Json.child(copy, "metadata").remove(List.of("managedFields", "resourceVersion"));
    return copy;
  }

  private void role(ResourceType type, ObjectNode role) {
    ObjectMeta meta = ObjectMeta.of(role);
    Action escalate =
        new Action.OnObjects("escalate", GROUP, type.plural(), "", meta.namespace(), meta.name());
    if (rbac.allows(user, escalate)) {
      return;
    }
    if (role.path("aggregationRule").isObject()) {
      requireEverything(type, meta.name());
    }
    require(type, meta, role.path("rules"));
  }

  private void requireEverything(ResourceType type, String name) {
    boolean all =
        rbac.allows(user, new Action.OnObjects("*", "*", "*", "", "", ""))
            && rbac.allows(user, new Action.OnPath("*", "*"));
    if (!all) {
      throw ApiException.forbidden(
          type, name, "must have cluster-admin privileges to use the aggregationRule");
    }
  }

  private void binding(ResourceType type, ObjectNode binding) {
    ObjectMeta meta = ObjectMeta.of(binding);
    JsonNode reference = binding.path("roleRef");
    boolean cluster = reference.path("kind").asText().equals("ClusterRole");
    Action bind =
        new Action.OnObjects(
            "bind",
            GROUP,
            cluster ? "clusterroles" : "roles",
            "",
            meta.namespace(),
            reference.path("name").asText());
    if (rbac.allows(user, bind)) {
      return;
    }
    ObjectNode role =
        rbac.role(reference, meta.namespace())
            .orElseThrow(() -> ApiException.notFound(type, reference.path("name").asText()));
    require(type, meta, role.path("rules"));
  }

  private void require(ResourceType type, ObjectMeta meta, JsonNode rules) {
    List<JsonNode> held = rbac.rules(user, meta.namespace());
    // Verbs by what they are for, so that the answer says each right once.
    Map<String, TreeSet<String>> missing = new TreeMap<>();
    for (JsonNode rule : rules) {
      for (Right right : Right.all(rule)) {
        if (held.stream().noneMatch(right::isCoveredBy)) {
          missing.computeIfAbsent(right.place(), none -> new TreeSet<>()).add(right.verb());
        }
      }
    }
    if (missing.isEmpty()) {
      return;
    }
    String groups =
        user.groups().stream().map(group -> '"' + group + '"').collect(Collectors.joining(" "));
    throw ApiException.forbidden(
        type,
        meta.name(),
        "user \""
            + user.name()
            + "\" (groups=["
            + groups
            + "]) is attempting to grant RBAC permissions not currently held:\n"
            + missing.entrySet().stream()
                .map(each ->
                    "{" + each.getKey() + ", Verbs:" + quoted(List.copyOf(each.getValue())) + "}")
                .collect(Collectors.joining("\n")));
  }

  private static String quoted(List<String> texts) {
    return texts.stream().map(text -> '"' + text + '"').collect(Collectors.joining(" ", "[", "]"));
  }

  /**
   * The smallest right that a rule gives.
   *
   * @param url of a path, else empty
   * @param name of the one object, empty for all
   */
  private record Right(String verb, String group, String resource, String name, String url) {
    /** More than any role has; what is beyond cannot be judged. */
    private static final int MAX = 20_000;

    static List<Right> all(JsonNode rule) {
      List<Right> rights = new ArrayList<>();
      for (JsonNode verb : rule.path("verbs")) {
        for (JsonNode url : rule.path("nonResourceURLs")) {
          rights.add(new Right(verb.asText(), "", "", "", url.asText()));
        }
        for (JsonNode group : rule.path("apiGroups")) {
          for (JsonNode resource : rule.path("resources")) {
            List<String> names = new ArrayList<>();
            rule.path("resourceNames").forEach(name -> names.add(name.asText()));
            for (String name : names.isEmpty() ? List.of("") : names) {
              rights.add(new Right(verb.asText(), group.asText(), resource.asText(), name, ""));
              if (rights.size() > MAX) {
                throw ApiException.badRequest("a rule gives more than " + MAX + " rights");
              }
            }
          }
        }
      }
      return rights;
    }

    String place() {
      if (!url.isEmpty()) {
        return "NonResourceURLs:" + quoted(List.of(url));
      }
      return "APIGroups:"
          + quoted(List.of(group))
          + ", Resources:"
          + quoted(List.of(resource))
          + (name.isEmpty() ? "" : ", ResourceNames:" + quoted(List.of(name)));
    }

    boolean isCoveredBy(JsonNode rule) {
      if (!url.isEmpty()) {
        return Rbac.allows(rule, new Action.OnPath(verb, url));
      }
      int slash = resource.indexOf('/');
      return Rbac.allows(
          rule,
          new Action.OnObjects(
              verb,
              group,
              slash < 0 ? resource : resource.substring(0, slash),
              slash < 0 ? "" : resource.substring(slash + 1),
              "",
              name));
    }
  }
}
