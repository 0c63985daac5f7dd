package dev.bellows.core.literal;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Map;

/**
 * Durations: {@code 1h2m3s}, {@code 300ms}, {@code 1.5h}; a bare {@code 0} is one, other numbers
 * without a unit are not. They are held in nanoseconds, so the longest is about 292 years.
 */
public final class DurationLiteral {
  private static final long MICROSECOND = 1_000;
  private static final long MILLISECOND = 1_000_000;
  private static final long SECOND = 1_000_000_000;
  private static final long MINUTE = 60 * SECOND;
  private static final long HOUR = 60 * MINUTE;

  /** Microseconds may be written with the micro sign and with the Greek letter. */
  private static final Map<String, Long> UNITS =
      Map.of(
          "ns", 1L,
          "us", MICROSECOND,
          "\u00b5s", MICROSECOND,
          "\u03bcs", MICROSECOND,
          "ms", MILLISECOND,
          "s", SECOND,
          "m", MINUTE,
          "h", HOUR);

  private static final BigInteger LONGEST = BigInteger.valueOf(Long.MAX_VALUE);
  private static final BigInteger LONGEST_NEGATIVE = BigInteger.ONE.shiftLeft(Long.SIZE - 1);

  private DurationLiteral() {}

  /**
   * Reads a duration. One that is too long for 64 bits of nanoseconds is as malformed as one
   * without a unit: Go does not tell them apart.
   */
  public static Literal<Duration> parse(String text) {
    boolean negative = text.startsWith("-");
    String unsigned = negative || text.startsWith("+") ? text.substring(1) : text;
    if (unsigned.equals("0")) {
      return new Literal.Value<>(Duration.ZERO);
    }
    if (unsigned.isEmpty()) {
      return new Literal.Malformed<>(text);
    }
    BigInteger nanos = BigInteger.ZERO;
    int at = 0;
    while (at < unsigned.length()) {
      int numberEnd = endOf(unsigned, at, true);
      int unitEnd = endOf(unsigned, numberEnd, false);
      String number = unsigned.substring(at, numberEnd);
      Long unit = UNITS.get(unsigned.substring(numberEnd, unitEnd));
      if (unit == null || !isNumber(number)) {
        return new Literal.Malformed<>(text);
      }
      // Whole nanoseconds only: what is finer is cut off, term by term.
      nanos =
          nanos.add(
              new BigDecimal(padded(number)).multiply(BigDecimal.valueOf(unit)).toBigInteger());
      if (nanos.compareTo(LONGEST_NEGATIVE) > 0) {
        return new Literal.Malformed<>(text);
      }
      at = unitEnd;
    }
    if (!negative && nanos.compareTo(LONGEST) > 0) {
      return new Literal.Malformed<>(text);
    }
    return new Literal.Value<>(Duration.ofNanos((negative ? nanos.negate() : nanos).longValue()));
  }

  /** Prints a duration as Go does: {@code 1h0m0s}, {@code 1m0.001s}, {@code 300ms}, {@code 0s}. */
  public static String print(Duration duration) {
    BigInteger nanos =
        BigInteger.valueOf(duration.getSeconds())
            .multiply(BigInteger.valueOf(SECOND))
            .add(BigInteger.valueOf(duration.getNano()));
    if (nanos.signum() == 0) {
      return "0s";
    }
    String sign = nanos.signum() < 0 ? "-" : "";
    BigInteger absolute = nanos.abs();
    if (absolute.compareTo(BigInteger.valueOf(SECOND)) < 0) {
      return sign + belowASecond(absolute.longValueExact());
    }
    BigInteger[] minutes = absolute.divideAndRemainder(BigInteger.valueOf(MINUTE));
    BigInteger[] hours = minutes[0].divideAndRemainder(BigInteger.valueOf(60));
    String seconds = in(minutes[1].longValueExact(), SECOND) + "s";
    if (minutes[0].signum() == 0) {
      return sign + seconds;
    }
    String withMinutes = hours[1] + "m" + seconds;
    return sign + (hours[0].signum() == 0 ? withMinutes : hours[0] + "h" + withMinutes);
  }

  private static String belowASecond(long nanos) {
    if (nanos < MICROSECOND) {
      return nanos + "ns";
    }
    return nanos < MILLISECOND ? in(nanos, MICROSECOND) + "\u00b5s" : in(nanos, MILLISECOND) + "ms";
  }

  private static String in(long nanos, long unit) {
    BigDecimal amount = BigDecimal.valueOf(nanos).divide(BigDecimal.valueOf(unit));
    return amount.signum() == 0 ? "0" : amount.stripTrailingZeros().toPlainString();
  }

  /** Where the run of number characters, or of the others, ends. */
  private static int endOf(String text, int from, boolean ofNumber) {
    int at = from;
    while (at < text.length() && belongsToNumber(text.charAt(at)) == ofNumber) {
      at++;
    }
    return at;
  }

  private static boolean belongsToNumber(char c) {
    return c == '.' || (c >= '0' && c <= '9');
  }

  private static boolean isNumber(String number) {
    int dot = number.indexOf('.');
    return dot < 0 ? !number.isEmpty() : number.length() > 1 && dot == number.lastIndexOf('.');
  }

  /** Java needs a digit on each side of the point. */
  private static String padded(String number) {
    return "0" + number + (number.endsWith(".") ? "0" : "");
  }
}
