package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** What Deployments and ReplicaSets may say. */
final class WorkloadChecks {
  private WorkloadChecks() {}

  static void validate(ObjectNode object, List<Cause> causes) {
    Checks checks = new Checks(causes);
    JsonNode spec = object.path("spec");
    checks.notNegative("spec.replicas", spec.path("replicas"));
    JsonNode selector = spec.path("selector");
    boolean formed = true;
    if (!selector.isObject()) {
      checks.missing("spec.selector");
    } else {
      formed = checks.selector("spec.selector", selector);
      if (selector.path("matchLabels").isEmpty() && selector.path("matchExpressions").isEmpty()) {
        checks.invalid("spec.selector", Json.object(), "empty selector is invalid for deployment");
        formed = true; // so it selects nothing, and is not compared
      } else if (!formed) {
        checks.invalid("spec.selector", shown(selector), "invalid label selector");
      }
    }
    checks.notNegative("spec.minReadySeconds", spec.path("minReadySeconds"));
    strategy(spec.path("strategy"), checks);
    checks.notNegative("spec.revisionHistoryLimit", spec.path("revisionHistoryLimit"));
    progress(spec, checks);
    template(spec, formed, checks);
  }

  /** Without what Go leaves out. */
  private static JsonNode shown(JsonNode selector) {
    JsonNode shown = selector.deepCopy();
    for (JsonNode expression : shown.path("matchExpressions")) {
      if (expression.path("values").isEmpty()) {
        ((ObjectNode) expression).remove("values");
      }
    }
    return shown;
  }

  private static void template(JsonNode spec, boolean formed, Checks checks) {
    JsonNode template = spec.path("template");
    JsonNode labels = template.path("metadata").path("labels");
    boolean empty =
        spec.path("selector").path("matchLabels").isEmpty()
            && spec.path("selector").path("matchExpressions").isEmpty();
    boolean missing = !spec.path("selector").isObject();
    boolean matched =
        spec.path("selector") instanceof ObjectNode selector && Selectors.matches(selector, labels);
    if (formed && !matched && (missing || !empty)) {
      checks.invalid(
          "spec.template.metadata.labels",
          labels.isObject() ? labels : Json.NODES.nullNode(),
          "`selector` does not match template `labels`");
    }
    PodSpecChecks.template(template, "spec.template", checks.causes());
  }

  private static void progress(JsonNode spec, Checks checks) {
    JsonNode deadline = spec.path("progressDeadlineSeconds");
    checks.notNegative("spec.progressDeadlineSeconds", deadline);
    if (deadline.isNumber() && deadline.asInt() <= spec.path("minReadySeconds").asInt(0)) {
      checks.invalid(
          "spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds");
    }
  }

  private static void strategy(JsonNode strategy, Checks checks) {
    if (!strategy.isObject()) {
      return;
    }
    JsonNode rolling = strategy.path("rollingUpdate");
    switch (strategy.path("type").asText("")) {
      case "RollingUpdate" -> rolling(rolling, "spec.strategy.rollingUpdate", checks);
      case "Recreate" -> {
        if (rolling.isObject()) {
          checks.forbidden(
              "spec.strategy.rollingUpdate",
              "may not be specified when strategy `type` is 'Recreate'");
        }
      }
      default ->
          checks.unsupported(
              "spec.strategy",
              "{\"Type\":" + strategy.path("type") + ",\"RollingUpdate\":null}",
              List.of("Recreate", "RollingUpdate"));
    }
  }

  private static void rolling(JsonNode rolling, String path, Checks checks) {
    JsonNode unavailable = rolling.path("maxUnavailable");
    JsonNode surge = rolling.path("maxSurge");
    checks.numberOrShare(path + ".maxUnavailable", unavailable);
    checks.numberOrShare(path + ".maxSurge", surge);
    if (isNone(unavailable) && isNone(surge)) {
      checks.invalid(path + ".maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0");
    }
    if (Checks.share(unavailable) > 100) {
      checks.invalid(path + ".maxUnavailable", unavailable, "must not be greater than 100%");
    }
  }

  private static boolean isNone(JsonNode value) {
    return value.isNumber() ? value.asInt() == 0 : Checks.share(value) == 0;
  }
}
