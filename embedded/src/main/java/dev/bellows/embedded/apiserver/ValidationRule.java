package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One of {@code x-kubernetes-validations}, as it is written (Kubernetes documentation, "Validation
 * rules").
 *
 * @param rule the expression that must be true
 * @param message what is said if it is not
 * @param messageExpression an expression for what is said instead
 * @param reason the cause's; empty for {@code FieldValueInvalid}
 * @param fieldPath of the field that is to blame, from here; empty for the value itself
 * @param optionalOldSelf whether {@code oldSelf} may be missing, where that is said
 */
record ValidationRule(
    String rule,
    String message,
    String messageExpression,
    String reason,
    String fieldPath,
    Optional<Boolean> optionalOldSelf) {
  static final String KEYWORD = "x-kubernetes-validations";

  private static final List<String> REASONS =
      List.of(
          "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired");
  private static final Pattern STEP =
      Pattern.compile("\\.([a-zA-Z_][a-zA-Z0-9_]*+)|\\['((?:[^'\\\\]|\\\\')*+)'\\]");

  static ValidationRule of(JsonNode json) {
    JsonNode optional = json.path("optionalOldSelf");
    return new ValidationRule(
        json.path("rule").asText(""),
        json.path("message").asText(""),
        json.path("messageExpression").asText(""),
        json.path("reason").asText(""),
        json.path("fieldPath").asText(""),
        optional.isBoolean() ? Optional.of(optional.asBoolean()) : Optional.empty());
  }

  boolean hasOptionalOld() {
    return optionalOldSelf.orElse(false);
  }

  /** What is said of a value that does not keep it, unless an expression says it. */
  String saying() {
    return message.isBlank() ? "failed rule: " + rule.strip() : message.strip();
  }

  /** How the rule is named where it could not be evaluated. */
  String name() {
    return message.isBlank() ? rule.strip() : message.strip();
  }

  /** As an API server shows it in a refusal. */
  String shown() {
    ObjectNode json = Json.object();
    json.put("Rule", rule).put("Message", message).put("MessageExpression", messageExpression);
    if (reason.isEmpty()) {
      json.putNull("Reason");
    } else {
      json.put("Reason", reason);
    }
    json.put("FieldPath", fieldPath);
    optionalOldSelf.ifPresentOrElse(
        said -> json.put("OptionalOldSelf", said), () -> json.putNull("OptionalOldSelf"));
    return json.toString().replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026");
  }

  Cause invalid(String path, String detail) {
    return new Cause("FieldValueInvalid", path, "Invalid value: " + shown() + ": " + detail);
  }

  /** Adds what is wrong with it apart from its expressions. */
  void check(JsonNode schema, String path, List<Cause> causes) {
    if (rule.isBlank()) {
      causes.add(Cause.required(path + ".rule", "rule is not specified"));
    }
    if (!message.isEmpty() && message.isBlank()) {
      causes.add(Cause.invalid(path + ".message", message, "must be non-empty if specified"));
    } else if (hasBreaks(message)) {
      causes.add(Cause.invalid(path + ".message", text(message), "must not contain line breaks"));
    } else if (hasBreaks(rule) && message.isEmpty()) {
      causes.add(
          Cause.required(
              path + ".message", "message must be specified if rule contains line breaks"));
    }
    if (!messageExpression.isEmpty() && messageExpression.isBlank()) {
      causes.add(
          Cause.required(
              path + ".messageExpression", "messageExpression must be non-empty if specified"));
    }
    if (!reason.isEmpty() && !REASONS.contains(reason)) {
      causes.add(
          new Cause(
              "FieldValueNotSupported",
              path + ".reason",
              "Unsupported value: "
                  + text(reason)
                  + ": supported values: \""
                  + String.join("\", \"", REASONS)
                  + "\""));
    }
    if (!fieldPath.isEmpty()) {
      if (hasBreaks(fieldPath.replaceAll("\\n$", "\n\n").stripLeading())) {
        causes.add(
            Cause.invalid(path + ".fieldPath", text(fieldPath), "must not contain line breaks"));
      }
      if (blamed(schema).isEmpty()) {
        causes.add(Cause.invalid(path + ".fieldPath", text(fieldPath), "must be a valid path"));
      }
    }
  }

  private static boolean hasBreaks(String text) {
    String inner = text.strip();
    return inner.indexOf('\n') >= 0 || inner.indexOf('\r') >= 0;
  }

  private static JsonNode text(String text) {
    return Json.NODES.textNode(text);
  }

  /**
   * The place that is to blame, as it is added to the value's own; empty if the schema has none
   * such. A place in a map is named in brackets.
   */
  Optional<String> blamed(JsonNode schema) {
    StringBuilder path = new StringBuilder();
    JsonNode here = schema;
    Matcher step = STEP.matcher(fieldPath);
    int from = 0;
    while (from < fieldPath.length()) {
      if (!step.find() || step.start() != from) {
        return Optional.empty();
      }
      from = step.end();
      String name = step.group(1) == null ? step.group(2).replace("\\'", "'") : step.group(1);
      if (here.path("properties").has(name)) {
        here = here.path("properties").path(name);
        path.append('.').append(name);
      } else if (here.path("additionalProperties").isObject()) {
        here = here.path("additionalProperties");
        path.append('[').append(name).append(']');
      } else {
        return Optional.empty();
      }
    }
    return Optional.of(path.toString());
  }
}
