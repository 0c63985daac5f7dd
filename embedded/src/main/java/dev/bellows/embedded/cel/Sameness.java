package dev.bellows.embedded.cel;

import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelStandardFunctions;
import dev.cel.runtime.CelStandardFunctions.StandardFunction;
import dev.cel.runtime.RuntimeEquality;
import dev.cel.runtime.RuntimeHelpers;
import dev.cel.runtime.standard.AddOperator.AddOverload;
import dev.cel.runtime.standard.InOperator.InOverload;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The operators to which it matters of which type a list is: {@code ==}, {@code in}, {@code +}. */
final class Sameness {
  private static final RuntimeEquality LIBRARY =
      RuntimeEquality.create(RuntimeHelpers.create(), Language.OPTIONS);

  private Sameness() {}

  /** The library's functions, but these. */
  static CelStandardFunctions others() {
    return CelStandardFunctions.newBuilder()
        .filterFunctions((function, overload) ->
            function != StandardFunction.EQUALS
                && function != StandardFunction.NOT_EQUALS
                && !overload.equals(AddOverload.ADD_LIST)
                && !overload.equals(InOverload.IN_LIST))
        .build();
  }

  static List<CelFunctionBinding> bindings() {
    return List.of(
        CelFunctionBinding.from("equals", Object.class, Object.class, Sameness::same),
        CelFunctionBinding.from("not_equals", Object.class, Object.class, (a, b) -> !same(a, b)),
        CelFunctionBinding.from("in_list", Object.class, List.class, Sameness::isIn),
        CelFunctionBinding.from("add_list", List.class, List.class, Sameness::sum));
  }

  private static boolean isIn(Object value, List<?> list) {
    for (Object each : list) {
      if (same(value, each)) {
        return true;
      }
    }
    return false;
  }

  private static List<?> sum(List<?> a, List<?> b) {
    if (a instanceof AssociativeList merged) {
      return merged.plus(b);
    }
    if (a.isEmpty()) {
      return b;
    }
    List<Object> both = new ArrayList<>(a.size() + b.size());
    both.addAll(a);
    both.addAll(b);
    return both;
  }

  /** Whether two values are the same; of lists in them, the first's say how. */
  static boolean same(Object a, Object b) {
    if (a instanceof AssociativeList merged && b instanceof List<?> list) {
      return merged.isSame(list);
    }
    if (a instanceof List<?> left && b instanceof List<?> right) {
      return left.size() == right.size() && areSame(left.iterator(), right.iterator());
    }
    if (a instanceof Map<?, ?> left && b instanceof Map<?, ?> right) {
      return left.size() == right.size() && areSame(left, right);
    }
    return LIBRARY.objectEquals(a, b);
  }

  private static boolean areSame(Iterator<?> a, Iterator<?> b) {
    while (a.hasNext()) {
      if (!same(a.next(), b.next())) {
        return false;
      }
    }
    return true;
  }

  private static boolean areSame(Map<?, ?> a, Map<?, ?> b) {
    for (Map.Entry<?, ?> entry : a.entrySet()) {
      Optional<Object> other = LIBRARY.findInMap(b, entry.getKey());
      if (other.isEmpty() || !same(entry.getValue(), other.get())) {
        return false;
      }
    }
    return true;
  }
}
