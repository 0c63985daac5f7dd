package dev.bellows.dataplane.requestlog;

import java.math.BigDecimal;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Values as Go's fmt prints them, and texts as its text/template escapes them. */
final class GoText {
  /** Decimal exponents from which on Go's %v of a float has an exponent. */
  private static final int LARGE_EXPONENT = 21;

  private static final int SMALL_EXPONENT = -4;

  private GoText() {}

  /** As the verb %v prints it. */
  static String of(Object value) {
    return switch (value) {
      case Double number -> number(number);
      case List<?> list -> list.stream().map(GoText::of).collect(Collectors.joining(" ", "[", "]"));
      case Map<?, ?> map ->
          new TreeMap<>(map)
              .entrySet().stream()
                  .map(entry -> entry.getKey() + ":" + of(entry.getValue()))
                  .collect(Collectors.joining(" ", "map[", "]"));
      default -> value.toString();
    };
  }

  private static String number(double number) {
    if (Double.isNaN(number) || Double.isInfinite(number)) {
      return Double.isNaN(number) ? "NaN" : number > 0 ? "+Inf" : "-Inf";
    }
    if (number == 0) {
      return "0";
    }
    BigDecimal decimal = new BigDecimal(Double.toString(number)).stripTrailingZeros();
    int exponent = decimal.precision() - decimal.scale() - 1;
    if (exponent >= SMALL_EXPONENT && exponent < LARGE_EXPONENT) {
      return decimal.toPlainString();
    }
    String digits = decimal.unscaledValue().abs().toString();
    return (number < 0 ? "-" : "")
        + digits.charAt(0)
        + (digits.length() > 1 ? "." + digits.substring(1) : "")
        + String.format(Locale.ROOT, "e%s%02d", exponent < 0 ? "-" : "+", Math.abs(exponent));
  }

  /** As the function {@code js} escapes a text. */
  static String js(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(each -> {
          switch (each) {
            case '\\' -> escaped.append("\\\\");
            case '\'' -> escaped.append("\\'");
            case '"' -> escaped.append("\\\"");
            case '<', '>', '&', '=' -> escaped.append(String.format("\\u%04X", each));
            default -> {
              if (each < ' ' || !printable(each)) {
                for (char unit : Character.toChars(each)) {
                  escaped.append(String.format("\\u%04X", (int) unit));
                }
              } else {
                escaped.appendCodePoint(each);
              }
            }
          }
        });
    return escaped.toString();
  }

  private static boolean printable(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> codePoint == ' ' || Character.getType(codePoint) != Character.SPACE_SEPARATOR;
    };
  }

  /** As the function {@code html} escapes a text. */
  static String html(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&#34;")
        .replace("'", "&#39;")
        .replace("\0", "\uFFFD");
  }

  /** As the function {@code urlquery} escapes a text. */
  static String urlquery(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("*", "%2A").replace("%7E", "~");
  }

  /** As the verb %q prints a text. */
  static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    text.codePoints()
        .forEach(each -> {
          switch (each) {
            case '\\', '"' -> quoted.append('\\').appendCodePoint(each);
            case '\n' -> quoted.append("\\n");
            case '\r' -> quoted.append("\\r");
            case '\t' -> quoted.append("\\t");
            default -> {
              if (each < ' ' || each == 0x7f) {
                quoted.append(String.format("\\x%02x", each));
              } else {
                quoted.appendCodePoint(each);
              }
            }
          }
        });
    return quoted.append('"').toString();
  }
}
