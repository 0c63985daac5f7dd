package dev.bellows.dataplane.queueproxy;

import java.util.Map;

/** Reads variables; each failure names the variable and what it should be. */
record Environment(Map<String, String> values) {
  Environment {
    values = Map.copyOf(values);
  }

  /** Present, though it may be empty. */
  String required(String name) {
    String value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException(name + " is required and not set");
    }
    return value;
  }

  String nonEmpty(String name) {
    String value = required(name);
    if (value.isEmpty()) {
      throw new IllegalArgumentException(name + " must not be empty");
    }
    return value;
  }

  String optional(String name) {
    return values.getOrDefault(name, "");
  }

  int natural(String name) {
    return natural(name, required(name));
  }

  int naturalOr(String name, int absent) {
    String value = optional(name);
    return value.isEmpty() ? absent : natural(name, value);
  }

  int port(String name) {
    int port = natural(name);
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException(name + " must be in 1..65535, got " + port);
    }
    return port;
  }

  boolean flag(String name) {
    String value = optional(name);
    return switch (value) {
      case "1", "t", "T", "true", "TRUE", "True" -> true;
      case "", "0", "f", "F", "false", "FALSE", "False" -> false;
      default ->
          throw new IllegalArgumentException(name + " must be true or false, got '" + value + "'");
    };
  }

  private static int natural(String name, String value) {
    try {
      int number = Integer.parseInt(value);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException notANumber) {
      // said below, together with the negative ones
    }
    throw new IllegalArgumentException(
        name + " must be a whole number from 0, got '" + value + "'");
  }
}
