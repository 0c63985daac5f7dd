package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.cel.Authorizer;
import dev.bellows.embedded.cel.CompilationException;
import dev.bellows.embedded.cel.CostBudget;
import dev.bellows.embedded.cel.EvaluationException;
import dev.bellows.embedded.cel.Expression;
import dev.bellows.embedded.cel.Language;
import dev.bellows.embedded.cel.SchemaType;
import java.io.Serial;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The {@code matchConditions} of one webhook, compiled when they are first asked: all must be true
 * of a request that it wants to hear of.
 */
final class MatchConditions {
  /** Of one webhook, as kube-apiserver has it. */
  private static final int MAX_CONDITIONS = 64;

  private final JsonNode written;
  private volatile Optional<List<Condition>> compiled = Optional.empty();

  /**
   * One of them.
   *
   * @param text as it is written
   */
  private record Condition(String text, Expression expression) {}

  MatchConditions(JsonNode written) {
    this.written = written;
  }

  /** What conditions may look at; made when there is one. */
  private static final class Of {
    private static final SchemaType REQUEST =
        SchemaType.of(
                schema(
                    """
                    {"type": "object", "properties": {
                      "kind": {"type": "object", "properties": {"group": {"type": "string"},
                        "version": {"type": "string"}, "kind": {"type": "string"}}},
                      "resource": {"type": "object", "properties": {"group": {"type": "string"},
                        "version": {"type": "string"}, "resource": {"type": "string"}}},
                      "subResource": {"type": "string"},
                      "requestKind": {"type": "object", "properties": {
                        "group": {"type": "string"}, "version": {"type": "string"},
                        "kind": {"type": "string"}}},
                      "requestResource": {"type": "object", "properties": {
                        "group": {"type": "string"}, "version": {"type": "string"},
                        "resource": {"type": "string"}}},
                      "requestSubResource": {"type": "string"},
                      "name": {"type": "string"}, "namespace": {"type": "string"},
                      "operation": {"type": "string"}, "dryRun": {"type": "boolean"},
                      "options": {"x-kubernetes-int-or-string": true},
                      "userInfo": {"type": "object", "properties": {
                        "username": {"type": "string"}, "uid": {"type": "string"},
                        "groups": {"type": "array", "items": {"type": "string"}},
                        "extra": {"type": "object", "additionalProperties": {"type": "array",
                          "items": {"type": "string"}}}}}}}
                    """))
            .orElseThrow();

    static final Language LANGUAGE = Language.ofConditions(REQUEST);

    private static JsonNode schema(String text) {
      return Json.read(text.getBytes(StandardCharsets.UTF_8));
    }

    static Object request(ObjectNode review) {
      return REQUEST.value(review.path("request"));
    }
  }

  /** Adds what is wrong with those of a webhook. */
  static void check(JsonNode conditions, String path, Checks checks) {
    if (conditions.size() > MAX_CONDITIONS) {
      checks.tooMany(path, conditions.size(), MAX_CONDITIONS);
      return;
    }
    Set<String> names = new HashSet<>();
    Checks.each(
        conditions,
        path,
        (at, condition) -> {
          String name = condition.path("name").asText("");
          String text = condition.path("expression").asText("").strip();
          if (text.isEmpty()) {
            checks.missing(at + ".expression");
          } else {
            expression(text).ifPresent(why -> checks.invalid(at + ".expression", text, why));
          }
          if (name.isEmpty()) {
            checks.missing(at + ".name");
          } else {
            checks.qualified(at + ".name", name);
          }
          if (!name.isEmpty() && !names.add(name)) {
            checks.duplicate(at + ".name", name);
          }
        });
  }

  /** What is wrong with an expression, if anything is. */
  private static Optional<String> expression(String text) {
    try {
      Expression expression = Of.LANGUAGE.compile(text);
      return expression.isBoolean()
          ? Optional.empty()
          : Optional.of("must evaluate to bool but got " + expression.typeName());
    } catch (CompilationException e) {
      return Optional.of(e.getMessage());
    }
  }

  /** Whether there are none, so that every request will do. */
  boolean isEmpty() {
    return written.isEmpty();
  }

  private List<Condition> compiled() {
    if (compiled.isEmpty()) {
      List<Condition> all = new ArrayList<>();
      for (JsonNode each : written) {
        String text = each.path("expression").asText("").strip();
        try {
          all.add(new Condition(text, Of.LANGUAGE.compile(text)));
        } catch (CompilationException e) {
          throw ApiException.internal("a stored condition: " + e.getMessage());
        }
      }
      compiled = Optional.of(List.copyOf(all));
    }
    return compiled.get();
  }

  /**
   * Whether all hold. One that does not settles it; otherwise one that has no value is told.
   *
   * @param review as the webhook would be told of the request
   * @throws EvaluationFailure if that cannot be said
   */
  boolean hold(WebhookRequest request, ObjectNode review, Authorizer authorizer)
      throws EvaluationFailure {
    ResourceType type = request.resource().type();
    Map<String, Object> variables = new HashMap<>();
    variables.put("object", SchemaType.untyped(review.path("request").path("object")));
    variables.put("oldObject", SchemaType.untyped(review.path("request").path("oldObject")));
    variables.put("request", Of.request(review));
    // Declared, since conditions share their variables with policies; but kube-apiserver gives it
    // to policies alone.
    variables.put("namespaceObject", Map.of());
    variables.put("authorizer", authorizer);
    variables.put(
        "authorizer.requestResource",
        Language.resourceCheck(
            authorizer,
            new Authorizer.Objects(
                type.group(),
                type.plural(),
                request.subresource(),
                request.namespace(),
                request.name())));
    CostBudget budget = new CostBudget(CostBudget.MAX_OF_CONDITIONS);
    List<String> failures = new ArrayList<>();
    for (Condition condition : compiled()) {
      try {
        if (!Boolean.TRUE.equals(condition.expression().evaluate(variables, budget))) {
          return false;
        }
      } catch (EvaluationException e) {
        failures.add("expression '" + condition.text() + "' resulted in error: " + e.getMessage());
      }
    }
    if (!failures.isEmpty()) {
      throw new EvaluationFailure(
          failures.size() == 1 ? failures.getFirst() : "[" + String.join(", ", failures) + "]");
    }
    return true;
  }

  /** Conditions of which nobody can say whether they hold. */
  static final class EvaluationFailure extends Exception {
    @Serial private static final long serialVersionUID = 1L;

    EvaluationFailure(String message) {
      super(message);
    }

    /** Never null. */
    @Override
    public String getMessage() {
      return String.valueOf(super.getMessage());
    }
  }
}
