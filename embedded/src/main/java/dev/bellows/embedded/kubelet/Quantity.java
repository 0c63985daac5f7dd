package dev.bellows.embedded.kubelet;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;

/** Amounts as Kubernetes writes them: {@code 100m}, {@code 64Mi}, {@code 1e3}. */
final class Quantity {
  private static final Map<String, BigDecimal> UNITS =
      Map.ofEntries(
          Map.entry("n", new BigDecimal("1e-9")),
          Map.entry("u", new BigDecimal("1e-6")),
          Map.entry("m", new BigDecimal("1e-3")),
          Map.entry("k", new BigDecimal("1e3")),
          Map.entry("M", new BigDecimal("1e6")),
          Map.entry("G", new BigDecimal("1e9")),
          Map.entry("T", new BigDecimal("1e12")),
          Map.entry("Ki", BigDecimal.valueOf(1L << 10)),
          Map.entry("Mi", BigDecimal.valueOf(1L << 20)),
          Map.entry("Gi", BigDecimal.valueOf(1L << 30)),
          Map.entry("Ti", BigDecimal.valueOf(1L << 40)));

  private Quantity() {}

  /** How often the divisor goes into the amount, rounded up, as {@code resourceFieldRef} says. */
  static String wholeUnits(String amount, String divisor) {
    BigDecimal by = parse(divisor);
    return parse(amount)
        .divide(by.signum() == 0 ? BigDecimal.ONE : by, 0, RoundingMode.CEILING)
        .toPlainString();
  }

  /** An amount in its own unit, rounded up. */
  static long bytes(String amount) {
    return parse(amount).setScale(0, RoundingMode.CEILING).longValueExact();
  }

  /** An amount in thousandths, rounded up. */
  static long thousandths(String amount) {
    return parse(amount).movePointRight(3).setScale(0, RoundingMode.CEILING).longValueExact();
  }

  private static BigDecimal parse(String text) {
    for (int length = 2; length > 0; length--) {
      if (text.length() > length) {
        BigDecimal unit = UNITS.get(text.substring(text.length() - length));
        if (unit != null) {
          return new BigDecimal(text.substring(0, text.length() - length)).multiply(unit);
        }
      }
    }
    return new BigDecimal(text);
  }
}
