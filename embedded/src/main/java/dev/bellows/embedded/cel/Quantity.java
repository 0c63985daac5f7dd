package dev.bellows.embedded.cel;

import dev.bellows.api.quantity.ResourceAmount;
import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelEvaluationException;
import java.math.BigDecimal;
import java.util.List;

/**
 * An amount of a resource. Two that are written differently are equal if they are as much.
 *
 * @param amount without trailing zeros
 */
record Quantity(BigDecimal amount) {
  private static final CelType TYPE = OpaqueType.create("kubernetes.Quantity");
  private static final List<CelType> TEXT = List.of(SimpleType.STRING);
  private static final List<CelType> ONE = List.of(TYPE);
  private static final List<CelType> TWO = List.of(TYPE, TYPE);
  private static final List<CelType> AND_INT = List.of(TYPE, SimpleType.INT);

  static Functions functions() {
    return new Functions()
        .global("quantity", TYPE, TEXT, a -> parse((String) a[0]))
        .global(
            "isQuantity",
            SimpleType.BOOL,
            TEXT,
            a -> ResourceAmount.parse((String) a[0]).isPresent())
        .member("isInteger", SimpleType.BOOL, ONE, a -> of(a[0]).isInteger())
        .member("asInteger", SimpleType.INT, ONE, a -> of(a[0]).asInteger())
        .member("asApproximateFloat", SimpleType.DOUBLE, ONE, a -> of(a[0]).amount.doubleValue())
        .global("sign", SimpleType.INT, ONE, a -> (long) of(a[0]).amount.signum())
        .member(
            "compareTo",
            SimpleType.INT,
            TWO,
            a -> (long) of(a[0]).amount.compareTo(of(a[1]).amount))
        .member(
            "isLessThan", SimpleType.BOOL, TWO, a -> of(a[0]).amount.compareTo(of(a[1]).amount) < 0)
        .member(
            "isGreaterThan",
            SimpleType.BOOL,
            TWO,
            a -> of(a[0]).amount.compareTo(of(a[1]).amount) > 0)
        .member("add", TYPE, TWO, a -> made(of(a[0]).amount.add(of(a[1]).amount)))
        .member("add", TYPE, AND_INT, a -> made(of(a[0]).amount.add(whole(a[1]))))
        .member("sub", TYPE, TWO, a -> made(of(a[0]).amount.subtract(of(a[1]).amount)))
        .member("sub", TYPE, AND_INT, a -> made(of(a[0]).amount.subtract(whole(a[1]))));
  }

  private static Quantity parse(String text) throws CelEvaluationException {
    return ResourceAmount.parse(text)
        .map(parsed -> made(parsed.value()))
        .orElseThrow(() ->
            Functions.failure(
                "quantities must match the regular expression"
                    + " '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"));
  }

  private static Quantity made(BigDecimal amount) {
    return new Quantity(amount.signum() == 0 ? BigDecimal.ZERO : amount.stripTrailingZeros());
  }

  private static Quantity of(Object value) {
    return (Quantity) value;
  }

  private static BigDecimal whole(Object value) {
    return BigDecimal.valueOf((Long) value);
  }

  private boolean isInteger() {
    return amount.scale() <= 0 && amount.toBigInteger().bitLength() < Long.SIZE;
  }

  private long asInteger() throws CelEvaluationException {
    if (!isInteger()) {
      throw Functions.failure("cannot convert value to integer");
    }
    return amount.longValueExact();
  }
}
