package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.cel.NamedFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Says what is wrong with values, in Kubernetes' words: one method for each form that fields of
 * many kinds have.
 *
 * @param causes where it is said
 */
record Checks(List<Cause> causes) {
  static final List<String> PROTOCOLS = List.of("SCTP", "TCP", "UDP");

  private static final int MAX_PORT = 65_535;
  private static final int MAX_PORT_NAME = 15;
  private static final int MAX_SUBDOMAIN = 253;
  private static final int MAX_MODE = 0777;

  private static final Pattern PORT_NAME = Pattern.compile("[-a-z0-9]+");
  private static final Pattern CONFIG_KEY = Pattern.compile("[-._a-zA-Z0-9]+");
  private static final Pattern VARIABLE = Pattern.compile("[ -<>-~]+");
  private static final Pattern IPV4 = Pattern.compile("((25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.|$)){4}");
  private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:]*:[0-9a-fA-F:.]*");
  private static final Pattern PERCENT = Pattern.compile("[0-9]+%");

  private static final String CONFIG_KEY_TEXT =
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g."
          + " 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is"
          + " '[-._a-zA-Z0-9]+')";
  static final String IP_TEXT = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
  static final String CIDR_TEXT = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

  void invalid(String path, String value, String why) {
    causes.add(Cause.invalid(path, value, why));
  }

  void invalid(String path, JsonNode value, String why) {
    causes.add(Cause.invalid(path, value, why));
  }

  void forbidden(String path, String why) {
    causes.add(Cause.forbidden(path, why));
  }

  void missing(String path) {
    causes.add(Cause.required(path, ""));
  }

  void missing(String path, String why) {
    causes.add(Cause.required(path, why));
  }

  void duplicate(String path, String value) {
    causes.add(new Cause("FieldValueDuplicate", path, "Duplicate value: " + value));
  }

  void all(String path, String value, List<String> wrong) {
    wrong.forEach(why -> invalid(path, value, why));
  }

  /** Says so if a text is not there; answers whether it is. */
  boolean required(String path, JsonNode value) {
    boolean there = !value.asText("").isEmpty();
    if (!there) {
      missing(path);
    }
    return there;
  }

  /** One of some words. */
  void oneOf(String path, JsonNode value, List<String> words) {
    if (!words.contains(value.asText(""))) {
      unsupported(path, '"' + value.asText("") + '"', words);
    }
  }

  /** One of some words, where there is a value. */
  void oneOfIfSet(String path, JsonNode value, List<String> words) {
    if (!value.asText("").isEmpty()) {
      oneOf(path, value, words);
    }
  }

  void unsupported(String path, String value, List<String> words) {
    causes.add(
        new Cause(
            "FieldValueNotSupported",
            path,
            "Unsupported value: "
                + value
                + ": supported values: "
                + words.stream().map(word -> '"' + word + '"').collect(Collectors.joining(", "))));
  }

  void tooMany(String path, int size, int most) {
    causes.add(
        new Cause(
            "FieldValueTooMany",
            path,
            "Too many: " + size + ": must have at most " + most + " items"));
  }

  void notNegative(String path, JsonNode value) {
    if (value.isNumber() && value.asLong() < 0) {
      invalid(path, value, "must be greater than or equal to 0");
    }
  }

  void positive(String path, JsonNode value) {
    if (value.isNumber() && value.asLong() <= 0) {
      invalid(path, value, "must be greater than 0");
    }
  }

  /** An id of a user or group, a number of seconds: of 31 bits. */
  void within(String path, JsonNode value, long least) {
    if (value.isNumber() && (value.asLong() < least || value.asLong() > Integer.MAX_VALUE)) {
      invalid(
          path, value, "must be between " + least + " and " + Integer.MAX_VALUE + ", inclusive");
    }
  }

  void port(String path, JsonNode value) {
    if (value.asInt(0) < 1 || value.asInt(0) > MAX_PORT) {
      invalid(path, number(value), "must be between 1 and 65535, inclusive");
    }
  }

  private static JsonNode number(JsonNode value) {
    return value.isNumber() ? value : Json.NODES.numberNode(0);
  }

  /** A port by its number or its name. */
  void portOrName(String path, JsonNode value) {
    if (value.isTextual()) {
      all(path, value.asText(), portName(value.asText()));
    } else {
      port(path, value);
    }
  }

  static List<String> portName(String name) {
    List<String> wrong = new ArrayList<>();
    if (name.length() > MAX_PORT_NAME) {
      wrong.add("must be no more than 15 characters");
    }
    if (!PORT_NAME.matcher(name).matches()) {
      wrong.add("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    }
    if (name.chars().noneMatch(c -> c >= 'a' && c <= 'z')) {
      wrong.add("must contain at least one letter (a-z)");
    }
    if (name.contains("--")) {
      wrong.add("must not contain consecutive hyphens");
    }
    if (!name.isEmpty() && (name.startsWith("-") || name.endsWith("-"))) {
      wrong.add("must not begin or end with a hyphen");
    }
    return wrong;
  }

  void label(String path, JsonNode value) {
    Names.checkLabel(path, value.asText(""), causes);
  }

  void subdomain(String path, String value) {
    String wrong = Names.subdomain(value);
    if (!wrong.isEmpty()) {
      invalid(path, value, wrong);
    }
  }

  /** A name with an optional prefix: {@code example.com/name}. */
  void qualified(String path, String value) {
    all(path, value, qualified(value));
  }

  static List<String> qualified(String value) {
    return NamedFormat.QUALIFIED_NAME.wrong(value);
  }

  void labelValue(String path, String value) {
    all(path, value, NamedFormat.LABEL_VALUE.wrong(value));
  }

  /** Labels, or what selects by them. */
  void labels(String path, JsonNode labels) {
    for (Map.Entry<String, JsonNode> each : labels.properties()) {
      qualified(path, each.getKey());
      labelValue(path, each.getValue().asText(""));
    }
  }

  /** A {@code LabelSelector}; answers whether it is well formed. */
  boolean selector(String path, JsonNode selector) {
    int before = causes.size();
    labels(path + ".matchLabels", selector.path("matchLabels"));
    for (int i = 0; i < selector.path("matchExpressions").size(); i++) {
      expression(path + ".matchExpressions[" + i + "]", selector.path("matchExpressions").get(i));
    }
    return causes.size() == before;
  }

  private void expression(String path, JsonNode expression) {
    JsonNode values = expression.path("values");
    switch (expression.path("operator").asText("")) {
      case "In", "NotIn" -> {
        if (values.isEmpty()) {
          missing(path + ".values", "must be specified when `operator` is 'In' or 'NotIn'");
        }
      }
      case "Exists", "DoesNotExist" -> {
        if (!values.isEmpty()) {
          forbidden(
              path + ".values",
              "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        }
      }
      default ->
          invalid(
              path + ".operator",
              expression.path("operator").asText(""),
              "not a valid selector operator");
    }
    qualified(path + ".key", expression.path("key").asText(""));
    for (int i = 0; i < values.size(); i++) {
      labelValue(path + ".values[" + i + "]", values.get(i).asText(""));
    }
  }

  void configKey(String path, String key) {
    if (key.length() > MAX_SUBDOMAIN) {
      invalid(path, key, "must be no more than 253 characters");
    }
    if (!CONFIG_KEY.matcher(key).matches()) {
      invalid(path, key, CONFIG_KEY_TEXT);
    }
    if (key.equals(".") || key.equals("..")) {
      invalid(path, key, "must not be '" + key + "'");
    } else if (key.startsWith("..")) {
      invalid(path, key, "must not start with '..'");
    }
  }

  void variable(String path, String name) {
    if (!VARIABLE.matcher(name).matches()) {
      invalid(
          path,
          name,
          "a valid environment variable name must consist only of printable ASCII characters other"
              + " than '='");
    }
  }

  /** A path below somewhere, which never leads out of it. */
  void below(String path, String value) {
    if (value.startsWith("/")) {
      invalid(path, value, "must be a relative path");
    }
    noWayUp(path, value);
  }

  void noWayUp(String path, String value) {
    if (List.of(value.split("/", -1)).contains("..")) {
      invalid(path, value, "must not contain '..'");
    }
  }

  /** As {@link #below}, of a file that a volume makes: its own links begin with dots. */
  void fileBelow(String path, String value) {
    int before = causes.size();
    below(path, value);
    if (value.startsWith("..") && causes.size() == before) {
      invalid(path, value, "must not start with '..'");
    }
  }

  void mode(String path, JsonNode value) {
    if (value.isNumber() && (value.asInt() < 0 || value.asInt() > MAX_MODE)) {
      invalid(path, value, "must be a number between 0 and 0777 (octal), both inclusive");
    }
  }

  void address(String path, String value) {
    if (!isAddress(value)) {
      invalid(path, value, IP_TEXT);
    }
  }

  static boolean isAddress(String value) {
    return IPV4.matcher(value).matches() || IPV6.matcher(value).matches();
  }

  static boolean isRange(String value) {
    int slash = value.indexOf('/');
    if (slash < 0 || !isAddress(value.substring(0, slash))) {
      return false;
    }
    String bits = value.substring(slash + 1);
    int most = value.contains(":") ? 128 : 32;
    return bits.matches("\\d{1,3}") && Integer.parseInt(bits) <= most;
  }

  /** A number that is not negative, or a share in per cent. */
  void numberOrShare(String path, JsonNode value) {
    if (value.isTextual() && !PERCENT.matcher(value.asText()).matches()) {
      invalid(
          path,
          value.asText(),
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%', "
              + " or '93%', regex used for validation is '[0-9]+%')");
    }
    notNegative(path, value);
  }

  /** The value of a share in per cent, or -1. */
  static int share(JsonNode value) {
    return value.isTextual() && PERCENT.matcher(value.asText()).matches()
        ? Integer.parseInt(value.asText().substring(0, Math.min(5, value.asText().length() - 1)))
        : -1;
  }

  /** The elements of a list with their paths. */
  static void each(JsonNode list, String path, Element what) {
    if (list instanceof ArrayNode) {
      for (int i = 0; i < list.size(); i++) {
        what.at(path + "[" + i + "]", list.get(i));
      }
    }
  }

  /** What is done with one element. */
  @FunctionalInterface
  interface Element {
    void at(String path, JsonNode element);
  }

  /** The fields of an object that are set. */
  static List<String> set(JsonNode object, List<String> names) {
    return names.stream().filter(name -> object.path(name) instanceof ObjectNode).toList();
  }

  static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }
}
