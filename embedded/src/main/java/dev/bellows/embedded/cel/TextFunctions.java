package dev.bellows.embedded.cel;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelEvaluationException;
import java.util.ArrayList;
import java.util.List;

/** Patterns; and what makes long texts of short ones, with a bound. */
final class TextFunctions {
  /** What one call may make, in characters. */
  static final int MAX_TEXT = 4 << 20;

  private TextFunctions() {}

  static Functions make() {
    return new Functions()
        .member(
            "find",
            SimpleType.STRING,
            List.of(SimpleType.STRING, SimpleType.STRING),
            a -> find((String) a[0], (String) a[1]))
        .member(
            "findAll",
            Functions.LIST_OF_TEXTS,
            List.of(SimpleType.STRING, SimpleType.STRING),
            a -> findAll((String) a[0], (String) a[1], -1))
        .member(
            "findAll",
            Functions.LIST_OF_TEXTS,
            List.of(SimpleType.STRING, SimpleType.STRING, SimpleType.INT),
            a -> findAll((String) a[0], (String) a[1], (Long) a[2]))
        .member(
            "join",
            SimpleType.STRING,
            List.of(Functions.LIST_OF_TEXTS),
            a -> join((List<?>) a[0], ""))
        .member(
            "join",
            SimpleType.STRING,
            List.of(Functions.LIST_OF_TEXTS, SimpleType.STRING),
            a -> join((List<?>) a[0], (String) a[1]))
        .member(
            "replace",
            SimpleType.STRING,
            List.of(SimpleType.STRING, SimpleType.STRING, SimpleType.STRING),
            a -> replace((String) a[0], (String) a[1], (String) a[2], -1))
        .member(
            "replace",
            SimpleType.STRING,
            List.of(SimpleType.STRING, SimpleType.STRING, SimpleType.STRING, SimpleType.INT),
            a -> replace((String) a[0], (String) a[1], (String) a[2], (Long) a[3]))
        .member(
            "format",
            SimpleType.STRING,
            List.of(SimpleType.STRING, ListType.create(SimpleType.DYN)),
            a -> Formatting.format((String) a[0], (List<?>) a[1]));
  }

  private static Pattern pattern(String pattern) throws CelEvaluationException {
    try {
      return Pattern.compile(pattern);
    } catch (PatternSyntaxException e) {
      throw Functions.failure("Illegal regex: " + e.getMessage());
    }
  }

  private static String find(String text, String pattern) throws CelEvaluationException {
    Matcher matcher = pattern(pattern).matcher(text);
    return matcher.find() ? matcher.group() : "";
  }

  private static List<String> findAll(String text, String pattern, long most)
      throws CelEvaluationException {
    Matcher matcher = pattern(pattern).matcher(text);
    List<String> found = new ArrayList<>();
    while ((most < 0 || found.size() < most) && matcher.find()) {
      found.add(matcher.group());
    }
    return found;
  }

  private static String join(List<?> texts, String separator) throws CelEvaluationException {
    StringBuilder joined = new StringBuilder();
    for (int i = 0; i < texts.size(); i++) {
      if (i > 0) {
        append(joined, separator);
      }
      append(joined, String.valueOf(texts.get(i)));
    }
    return joined.toString();
  }

  private static String replace(String text, String old, String with, long most)
      throws CelEvaluationException {
    StringBuilder made = new StringBuilder();
    long left = most < 0 ? Long.MAX_VALUE : most;
    int from = 0;
    int at = text.indexOf(old);
    while (at >= 0 && left > 0) {
      append(made, text.substring(from, at));
      append(made, with);
      left--;
      from = at + old.length();
      if (!old.isEmpty()) {
        at = text.indexOf(old, from);
      } else if (at < text.length()) {
        at = text.offsetByCodePoints(at, 1); // between any two characters is an empty text
      } else {
        at = -1;
      }
    }
    append(made, text.substring(from));
    return made.toString();
  }

  static void append(StringBuilder made, String part) throws CelEvaluationException {
    if (made.length() + part.length() > MAX_TEXT) {
      throw Functions.failure("text of more than " + MAX_TEXT + " characters");
    }
    made.append(part);
  }
}
