package dev.bellows.dataplane.requestlog;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The functions of text/template that need nothing but their arguments. */
final class Functions {
  private static final Set<String> NAMES =
      Set.of(
          "and",
          "or",
          "not",
          "eq",
          "ne",
          "lt",
          "le",
          "gt",
          "ge",
          "len",
          "index",
          "print",
          "printf",
          "println",
          "js",
          "html",
          "urlquery");

  private static final Pattern VERB = Pattern.compile("%([-+# 0]*\\d*(?:\\.\\d+)?)([a-zA-Z%])");

  private Functions() {}

  static boolean exist(String name) {
    return NAMES.contains(name);
  }

  static Object call(String name, List<Object> arguments) {
    try {
      return switch (name) {
        case "and" ->
            arguments.stream().filter(each -> !truth(each)).findFirst().orElse(arguments.getLast());
        case "or" ->
            arguments.stream().filter(Functions::truth).findFirst().orElse(arguments.getLast());
        case "not" -> !truth(arguments.getFirst());
        case "eq" -> {
          Object first = arguments.getFirst();
          yield arguments.stream().skip(1).anyMatch(each -> compare(first, each) == 0);
        }
        case "ne" -> compare(arguments.get(0), arguments.get(1)) != 0;
        case "lt" -> compare(arguments.get(0), arguments.get(1)) < 0;
        case "le" -> compare(arguments.get(0), arguments.get(1)) <= 0;
        case "gt" -> compare(arguments.get(0), arguments.get(1)) > 0;
        case "ge" -> compare(arguments.get(0), arguments.get(1)) >= 0;
        case "len" -> length(arguments.getFirst());
        case "index" -> index(arguments);
        case "print" -> joined(arguments, "");
        case "println" -> joined(arguments, " ") + "\n";
        case "printf" -> printf(GoText.of(arguments.getFirst()), arguments);
        case "js" -> GoText.js(joined(arguments, ""));
        case "html" -> GoText.html(joined(arguments, ""));
        case "urlquery" -> GoText.urlquery(joined(arguments, ""));
        default -> throw new TemplateException("function \"" + name + "\" not defined");
      };
    } catch (IndexOutOfBoundsException | java.util.NoSuchElementException e) {
      throw new TemplateException("wrong number of args for " + name);
    }
  }

  /** What {@code if} takes for true. */
  static boolean truth(Object value) {
    return switch (value) {
      case Boolean flag -> flag;
      case String text -> !text.isEmpty();
      case Long number -> number != 0;
      case Double number -> number != 0;
      case List<?> list -> !list.isEmpty();
      case Map<?, ?> map -> !map.isEmpty();
      default -> true;
    };
  }

  private static int compare(Object left, Object right) {
    if (left instanceof Number one && right instanceof Number other) {
      return Double.compare(one.doubleValue(), other.doubleValue());
    }
    if (left instanceof String one && right instanceof String other) {
      return one.compareTo(other);
    }
    if (left instanceof Boolean one && right instanceof Boolean other) {
      return Boolean.compare(one, other);
    }
    throw new TemplateException("incompatible types for comparison");
  }

  private static long length(Object value) {
    return switch (value) {
      case String text -> text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
      case List<?> list -> list.size();
      case Map<?, ?> map -> map.size();
      default -> throw new TemplateException("len of " + GoText.of(value));
    };
  }

  private static Object index(List<Object> arguments) {
    Object value = arguments.getFirst();
    for (Object at : arguments.subList(1, arguments.size())) {
      value =
          switch (value) {
            case Map<?, ?> map -> {
              Object found = map.get(at);
              yield found == null ? List.of() : found;
            }
            case List<?> list when at instanceof Long n && n >= 0 && n < list.size() ->
                list.get(n.intValue());
            default -> throw new TemplateException("error calling index: out of range: " + at);
          };
    }
    return value;
  }

  private static String joined(List<Object> values, String separator) {
    return values.stream().map(GoText::of).collect(Collectors.joining(separator));
  }

  private static String printf(String format, List<Object> arguments) {
    Matcher verbs = VERB.matcher(format);
    StringBuilder text = new StringBuilder();
    int next = 1;
    while (verbs.find()) {
      String verb = verbs.group(2);
      if (verb.equals("%")) {
        verbs.appendReplacement(text, "%");
        continue;
      }
      String printed =
          next < arguments.size()
              ? verb(verbs.group(1), verb, arguments.get(next))
              : "%!" + verb + "(MISSING)";
      next++;
      verbs.appendReplacement(text, Matcher.quoteReplacement(printed));
    }
    return verbs.appendTail(text).toString();
  }

  private static String verb(String flags, String verb, Object value) {
    boolean number = value instanceof Long && Arrays.asList("d", "x", "X").contains(verb);
    boolean fraction = value instanceof Double && Arrays.asList("f", "e").contains(verb);
    if (number || fraction) {
      return String.format(Locale.ROOT, "%" + flags + verb, value);
    }
    return switch (verb) {
      case "s", "v" -> String.format(Locale.ROOT, "%" + flags + "s", GoText.of(value));
      case "q" -> GoText.quoted(GoText.of(value));
      case "t" -> GoText.of(value);
      default -> "%!" + verb + "(" + GoText.of(value) + ")";
    };
  }
}
