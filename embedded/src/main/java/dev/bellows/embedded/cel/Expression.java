package dev.bellows.embedded.cel;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelReference;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import java.util.Map;

/** A compiled expression; any number of threads may evaluate it. */
public final class Expression {
  private final CelAbstractSyntaxTree ast;
  private final CelRuntime.Program program;

  Expression(CelAbstractSyntaxTree ast, CelRuntime.Program program) {
    this.ast = ast;
    this.program = program;
  }

  /** Whether its value is true or false, as far as types can tell. */
  public boolean isBoolean() {
    return is(SimpleType.BOOL);
  }

  /** Whether its value is a string, as far as types can tell. */
  public boolean isText() {
    return is(SimpleType.STRING);
  }

  /** The name of its values' type. */
  public String typeName() {
    return ast.getResultType().name();
  }

  private boolean is(CelType type) {
    return ast.getResultType().equals(type);
  }

  /** Whether it looks at a variable. */
  public boolean mentions(String variable) {
    for (CelReference reference : ast.getReferenceMap().values()) {
      if (reference.name().equals(variable)) {
        return true;
      }
    }
    return false;
  }

  /**
   * What one evaluation costs at most, as Kubernetes guesses it, where {@code self} is of a schema;
   * {@link Long#MAX_VALUE} if there is no telling.
   */
  public long estimate(JsonNode schema) {
    return CostEstimate.of(ast, schema);
  }

  /**
   * Its value for these variables.
   *
   * @param budget from which the evaluation is paid
   * @throws EvaluationException if it has none, or costs more than one evaluation may
   */
  public Object evaluate(Map<String, ?> variables, CostBudget budget) throws EvaluationException {
    CostMeter meter =
        new CostMeter(Math.min(CostBudget.MAX_OF_ONE, Math.max(0, budget.left())), variables);
    try {
      return program.trace(variables, meter);
    } catch (CelEvaluationException e) {
      if (meter.isSpent()) {
        throw EvaluationException.costLimit();
      }
      throw new EvaluationException(Failures.text(e, ast.getSource().getContent().toString()));
    } catch (CostMeter.Spent e) {
      throw EvaluationException.costLimit();
    } finally {
      budget.take(meter.taken());
    }
  }
}
