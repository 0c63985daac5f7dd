package dev.bellows.embedded.cel;

import dev.cel.common.ast.CelExpr;
import dev.cel.common.values.CelByteString;
import dev.cel.runtime.CelEvaluationListener;
import java.io.Serial;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** Counts what one evaluation costs, and ends it when that is too much. */
final class CostMeter implements CelEvaluationListener {
  private static final int LIST = 10;
  private static final int MAP = 30;
  private static final int STRUCT = 40;

  /** Characters, or elements, for a unit. */
  private static final int PER_UNIT = 10;

  /** Ends an evaluation: no expression can go on after it, as it could after an exception. */
  static final class Spent extends Error {
    @Serial private static final long serialVersionUID = 1L;

    Spent() {
      super("cost limit", null, false, false);
    }
  }

  private final long limit;
  private final Map<Long, Integer> sizes = new HashMap<>();
  private long taken;

  CostMeter(long limit) {
    this.limit = limit;
  }

  long taken() {
    return taken;
  }

  boolean isSpent() {
    return taken > limit;
  }

  @Override
  public void callback(CelExpr expression, Object value) {
    int size = size(value);
    if (size >= PER_UNIT || sizes.containsKey(expression.id())) {
      sizes.put(expression.id(), size);
    }
    taken += cost(expression, size);
    if (taken > limit) {
      throw new Spent();
    }
  }

  private long cost(CelExpr expression, int size) {
    return switch (expression.getKind()) {
      case NOT_SET, CONSTANT, COMPREHENSION -> 0;
      case IDENT -> 1;
      case SELECT -> depth(expression);
      case LIST -> LIST;
      case MAP -> MAP;
      case STRUCT -> STRUCT;
      case CALL -> {
        long looked = size / PER_UNIT;
        for (CelExpr argument : expression.call().args()) {
          looked += sizes.getOrDefault(argument.id(), 0) / PER_UNIT;
        }
        if (expression.call().target().isPresent()) {
          looked += sizes.getOrDefault(expression.call().target().get().id(), 0) / PER_UNIT;
        }
        yield 1 + looked;
      }
    };
  }

  /** A chain of fields is told of once. */
  private static int depth(CelExpr expression) {
    int depth = 1;
    CelExpr operand = expression.select().operand();
    while (operand.getKind() == CelExpr.ExprKind.Kind.SELECT) {
      operand = operand.select().operand();
      depth++;
    }
    return operand.getKind() == CelExpr.ExprKind.Kind.IDENT ? depth + 1 : depth;
  }

  private static int size(Object value) {
    return switch (value) {
      case String text -> text.length();
      case Collection<?> list -> list.size();
      case CelByteString bytes -> bytes.size();
      default -> 0; // a number, a struct, …: looked at as a whole
    };
  }
}
