package dev.bellows.embedded.cel;

import dev.cel.common.ast.CelExpr;
import dev.cel.common.values.CelByteString;
import dev.cel.runtime.CelEvaluationListener;
import java.io.Serial;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Counts what one evaluation costs, and ends it when that is too much. */
final class CostMeter implements CelEvaluationListener {
  private static final int LIST = 10;
  private static final int MAP = 30;
  private static final int STRUCT = 40;

  /** Characters, or elements, for a unit. */
  private static final int PER_UNIT = 10;

  /**
   * Elements that are gone through for a unit. The library goes through the lists and maps of a
   * value, and those within them, each time it takes the value up, and through a whole variable for
   * each of its fields; Kubernetes' costs do not tell of that.
   */
  private static final int WALKED_PER_UNIT = 100;

  /**
   * As measured where a loop makes a list: it takes up what there is already, and what it makes.
   */
  private static final int WALKS_OF_A_CALL = 10;

  /** Ends an evaluation: no expression can go on after it, as it could after an exception. */
  static final class Spent extends Error {
    @Serial private static final long serialVersionUID = 1L;

    Spent() {
      super("cost limit", null, false, false);
    }
  }

  private final long limit;
  private final Map<Long, Integer> sizes = new HashMap<>();
  private final Map<String, Long> variables = new HashMap<>();
  private long taken;
  private long walked;

  /**
   * @param variables those of the evaluation
   */
  CostMeter(long limit, Map<String, ?> variables) {
    this.limit = limit;
    variables.forEach((name, value) -> this.variables.put(name, elements(value)));
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
    taken +=
        walk(
            expression.getKind() == CelExpr.ExprKind.Kind.CALL
                ? WALKS_OF_A_CALL * elements(value)
                : elements(value) + variables.getOrDefault(variable(expression), 0L));
    if (taken > limit) {
      throw new Spent();
    }
  }

  /** The units that are full by that. */
  private long walk(long elements) {
    long before = walked / WALKED_PER_UNIT;
    walked += elements;
    return walked / WALKED_PER_UNIT - before;
  }

  /** Whose field it is; empty for what is no field and no variable. */
  private static String variable(CelExpr expression) {
    CelExpr operand = expression;
    while (operand.getKind() == CelExpr.ExprKind.Kind.SELECT) {
      operand = operand.select().operand();
    }
    return operand.getKind() == CelExpr.ExprKind.Kind.IDENT ? operand.ident().name() : "";
  }

  /** How many elements a value has, with all that these have. */
  private static long elements(Object value) {
    Collection<?> parts =
        switch (value) {
          case Collection<?> list -> list;
          case Map<?, ?> map -> map.values();
          default -> List.of();
        };
    long count = parts.size();
    for (Object part : parts) {
      if (part instanceof Collection || part instanceof Map) {
        count += elements(part);
      }
    }
    return count;
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
