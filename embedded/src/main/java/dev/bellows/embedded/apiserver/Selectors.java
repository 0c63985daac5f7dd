package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads label and field selectors. */
final class Selectors {
  private static final Pattern LABEL_TERM =
      Pattern.compile(
          "\\s*(?:(?<absent>!)\\s*)?(?<key>[A-Za-z0-9][-A-Za-z0-9_./]*)\\s*"
              + "(?:(?<op>==|=|!=|>|<)\\s*(?<value>[-A-Za-z0-9_.]*)"
              + "|(?<set>\\bin\\b|\\bnotin\\b)\\s*\\((?<values>[^()]*)\\))?\\s*");

  private Selectors() {}

  /**
   * A test of an object's labels.
   *
   * @throws ApiException 400 if the text is no selector
   */
  static Predicate<JsonNode> labels(String text) {
    List<Predicate<JsonNode>> wanted = new ArrayList<>();
    for (String term : terms(text)) {
      wanted.add(label(text, term));
    }
    return object -> all(wanted, object.path("metadata").path("labels"));
  }

  /** Not one chained to the next: that would be as deep as the selector is long. */
  private static boolean all(List<Predicate<JsonNode>> wanted, JsonNode of) {
    for (Predicate<JsonNode> each : wanted) {
      if (!each.test(of)) {
        return false;
      }
    }
    return true;
  }

  private static Predicate<JsonNode> label(String text, String term) {
    Matcher matcher = LABEL_TERM.matcher(term);
    if (!matcher.matches()) {
      throw ApiException.badRequest("unable to parse requirement: " + term.strip() + " in " + text);
    }
    String key = matcher.group("key");
    if (matcher.group("absent") != null) {
      return labels -> !labels.has(key);
    }
    if (matcher.group("set") != null) {
      Set<String> values = values(matcher.group("values"));
      return matcher.group("set").equals("in")
          ? labels -> labels.has(key) && values.contains(labels.get(key).asText())
          : labels -> !labels.has(key) || !values.contains(labels.get(key).asText());
    }
    if (matcher.group("op") == null) {
      return labels -> labels.has(key);
    }
    String value = matcher.group("value");
    return switch (matcher.group("op")) {
      case "!=" -> labels -> !labels.has(key) || !labels.get(key).asText().equals(value);
      case ">" -> labels -> labels.has(key) && number(labels.get(key)) > number(text, value);
      case "<" -> labels -> labels.has(key) && number(labels.get(key)) < number(text, value);
      default -> labels -> labels.has(key) && labels.get(key).asText().equals(value);
    };
  }

  private static double number(JsonNode value) {
    return value.asDouble(Double.NaN);
  }

  private static double number(String text, String value) {
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw ApiException.badRequest(
          "for 'Gt', 'Lt' operators, the value must be an integer: " + text);
    }
  }

  private static Set<String> values(String list) {
    List<String> values = new ArrayList<>();
    for (String value : list.split(",", -1)) {
      values.add(value.strip());
    }
    return Set.copyOf(values);
  }

  /** Splits at the commas that are not inside parentheses. */
  private static List<String> terms(String text) {
    List<String> terms = new ArrayList<>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '(') {
        depth++;
      } else if (c == ')') {
        depth--;
      } else if (c == ',' && depth == 0) {
        terms.add(text.substring(start, i));
        start = i + 1;
      }
    }
    if (!text.isBlank()) {
      terms.add(text.substring(start));
    }
    return terms;
  }

  /**
   * A test of an object's fields.
   *
   * @throws ApiException 400 if the kind cannot be selected by a field named
   */
  static Predicate<JsonNode> fields(Resource resource, String text) {
    List<Predicate<JsonNode>> wanted = new ArrayList<>();
    for (String term : terms(text)) {
      boolean unequal = term.contains("!=");
      int operator = unequal ? term.indexOf("!=") : term.indexOf('=');
      if (operator < 0) {
        throw ApiException.badRequest(
            "invalid selector: '" + text + "'; can't understand '" + term + "'");
      }
      String field = term.substring(0, operator).strip();
      String value = term.substring(operator).replaceFirst("!=|==|=", "").strip();
      if (!isSelectable(resource, field)) {
        throw ApiException.badRequest(unknown(resource, field));
      }
      String[] path = field.split("\\.");
      wanted.add(object -> Json.text(object, path).equals(value) != unequal);
    }
    return object -> all(wanted, object);
  }

  private static String unknown(Resource resource, String field) {
    return resource.selectableFields().isEmpty()
        ? "\""
            + field
            + "\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
        : "field label not supported: " + field;
  }

  private static boolean isSelectable(Resource resource, String field) {
    if (field.equals("metadata.name")
        || (field.equals("metadata.namespace") && resource.type().namespaced())) {
      return true;
    }
    return resource.selectableFields().contains(field);
  }

  /** The value of {@code metadata.name} that a field selector insists on, empty if none. */
  static String onlyName(String text) {
    for (String term : terms(text)) {
      if (term.startsWith("metadata.name=")) {
        return term.substring("metadata.name=".length()).replaceFirst("^=", "");
      }
    }
    return "";
  }

  /** Whether a {@code meta/v1 LabelSelector} object selects these labels. */
  static boolean matches(ObjectNode selector, JsonNode labels) {
    for (var wanted : selector.path("matchLabels").properties()) {
      if (!labels.path(wanted.getKey()).asText("").equals(wanted.getValue().asText())
          || !labels.has(wanted.getKey())) {
        return false;
      }
    }
    for (JsonNode expression : selector.path("matchExpressions")) {
      String key = expression.path("key").asText();
      List<String> values = new ArrayList<>();
      expression.path("values").forEach(value -> values.add(value.asText()));
      boolean in = labels.has(key) && values.contains(labels.get(key).asText());
      boolean matched =
          switch (expression.path("operator").asText()) {
            case "In" -> in;
            case "NotIn" -> !in;
            case "Exists" -> labels.has(key);
            case "DoesNotExist" -> !labels.has(key);
            default -> false;
          };
      if (!matched) {
        return false;
      }
    }
    return true;
  }
}
