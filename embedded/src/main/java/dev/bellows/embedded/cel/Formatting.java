package dev.bellows.embedded.cel;

import com.google.common.primitives.UnsignedLong;
import dev.cel.common.values.CelByteString;
import dev.cel.common.values.NullValue;
import dev.cel.runtime.CelEvaluationException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;

/** {@code '%s'.format([…])}: the clauses s, d, f, e, x, X, o and b. */
final class Formatting {
  private static final int DEFAULT_PRECISION = 6;
  private static final int MAX_PRECISION = 100;

  private Formatting() {}

  static String format(String template, List<?> arguments) throws CelEvaluationException {
    StringBuilder made = new StringBuilder();
    int next = 0;
    int i = 0;
    while (i < template.length()) {
      char c = template.charAt(i++);
      if (c != '%') {
        TextFunctions.append(made, String.valueOf(c));
        continue;
      }
      if (i < template.length() && template.charAt(i) == '%') {
        i++;
        TextFunctions.append(made, "%");
        continue;
      }
      int precision = DEFAULT_PRECISION;
      if (i < template.length() && template.charAt(i) == '.') {
        int from = ++i;
        while (i < template.length() && Character.isDigit(template.charAt(i))) {
          i++;
        }
        precision = precision(template.substring(from, i));
      }
      if (i >= template.length()) {
        throw Functions.failure("unexpected end of string");
      }
      if (next >= arguments.size()) {
        throw Functions.failure("index " + next + " out of range");
      }
      TextFunctions.append(made, clause(template.charAt(i++), precision, arguments.get(next++)));
    }
    return made.toString();
  }

  private static int precision(String digits) throws CelEvaluationException {
    int precision = digits.length() > 3 || digits.isEmpty() ? -1 : Integer.parseInt(digits);
    if (precision < 0 || precision > MAX_PRECISION) {
      throw Functions.failure("unable to read precision: " + digits);
    }
    return precision;
  }

  private static String clause(char clause, int precision, Object value)
      throws CelEvaluationException {
    return switch (clause) {
      case 's' -> text(value);
      case 'd' -> decimal(value);
      case 'f' -> fixed(value, precision, 'f');
      case 'e' -> fixed(value, precision, 'e');
      case 'b' ->
          value instanceof Boolean truth ? (truth ? "1" : "0") : whole("b", value).toString(2);
      case 'o' -> whole("o", value).toString(8);
      case 'x' -> hex(value);
      case 'X' -> hex(value).toUpperCase(Locale.ROOT);
      default -> throw Functions.failure("unrecognized formatting clause \"" + clause + "\"");
    };
  }

  private static BigInteger whole(String clause, Object value) throws CelEvaluationException {
    return switch (value) {
      case Long number -> BigInteger.valueOf(number);
      case UnsignedLong number -> number.bigIntegerValue();
      default ->
          throw Functions.failure(
              "error during formatting: \"%" + clause + "\" takes integers alone");
    };
  }

  private static String decimal(Object value) throws CelEvaluationException {
    return value instanceof Double number && (number.isNaN() || number.isInfinite())
        ? plain(number)
        : whole("d", value).toString();
  }

  private static String fixed(Object value, int precision, char clause)
      throws CelEvaluationException {
    double number =
        switch (value) {
          case Double given -> given;
          case Long given -> given.doubleValue();
          case UnsignedLong given -> given.doubleValue();
          default ->
              throw Functions.failure(
                  "error during formatting: \"%" + clause + "\" takes numbers alone");
        };
    return Double.isNaN(number) || Double.isInfinite(number)
        ? plain(number)
        : String.format(Locale.ROOT, "%." + precision + clause, number);
  }

  private static String hex(Object value) throws CelEvaluationException {
    return switch (value) {
      case String text -> HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
      case CelByteString bytes -> HexFormat.of().formatHex(bytes.toByteArray());
      default -> whole("x", value).toString(16);
    };
  }

  private static String plain(double number) {
    if (Double.isNaN(number)) {
      return "NaN";
    }
    if (Double.isInfinite(number)) {
      return number > 0 ? "Infinity" : "-Infinity";
    }
    return new BigDecimal(Double.toString(number)).stripTrailingZeros().toPlainString();
  }

  private static String text(Object value) throws CelEvaluationException {
    return switch (value) {
      case String text -> text;
      case Boolean truth -> truth.toString();
      case Long number -> number.toString();
      case UnsignedLong number -> number.toString();
      case Double number -> plain(number);
      case CelByteString bytes -> bytes.toStringUtf8();
      case Instant time -> time.toString();
      case Duration span -> seconds(span);
      case NullValue none -> "null";
      case List<?> list -> {
        StringJoiner joined = new StringJoiner(", ", "[", "]");
        for (Object each : list) {
          joined.add(text(each));
        }
        yield joined.toString();
      }
      case Map<?, ?> map -> {
        Map<String, String> sorted = new TreeMap<>();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          sorted.put(text(entry.getKey()), text(entry.getValue()));
        }
        List<String> parts = new ArrayList<>();
        sorted.forEach((key, each) -> parts.add(key + ": " + each));
        yield "{" + String.join(", ", parts) + "}";
      }
      default -> throw Functions.failure("error during formatting: no text of this type");
    };
  }

  private static String seconds(Duration span) {
    BigDecimal seconds =
        BigDecimal.valueOf(span.getSeconds()).add(BigDecimal.valueOf(span.getNano(), 9));
    return seconds.signum() == 0 ? "0s" : seconds.stripTrailingZeros().toPlainString() + "s";
  }
}
