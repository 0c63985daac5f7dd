package dev.bellows.embedded.cel;

import com.google.common.primitives.UnsignedLong;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.values.CelByteString;
import dev.cel.runtime.CelEvaluationException;
import java.time.Duration;
import java.util.List;

/** Lists whose elements have an order: sorted or not, smallest, greatest, sum; places. */
final class ListFunctions {
  private static final List<CelType> ORDERED =
      List.of(
          SimpleType.INT,
          SimpleType.UINT,
          SimpleType.DOUBLE,
          SimpleType.BOOL,
          SimpleType.DURATION,
          SimpleType.TIMESTAMP,
          SimpleType.STRING,
          SimpleType.BYTES);

  private ListFunctions() {}

  static Functions make() {
    Functions functions = new Functions();
    for (CelType element : ORDERED) {
      List<CelType> list = List.of(ListType.create(element));
      functions
          .member("isSorted", SimpleType.BOOL, list, a -> isSorted((List<?>) a[0]))
          .member("min", element, list, a -> extreme("min", (List<?>) a[0], -1))
          .member("max", element, list, a -> extreme("max", (List<?>) a[0], 1));
    }
    return functions
        .member("sum", SimpleType.INT, of(SimpleType.INT), a -> integers((List<?>) a[0]))
        .member("sum", SimpleType.UINT, of(SimpleType.UINT), a -> naturals((List<?>) a[0]))
        .member("sum", SimpleType.DOUBLE, of(SimpleType.DOUBLE), a -> doubles((List<?>) a[0]))
        .member("sum", SimpleType.DURATION, of(SimpleType.DURATION), a -> spans((List<?>) a[0]))
        .member(
            "indexOf",
            SimpleType.INT,
            List.of(Functions.LIST_OF_T, Functions.T),
            a -> (long) ((List<?>) a[0]).indexOf(a[1]))
        .member(
            "lastIndexOf",
            SimpleType.INT,
            List.of(Functions.LIST_OF_T, Functions.T),
            a -> (long) ((List<?>) a[0]).lastIndexOf(a[1]));
  }

  private static List<CelType> of(CelType element) {
    return List.of(ListType.create(element));
  }

  private static boolean isSorted(List<?> list) throws CelEvaluationException {
    for (int i = 1; i < list.size(); i++) {
      if (compare(list.get(i - 1), list.get(i)) > 0) {
        return false;
      }
    }
    return true;
  }

  private static Object extreme(String name, List<?> list, int sign) throws CelEvaluationException {
    if (list.isEmpty()) {
      throw Functions.failure(name + " called on empty list");
    }
    Object found = list.getFirst();
    for (Object each : list) {
      if (compare(each, found) * sign > 0) {
        found = each;
      }
    }
    return found;
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // both are of one class, which is checked
  private static int compare(Object a, Object b) throws CelEvaluationException {
    if (a instanceof CelByteString left && b instanceof CelByteString right) {
      return CelByteString.unsignedLexicographicalComparator().compare(left, right);
    }
    if (a instanceof Comparable left && b.getClass() == a.getClass()) {
      return Integer.signum(left.compareTo(b));
    }
    throw Functions.failure("no such overload");
  }

  private static long integers(List<?> list) throws CelEvaluationException {
    long sum = 0;
    try {
      for (Object each : list) {
        sum = Math.addExact(sum, ((Number) each).longValue());
      }
    } catch (ArithmeticException e) {
      throw Functions.failure("integer overflow");
    }
    return sum;
  }

  private static UnsignedLong naturals(List<?> list) throws CelEvaluationException {
    UnsignedLong sum = UnsignedLong.ZERO;
    for (Object each : list) {
      UnsignedLong next = sum.plus((UnsignedLong) each);
      if (next.compareTo(sum) < 0) {
        throw Functions.failure("unsigned integer overflow");
      }
      sum = next;
    }
    return sum;
  }

  private static double doubles(List<?> list) {
    double sum = 0;
    for (Object each : list) {
      sum += ((Number) each).doubleValue();
    }
    return sum;
  }

  private static Duration spans(List<?> list) throws CelEvaluationException {
    Duration sum = Duration.ZERO;
    try {
      for (Object each : list) {
        sum = sum.plus((Duration) each);
      }
    } catch (ArithmeticException e) {
      throw Functions.failure("integer overflow");
    }
    return sum;
  }
}
