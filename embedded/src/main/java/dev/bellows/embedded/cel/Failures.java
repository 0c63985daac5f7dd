package dev.bellows.embedded.cel;

import dev.cel.common.CelIssue;
import dev.cel.common.exceptions.CelAttributeNotFoundException;
import dev.cel.common.exceptions.CelBadFormatException;
import dev.cel.common.exceptions.CelDivideByZeroException;
import dev.cel.common.exceptions.CelIndexOutOfBoundsException;
import dev.cel.common.exceptions.CelNumericOverflowException;
import dev.cel.common.exceptions.CelOverloadNotFoundException;
import dev.cel.common.exceptions.CelRuntimeException;
import dev.cel.runtime.CelEvaluationException;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What goes wrong with expressions, in Kubernetes' words rather than in the library's. */
final class Failures {
  private static final Pattern CANDIDATES = Pattern.compile(" \\(candidates: .*\\)$");
  private static final Pattern KEY = Pattern.compile("^key '(.*)' is not present in map\\.$");
  private static final Pattern RANGE =
      Pattern.compile("[Ii]ndex out of range: (-?\\d+)", Pattern.CASE_INSENSITIVE);
  private static final Pattern PLACE = Pattern.compile("^evaluation error at <input>:(\\d{1,9}): ");
  private static final Map<String, String> TYPES =
      Map.of("timestamp", "google.protobuf.Timestamp", "duration", "google.protobuf.Duration");
  private static final Pattern INDEX = Pattern.compile("(-?\\d+)$");

  private Failures() {}

  /** Of compiling. */
  static String issue(CelIssue issue, String prefix) {
    String message = issue.getMessage();
    if (message.startsWith("For input string: ")) {
      return "invalid int literal";
    }
    if (message.startsWith("Regex validation failed")) {
      return "invalid matches argument";
    }
    String plain = CANDIDATES.matcher(message).replaceFirst("");
    boolean ofGrammar =
        plain.startsWith("mismatched ")
            || plain.startsWith("missing ")
            || plain.startsWith("extraneous ")
            || plain.startsWith("no viable ")
            || plain.startsWith("token recognition ");
    return ofGrammar ? prefix + plain : plain;
  }

  /**
   * Of evaluating.
   *
   * @param expression what was evaluated
   */
  static String text(CelEvaluationException e, String expression) {
    Throwable cause = e;
    while (cause.getCause() != null && !(cause instanceof CelRuntimeException)) {
      cause = cause.getCause();
    }
    String message = String.valueOf(cause.getMessage());
    return switch (cause) {
      case CelAttributeNotFoundException none -> {
        Matcher key = KEY.matcher(message);
        yield "no such key: " + (key.matches() ? key.group(1) : message);
      }
      case CelIndexOutOfBoundsException none -> {
        Matcher index = INDEX.matcher(message);
        yield "index out of bounds: " + (index.find() ? index.group(1) : message);
      }
      case CelDivideByZeroException none ->
          calledAt(e, expression).equals("%") ? "modulus by zero" : "division by zero";
      case CelNumericOverflowException none -> "integer overflow";
      case CelBadFormatException none -> {
        String function = calledAt(e, expression);
        yield "type conversion error from 'string' to '"
            + TYPES.getOrDefault(function, function)
            + "'";
      }
      case CelOverloadNotFoundException none -> "no such overload";
      case NoSuchElementException none -> "optional.none() dereference";
      default -> {
        Matcher range = RANGE.matcher(message);
        yield range.find() ? "index out of range: " + range.group(1) : message;
      }
    };
  }

  /** The operator, or the function, at the place that a failure names. */
  private static String calledAt(CelEvaluationException e, String expression) {
    Matcher place = PLACE.matcher(String.valueOf(e.getMessage()));
    if (!place.find()) {
      return "";
    }
    int at = Integer.parseInt(place.group(1));
    if (at >= expression.codePointCount(0, expression.length())) {
      return "";
    }
    int end = expression.offsetByCodePoints(0, at);
    int start = end;
    while (start > 0 && Character.isJavaIdentifierPart(expression.charAt(start - 1))) {
      start--;
    }
    return expression.charAt(end) == '('
        ? expression.substring(start, end)
        : expression.substring(end, end + 1);
  }
}
