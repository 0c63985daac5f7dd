package dev.bellows.core.literal;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Pattern;

/** Numbers and booleans: reads what Go's strconv reads, and prints as Go's fmt does. */
public final class NumberLiteral {
  private static final Pattern INTEGER = Pattern.compile("[+-]?[0-9]+");
  private static final Pattern DECIMAL =
      Pattern.compile("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?");

  /** A hexadecimal mantissa must have a binary exponent. */
  private static final Pattern HEXADECIMAL =
      Pattern.compile("[+-]?0[xX]([0-9a-fA-F]+\\.?[0-9a-fA-F]*|\\.[0-9a-fA-F]+)[pP][+-]?[0-9]+");

  private static final Pattern INFINITY =
      Pattern.compile("[+-]?inf(inity)?", Pattern.CASE_INSENSITIVE);

  /** An underscore stands between two digits, or between a base prefix and a digit. */
  private static final Pattern MISPLACED_UNDERSCORE =
      Pattern.compile("(?<![0-9])_|_(?![0-9])", Pattern.CASE_INSENSITIVE);

  private static final Pattern MISPLACED_UNDERSCORE_IN_HEXADECIMAL =
      Pattern.compile("(?<![0-9a-fx])_|_(?![0-9a-f])", Pattern.CASE_INSENSITIVE);

  /** Below this decimal exponent a double is printed in scientific notation. */
  private static final int LEAST_PLAIN_EXPONENT = -4;

  /** From this decimal exponent on a double is printed in scientific notation: 1e+06. */
  private static final int FIRST_SCIENTIFIC_EXPONENT = 6;

  private static final int DECIMALS_OF_FIXED = 6;

  private NumberLiteral() {}

  /**
   * Reads a double: decimal, or hexadecimal with a binary exponent, underscores between digits,
   * {@code inf} and {@code nan} in any case; no spaces.
   */
  public static Literal<Double> parseDouble(String text) {
    if (text.equalsIgnoreCase("nan")) {
      return new Literal.Value<>(Double.NaN);
    }
    if (INFINITY.matcher(text).matches()) {
      return new Literal.Value<>(
          text.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
    }
    String digits = text.replace("_", "");
    boolean hexadecimal = HEXADECIMAL.matcher(digits).matches();
    Pattern misplaced = hexadecimal ? MISPLACED_UNDERSCORE_IN_HEXADECIMAL : MISPLACED_UNDERSCORE;
    if (!(hexadecimal || DECIMAL.matcher(digits).matches()) || misplaced.matcher(text).find()) {
      return new Literal.Malformed<>(text);
    }
    double value = Double.parseDouble(digits);
    return Double.isInfinite(value) ? new Literal.OutOfRange<>(text) : new Literal.Value<>(value);
  }

  /** Reads a 32-bit integer in base ten, with an optional sign. */
  public static Literal<Integer> parseInt(String text) {
    return switch (parseLong(text)) {
      case Literal.Value<Long>(Long value) when value == value.intValue() ->
          new Literal.Value<>(value.intValue());
      case Literal.Value<Long> _, Literal.OutOfRange<Long> _ -> new Literal.OutOfRange<>(text);
      case Literal.Malformed<Long> _ -> new Literal.Malformed<>(text);
    };
  }

  /** Reads a 64-bit integer in base ten, with an optional sign. */
  public static Literal<Long> parseLong(String text) {
    if (!INTEGER.matcher(text).matches()) {
      return new Literal.Malformed<>(text);
    }
    BigInteger value = new BigInteger(text);
    return value.bitLength() < Long.SIZE
        ? new Literal.Value<>(value.longValue())
        : new Literal.OutOfRange<>(text);
  }

  /** Reads a boolean, in one of Go's twelve spellings. */
  public static Literal<Boolean> parseBoolean(String text) {
    return switch (text) {
      case "1", "t", "T", "TRUE", "true", "True" -> new Literal.Value<>(true);
      case "0", "f", "F", "FALSE", "false", "False" -> new Literal.Value<>(false);
      default -> new Literal.Malformed<>(text);
    };
  }

  /** Prints a double with as many digits as it takes to read the same one back: Go's {@code %v}. */
  public static String print(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return notFinite(value);
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0" : "0";
    }
    BigDecimal shortest = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    int exponent = shortest.precision() - shortest.scale() - 1;
    if (exponent >= LEAST_PLAIN_EXPONENT && exponent < FIRST_SCIENTIFIC_EXPONENT) {
      return shortest.toPlainString();
    }
    String digits = shortest.unscaledValue().abs().toString();
    String fraction = digits.length() == 1 ? "" : "." + digits.substring(1);
    return (value < 0 ? "-" : "")
        + digits.charAt(0)
        + fraction
        + String.format(Locale.ROOT, "e%s%02d", exponent < 0 ? "-" : "+", Math.abs(exponent));
  }

  /** Prints a double with six decimals: Go's {@code %f}. */
  public static String printFixed(double value) {
    return Double.isNaN(value) || Double.isInfinite(value)
        ? notFinite(value)
        : new BigDecimal(value).setScale(DECIMALS_OF_FIXED, RoundingMode.HALF_EVEN).toPlainString();
  }

  private static String notFinite(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    return value > 0 ? "+Inf" : "-Inf";
  }
}
