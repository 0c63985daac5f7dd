package dev.bellows.api.quantity;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An amount of a resource: {@code 100m}, {@code 1.5Gi}, {@code 2e3}.
 *
 * <p>The client's {@code Quantity} keeps whatever text it is given; this class refuses what
 * Kubernetes refuses and prints the one form that the API server stores, so that two ways to write
 * an amount do not look like a change.
 *
 * @param value the amount; at most nine decimals, at most 2^63 - 1
 * @param notation how it was written, and is printed where that is possible
 */
public record ResourceAmount(BigDecimal value, Notation notation)
    implements Comparable<ResourceAmount> {
  /** The family of suffixes. */
  public enum Notation {
    /** Powers of 1024: Ki, Mi, Gi, … */
    BINARY,
    /** Powers of 1000: n, u, m, k, M, G, … */
    DECIMAL,
    /** Powers of 10: e3, E6, … */
    EXPONENT
  }

  private static final Pattern FORM =
      Pattern.compile(
          "([+-]?)([0-9]+\\.?[0-9]*|\\.[0-9]+)(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?[0-9]+))?");
  private static final List<String> BINARY_SUFFIXES =
      List.of("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei");
  private static final String DECIMAL_SUFFIXES = "num kMGTPE";
  private static final int SMALLEST_EXPONENT = -9;
  private static final int LARGEST_EXPONENT = 18;

  // An exponent of more digits than this is no amount of anything; it also bounds the arithmetic.
  private static final int LONGEST_EXPONENT_DIGITS = 4;
  private static final BigDecimal LARGEST = BigDecimal.valueOf(Long.MAX_VALUE);
  private static final BigInteger KIBI = BigInteger.valueOf(1024);

  /** Reads an amount; empty if Kubernetes would refuse the text. */
  public static Optional<ResourceAmount> parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      return Optional.empty();
    }
    BigDecimal number = new BigDecimal(padded(form.group(2)));
    Notation notation = Notation.DECIMAL;
    if (form.group(3) != null) {
      notation = Notation.BINARY;
      int power = BINARY_SUFFIXES.indexOf(form.group(3));
      number = number.multiply(new BigDecimal(KIBI.pow(power)));
    } else if (form.group(4) != null) {
      number = number.scaleByPowerOfTen(3 * DECIMAL_SUFFIXES.indexOf(form.group(4)) - 9);
    } else if (form.group(5) != null) {
      if (form.group(5).length() > LONGEST_EXPONENT_DIGITS) {
        return Optional.empty();
      }
      notation = Notation.EXPONENT;
      number = number.scaleByPowerOfTen(Integer.parseInt(form.group(5)));
    }
    // What is too fine is rounded away from zero: who asks for a little gets some.
    number = number.setScale(Math.min(number.scale(), -SMALLEST_EXPONENT), RoundingMode.UP);
    number = number.min(LARGEST);
    if (form.group(1).equals("-")) {
      number = number.negate();
    }
    return Optional.of(new ResourceAmount(number, notation));
  }

  private static String padded(String digits) {
    return (digits.startsWith(".") ? "0" : "") + digits + (digits.endsWith(".") ? "0" : "");
  }

  /** Whether it is less than nothing. */
  public boolean isNegative() {
    return value.signum() < 0;
  }

  @Override
  public int compareTo(ResourceAmount other) {
    return value.compareTo(other.value);
  }

  /** The form that Kubernetes stores: no fraction, the largest suffix that allows that. */
  @Override
  public String toString() {
    if (value.signum() == 0) {
      return "0";
    }
    BigDecimal plain = value.stripTrailingZeros();
    boolean whole = plain.scale() <= 0;
    boolean large = value.abs().compareTo(new BigDecimal(KIBI)) >= 0;
    if (notation == Notation.BINARY && whole && large) {
      return binary(plain.toBigIntegerExact());
    }
    int exponent = Math.floorDiv(-plain.scale(), 3) * 3;
    exponent = Math.clamp(exponent, SMALLEST_EXPONENT, LARGEST_EXPONENT);
    String number = value.scaleByPowerOfTen(-exponent).toBigIntegerExact().toString();
    if (notation == Notation.EXPONENT) {
      return exponent == 0 ? number : number + "e" + exponent;
    }
    return (number + DECIMAL_SUFFIXES.charAt((exponent - SMALLEST_EXPONENT) / 3)).strip();
  }

  private static String binary(BigInteger number) {
    int power = 0;
    BigInteger rest = number;
    while (power < BINARY_SUFFIXES.size() - 1 && rest.mod(KIBI).signum() == 0) {
      rest = rest.divide(KIBI);
      power++;
    }
    return rest + BINARY_SUFFIXES.get(power);
  }
}
