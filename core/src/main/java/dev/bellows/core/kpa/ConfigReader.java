package dev.bellows.core.kpa;

import dev.bellows.core.literal.DurationLiteral;
import dev.bellows.core.literal.Literal;
import dev.bellows.core.literal.NumberLiteral;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads typed values from a ConfigMap's data and remembers the first that cannot be read. Used for
 * one map and thrown away.
 */
final class ConfigReader {
  private final Map<String, String> data;
  private @Nullable String failure;

  ConfigReader(Map<String, String> data) {
    this.data = data;
  }

  String text(String key, String absent) {
    return data.getOrDefault(key, absent);
  }

  boolean bool(String key, boolean absent) {
    return read(key, absent, "strconv.ParseBool", NumberLiteral::parseBoolean);
  }

  double number(String key, double absent) {
    return read(key, absent, "strconv.ParseFloat", NumberLiteral::parseDouble);
  }

  int integer(String key, int absent) {
    return read(key, absent, "strconv.ParseInt", NumberLiteral::parseInt);
  }

  Duration duration(String key, Duration absent) {
    return read(key, absent, "", DurationLiteral::parse);
  }

  /** Upstream's text about the first value that could not be read. */
  Optional<String> failure() {
    return Optional.ofNullable(failure);
  }

  private <T> T read(String key, T absent, String parser, Function<String, Literal<T>> parse) {
    String written = data.get(key);
    if (written == null) {
      return absent;
    }
    return switch (parse.apply(written)) {
      case Literal.Value<T>(T value) -> value;
      case Literal.Malformed<T>(String text) -> fail(key, absent, parser, text, "invalid syntax");
      case Literal.OutOfRange<T>(String text) ->
          fail(key, absent, parser, text, "value out of range");
    };
  }

  /** Goes on with the value that holds without the key, so that one pass reads everything. */
  private <T> T fail(String key, T absent, String parser, String text, String why) {
    if (failure == null) {
      String cause =
          parser.isEmpty()
              ? "time: invalid duration \"" + text + "\""
              : parser + ": parsing \"" + text + "\": " + why;
      failure = "failed to parse data: failed to parse \"" + key + "\": " + cause;
    }
    return absent;
  }
}
