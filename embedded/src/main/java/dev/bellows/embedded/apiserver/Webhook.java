package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One webhook of a configuration: whom to ask, and about what (Kubernetes documentation, "Dynamic
 * Admission Control").
 *
 * @param name by which refusals name it
 * @param client its {@code clientConfig}
 * @param rules one of which must name the request
 * @param exact whether a rule must name the very version that was asked for, rather than any in
 *     which the object can be shown
 * @param namespaces what the labels of the object's namespace must be
 * @param objects what the labels of the object, as it was or as it is to be, must be
 * @param mandatory whether the request is refused where the webhook cannot be asked
 * @param limit how long it may take
 * @param again whether it is asked again when one after it has changed the object
 * @param version of the reviews that it takes, {@code v1} or {@code v1beta1}
 * @param conditions what else must hold of a request
 */
record Webhook(
    String name,
    JsonNode client,
    JsonNode rules,
    boolean exact,
    ObjectNode namespaces,
    ObjectNode objects,
    boolean mandatory,
    Duration limit,
    boolean again,
    String version,
    MatchConditions conditions) {
  private static final int DEFAULT_SECONDS = 10;

  /** All of a configuration, in their order. */
  static List<Webhook> all(JsonNode configuration) {
    List<Webhook> all = new ArrayList<>();
    for (JsonNode each : configuration.path("webhooks")) {
      all.add(
          new Webhook(
              each.path("name").asText(),
              each.path("clientConfig"),
              each.path("rules"),
              each.path("matchPolicy").asText("").equals("Exact"),
              selector(each.path("namespaceSelector")),
              selector(each.path("objectSelector")),
              !each.path("failurePolicy").asText("").equals("Ignore"),
              Duration.ofSeconds(each.path("timeoutSeconds").asInt(DEFAULT_SECONDS)),
              each.path("reinvocationPolicy").asText("").equals("IfNeeded"),
              version(each.path("admissionReviewVersions")),
              new MatchConditions(each.path("matchConditions"))));
    }
    return all;
  }

  private static ObjectNode selector(JsonNode selector) {
    return selector instanceof ObjectNode given ? given : Json.object();
  }

  /** The first that is known here; a stored configuration has one. */
  private static String version(JsonNode versions) {
    for (JsonNode each : versions) {
      if (each.asText().equals("v1") || each.asText().equals("v1beta1")) {
        return each.asText();
      }
    }
    return "v1";
  }

  /** The version in which it wants to see what is asked for; empty if no rule names the request. */
  Optional<String> versionOf(WebhookRequest request) {
    for (JsonNode rule : rules) {
      if (isNamed(rule, request) && names(rule.path("apiVersions"), request.version())) {
        return Optional.of(request.version());
      }
    }
    if (exact) {
      return Optional.empty();
    }
    for (JsonNode rule : rules) {
      for (String other : request.resource().versions()) {
        if (isNamed(rule, request) && names(rule.path("apiVersions"), other)) {
          return Optional.of(other);
        }
      }
    }
    return Optional.empty();
  }

  private static boolean isNamed(JsonNode rule, WebhookRequest request) {
    ResourceType type = request.resource().type();
    return names(rule.path("operations"), request.operation())
        && names(rule.path("apiGroups"), type.group())
        && namesResource(rule.path("resources"), type.plural(), request.subresource())
        && switch (rule.path("scope").asText("*")) {
          case "Namespaced" -> type.namespaced();
          case "Cluster" -> !type.namespaced();
          default -> true;
        };
  }

  private static boolean names(JsonNode list, String wanted) {
    for (JsonNode each : list) {
      if (each.asText().equals("*") || each.asText().equals(wanted)) {
        return true;
      }
    }
    return false;
  }

  /** {@code pods}, {@code pods/status}, {@code pods/*}, {@code *}, {@code *}{@code /scale}. */
  private static boolean namesResource(JsonNode list, String plural, String subresource) {
    for (JsonNode each : list) {
      String text = each.asText();
      int slash = text.indexOf('/');
      String resource = slash < 0 ? text : text.substring(0, slash);
      String part = slash < 0 ? "" : text.substring(slash + 1);
      boolean same = resource.equals("*") || resource.equals(plural);
      if (same && (part.equals(subresource) || part.equals("*"))) {
        return true;
      }
    }
    return false;
  }

  /** Whether the labels are those that it wants to hear of. */
  boolean selects(WebhookRequest request, JsonNode labelsOfNamespace) {
    boolean here =
        labelsOfNamespace.isMissingNode() || Selectors.matches(namespaces, labelsOfNamespace);
    return here
        && (objects.isEmpty()
            || Selectors.matches(objects, labels(request.object()))
            || (request.old().isObject() && Selectors.matches(objects, labels(request.old()))));
  }

  private static JsonNode labels(JsonNode object) {
    return object.path("metadata").path("labels");
  }
}
