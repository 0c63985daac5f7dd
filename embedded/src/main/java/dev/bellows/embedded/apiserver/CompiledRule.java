package dev.bellows.embedded.apiserver;

import dev.bellows.embedded.cel.CompilationException;
import dev.bellows.embedded.cel.CostBudget;
import dev.bellows.embedded.cel.EvaluationException;
import dev.bellows.embedded.cel.Expression;
import dev.bellows.embedded.cel.Language;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A rule whose expressions are known to be some.
 *
 * @param blamed what is added to the value's place to name the one to blame
 */
record CompiledRule(
    ValidationRule rule, Expression expression, Optional<Expression> saying, String blamed) {
  /** Of what an expression says, in characters. */
  private static final int MAX_MESSAGE = 5 * 1024;

  /** Compiles a rule; adds to the causes why it cannot. */
  static Optional<CompiledRule> of(
      ValidationRule rule, Language language, String blamed, String path, List<Cause> causes) {
    Optional<Expression> expression = Optional.empty();
    try {
      Expression compiled = language.compile(rule.rule());
      if (compiled.isBoolean()) {
        expression = Optional.of(compiled);
      } else {
        causes.add(rule.invalid(path + ".rule", "cel expression must evaluate to a bool"));
      }
    } catch (CompilationException e) {
      causes.add(rule.invalid(path + ".rule", e.getMessage()));
    }
    Optional<Expression> saying = Optional.empty();
    if (!rule.messageExpression().isBlank()) {
      String place = path + ".messageExpression";
      try {
        Expression compiled = language.compile(rule.messageExpression());
        if (compiled.isText()) {
          saying = Optional.of(compiled);
        } else {
          causes.add(rule.invalid(place, "messageExpression must evaluate to a string"));
        }
      } catch (CompilationException e) {
        causes.add(rule.invalid(place, "messageExpression " + e.getMessage()));
      }
    }
    Optional<Expression> said = saying;
    return expression.map(found -> new CompiledRule(rule, found, said, blamed));
  }

  /** Whether it is about a change, and so has nothing to say of what is new. */
  boolean looksBack() {
    return expression.mentions("oldSelf");
  }

  /**
   * What is wrong with a value; empty if it keeps the rule.
   *
   * @param kind of the value, as the schema says
   * @throws EvaluationException if that cost too much to find out
   */
  Optional<Cause> judge(Map<String, ?> variables, String path, String kind, CostBudget budget)
      throws EvaluationException {
    try {
      if (Boolean.TRUE.equals(expression.evaluate(variables, budget))) {
        return Optional.empty();
      }
    } catch (EvaluationException e) {
      if (e.isTooCostly()) {
        throw e;
      }
      return Optional.of(
          Cause.invalid(
              ValidationRules.shown(path),
              kind,
              e.getMessage() + " evaluating rule: " + rule.name()));
    }
    String detail = saying(variables, budget);
    String place = ValidationRules.shown((path + blamed).replaceFirst("^\\.", ""));
    return Optional.of(
        switch (rule.reason()) {
          case "FieldValueRequired" -> Cause.required(place, detail);
          case "FieldValueForbidden" -> Cause.forbidden(place, detail);
          case "FieldValueDuplicate" ->
              new Cause("FieldValueDuplicate", place, "Duplicate value: \"" + kind + "\"");
          default -> Cause.invalid(place, kind, detail);
        });
  }

  /** What its expression says; what the rule says itself, if that is nothing that one can say. */
  private String saying(Map<String, ?> variables, CostBudget budget) {
    if (saying.isPresent()) {
      try {
        String said = String.valueOf(saying.get().evaluate(variables, budget)).strip();
        if (!said.isEmpty() && said.length() <= MAX_MESSAGE && said.indexOf('\n') < 0) {
          return said;
        }
      } catch (EvaluationException e) {
        // A message that cannot be made is no reason to say nothing.
      }
    }
    return rule.saying();
  }
}
