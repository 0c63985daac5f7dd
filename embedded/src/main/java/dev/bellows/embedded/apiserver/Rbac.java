package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.store.Entry;
import dev.bellows.embedded.store.Key;
import dev.bellows.embedded.store.ObjectStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Who may do what: the stored roles and their bindings, and what every authenticated user may in
 * any cluster (see what there is, and ask about themselves).
 */
final class Rbac {
  private static final String GROUP = "rbac.authorization.k8s.io";

  /** What the binding of {@code system:public-info-viewer} allows everybody. */
  private static final List<String> PUBLIC_PATHS =
      List.of("/version", "/healthz", "/livez", "/readyz");

  /** What the binding of {@code system:discovery} allows to whoever is known. */
  private static final List<String> OPEN_PATHS = List.of("/api", "/apis", "/openapi");

  /** What {@code system:basic-user} allows. */
  private static final Set<String> SELF_REVIEWS =
      Set.of("selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews");

  private final ObjectStore store;

  Rbac(ObjectStore store) {
    this.store = store;
  }

  /** Whether the user may. */
  boolean allows(User user, Action action) {
    if (user.isMaster()) {
      return true;
    }
    if (isBelow(PUBLIC_PATHS, action) || (user.isAuthenticated() && isOpenToAll(action))) {
      return true;
    }
    String namespace =
        switch (action) {
          case Action.OnObjects objects -> objects.namespace();
          case Action.OnPath path -> "";
        };
    return rules(user, namespace).stream().anyMatch(rule -> allows(rule, action));
  }

  /**
   * Refuses what the user may not.
   *
   * @throws ApiException 403, saying who and what
   */
  void require(User user, Action action) {
    if (!allows(user, action)) {
      throw ApiException.notAllowed(user.name(), action);
    }
  }

  private static boolean isOpenToAll(Action action) {
    return switch (action) {
      case Action.OnPath path -> isBelow(OPEN_PATHS, path);
      case Action.OnObjects objects ->
          objects.verb().equals("create") && SELF_REVIEWS.contains(objects.plural());
    };
  }

  private static boolean isBelow(List<String> places, Action action) {
    return action instanceof Action.OnPath path
        && path.verb().equals("get")
        && places.stream()
            .anyMatch(open -> path.path().equals(open) || path.path().startsWith(open + "/"));
  }

  /** Every rule that holds for a user in a namespace; with none, those that hold everywhere. */
  List<JsonNode> rules(User user, String namespace) {
    List<JsonNode> rules = new ArrayList<>();
    for (Entry entry : store.list(ResourceTypes.CLUSTER_ROLE_BINDINGS.resource(), null).entries()) {
      collect(Json.read(entry.value()), "", user, rules);
    }
    if (!namespace.isEmpty()) {
      for (Entry entry : store.list(ResourceTypes.ROLE_BINDINGS.resource(), namespace).entries()) {
        collect(Json.read(entry.value()), namespace, user, rules);
      }
    }
    return rules;
  }

  private void collect(ObjectNode binding, String namespace, User user, List<JsonNode> rules) {
    boolean concerned = false;
    for (JsonNode subject : binding.path("subjects")) {
      concerned |= is(subject, namespace, user);
    }
    if (concerned) {
      role(binding.path("roleRef"), namespace)
          .ifPresent(role -> role.path("rules").forEach(rules::add));
    }
  }

  private static boolean is(JsonNode subject, String namespace, User user) {
    String name = subject.path("name").asText("");
    return switch (subject.path("kind").asText("")) {
      case "User" -> name.equals(user.name());
      case "Group" -> user.groups().contains(name);
      case "ServiceAccount" ->
          User.serviceAccount(subject.path("namespace").asText(namespace), name)
              .name()
              .equals(user.name());
      default -> false;
    };
  }

  /** The role that a binding in a namespace refers to, if it is there. */
  Optional<ObjectNode> role(JsonNode reference, String namespace) {
    boolean cluster = reference.path("kind").asText("").equals("ClusterRole");
    ResourceType type = cluster ? ResourceTypes.CLUSTER_ROLES : ResourceTypes.ROLES;
    return store
        .get(new Key(type.resource(), cluster ? "" : namespace, reference.path("name").asText("")))
        .map(entry -> Json.read(entry.value()))
        .filter(role -> reference.path("apiGroup").asText(GROUP).equals(GROUP));
  }

  /** Whether one rule alone allows it. */
  static boolean allows(JsonNode rule, Action action) {
    return switch (action) {
      case Action.OnPath path ->
          holds(rule.path("verbs"), path.verb()) && path(rule.path("nonResourceURLs"), path.path());
      case Action.OnObjects objects ->
          holds(rule.path("verbs"), objects.verb())
              && holds(rule.path("apiGroups"), objects.group())
              && resource(rule.path("resources"), objects)
              && (rule.path("resourceNames").isEmpty()
                  || contains(rule.path("resourceNames"), objects.name()));
    };
  }

  private static boolean resource(JsonNode resources, Action.OnObjects wanted) {
    return holds(resources, wanted.resource())
        || (!wanted.subresource().isEmpty() && contains(resources, "*/" + wanted.subresource()));
  }

  private static boolean path(JsonNode patterns, String path) {
    for (JsonNode each : patterns) {
      String pattern = each.asText();
      boolean matches =
          pattern.endsWith("*")
              ? path.startsWith(pattern.substring(0, pattern.length() - 1))
              : path.equals(pattern);
      if (matches) {
        return true;
      }
    }
    return false;
  }

  private static boolean holds(JsonNode list, String value) {
    return contains(list, "*") || contains(list, value);
  }

  private static boolean contains(JsonNode list, String value) {
    for (JsonNode each : list) {
      if (each.asText().equals(value)) {
        return true;
      }
    }
    return false;
  }
}
