package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;

/** What webhook configurations may say. */
final class WebhookChecks {
  private static final int MAX_SECONDS = 30;
  private static final Set<String> VERSIONS = Set.of("v1", "v1beta1");
  private static final List<String> OPERATIONS =
      List.of("*", "CONNECT", "CREATE", "DELETE", "UPDATE");

  private final Checks checks;

  WebhookChecks(List<Cause> causes) {
    this.checks = new Checks(causes);
  }

  void validate(ObjectNode object) {
    Checks.each(object.path("webhooks"), "webhooks", this::webhook);
  }

  private void webhook(String at, JsonNode webhook) {
    String name = webhook.path("name").asText("");
    String wrong = Names.subdomain(name);
    if (name.isEmpty()) {
      checks.missing(at + ".name");
    } else if (!wrong.isEmpty()) {
      checks.invalid(at + ".name", name, wrong);
    } else if (name.split("\\.", -1).length < 3) {
      checks.invalid(
          at + ".name", name, "should be a domain with at least three segments separated by dots");
    }
    JsonNode versions = webhook.path("admissionReviewVersions");
    boolean known = false;
    for (JsonNode version : versions) {
      known |= VERSIONS.contains(version.asText());
    }
    if (versions.isEmpty()) {
      checks.missing(at + ".admissionReviewVersions", "must specify one of v1, v1beta1");
    } else if (!known) {
      checks.invalid(
          at + ".admissionReviewVersions", versions, "must include at least one of v1, v1beta1");
    }
    Checks.each(webhook.path("rules"), at + ".rules", this::rule);
    checks.oneOfIfSet(
        at + ".failurePolicy", webhook.path("failurePolicy"), List.of("Fail", "Ignore"));
    checks.oneOfIfSet(
        at + ".matchPolicy", webhook.path("matchPolicy"), List.of("Equivalent", "Exact"));
    if (webhook.path("sideEffects").asText("").isEmpty()) {
      checks.missing(at + ".sideEffects", "must specify one of None, NoneOnDryRun");
    } else {
      checks.oneOf(
          at + ".sideEffects", webhook.path("sideEffects"), List.of("None", "NoneOnDryRun"));
    }
    MatchConditions.check(webhook.path("matchConditions"), at + ".matchConditions", checks);
    JsonNode seconds = webhook.path("timeoutSeconds");
    if (seconds.isNumber() && (seconds.asInt() < 1 || seconds.asInt() > MAX_SECONDS)) {
      checks.invalid(
          at + ".timeoutSeconds", seconds, "the timeout value must be between 1 and 30 seconds");
    }
    checks.selector(at + ".namespaceSelector", webhook.path("namespaceSelector"));
    checks.selector(at + ".objectSelector", webhook.path("objectSelector"));
    client(at + ".clientConfig", webhook.path("clientConfig"));
  }

  private void client(String at, JsonNode client) {
    String url = client.path("url").asText("");
    boolean service = client.path("service").isObject();
    if (url.isEmpty() != service) {
      checks.missing(at, "exactly one of url or service is required");
    } else if (!url.isEmpty() && !url.startsWith("https://")) {
      int end = url.indexOf(':');
      checks.invalid(
          at + ".url",
          end < 0 ? "" : url.substring(0, end),
          "'https' is the only allowed URL scheme; desired format: https://host[/path]");
    }
  }

  private void rule(String at, JsonNode rule) {
    for (String list : List.of("operations", "apiGroups", "apiVersions", "resources")) {
      if (rule.path(list).isEmpty()) {
        checks.missing(at + "." + list);
      }
    }
    Checks.each(
        rule.path("operations"),
        at + ".operations",
        (place, operation) -> checks.oneOf(place, operation, OPERATIONS));
  }
}
