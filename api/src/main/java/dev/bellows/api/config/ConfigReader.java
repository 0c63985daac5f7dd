package dev.bellows.api.config;

import dev.bellows.api.quantity.ResourceAmount;
import dev.bellows.core.literal.DurationLiteral;
import dev.bellows.core.literal.Literal;
import dev.bellows.core.literal.NumberLiteral;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Reads the values of a ConfigMap. An absent key has its fallback; a value that cannot be read
 * refuses the whole ConfigMap, in the words of the original.
 */
class ConfigReader {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Map<String, String> data;

  ConfigReader(Map<String, String> data) {
    this.data = data;
  }

  /** The same, for a ConfigMap whose keys may also be written {@code inCamelCase}. */
  static ConfigReader withCamelCaseAliases(Map<String, String> data) {
    return new ConfigReader(data) {
      @Override
      Optional<String> raw(String key) {
        return super.raw(key).or(() -> super.raw(camelCase(key)));
      }
    };
  }

  Optional<String> raw(String key) {
    return Optional.ofNullable(data.get(key));
  }

  String text(String key, String fallback) {
    return raw(key).map(String::strip).orElse(fallback);
  }

  boolean bool(String key, boolean fallback) {
    return raw(key)
        .map(raw -> value(key, "strconv.ParseBool", NumberLiteral.parseBoolean(raw)))
        .orElse(fallback);
  }

  int integer(String key, int fallback) {
    return raw(key)
        .map(raw -> value(key, "strconv.ParseInt", NumberLiteral.parseInt(raw)))
        .orElse(fallback);
  }

  long longInteger(String key, long fallback) {
    return raw(key)
        .map(raw -> value(key, "strconv.ParseInt", NumberLiteral.parseLong(raw)))
        .orElse(fallback);
  }

  double number(String key, double fallback) {
    return raw(key)
        .map(raw -> value(key, "strconv.ParseFloat", NumberLiteral.parseDouble(raw)))
        .orElse(fallback);
  }

  Duration duration(String key, Duration fallback) {
    return raw(key)
        .map(raw ->
            DurationLiteral.parse(raw)
                .asOptional()
                .orElseThrow(() -> failure(key, "time: invalid duration " + quoted(raw))))
        .orElse(fallback);
  }

  Duration wholeSeconds(String key, Duration fallback) {
    Duration read = duration(key, fallback);
    if (!read.equals(read.truncatedTo(ChronoUnit.SECONDS))) {
      throw new InvalidConfigException(
          "%s = %s must be a multiple of %s"
              .formatted(key, DurationLiteral.print(read), DurationLiteral.print(SECOND)));
    }
    return read;
  }

  Optional<ResourceAmount> amount(String key) {
    return raw(key)
        .map(raw ->
            ResourceAmount.parse(raw)
                .orElseThrow(() ->
                    failure(
                        key,
                        "quantities must match the regular expression"
                            + " '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")));
  }

  List<String> list(String key, List<String> fallback) {
    return raw(key)
        .map(raw ->
            Arrays.stream(raw.split(",")).map(String::strip).filter(s -> !s.isEmpty()).toList())
        .orElse(fallback);
  }

  /** One of some words, whatever their case; another word is refused. */
  <E extends Enum<E>> E oneOf(String key, Class<E> words, E fallback) {
    return raw(key)
        .map(raw ->
            find(words, raw)
                .orElseThrow(() ->
                    new InvalidConfigException(
                        "%s with value %s in the ConfigMap is not supported"
                            .formatted(key, quoted(raw)))))
        .orElse(fallback);
  }

  /** One of some words, whatever their case; another word counts as absent. */
  <E extends Enum<E>> E oneOfOrFallback(String key, Class<E> words, E fallback) {
    return raw(key).flatMap(raw -> find(words, raw)).orElse(fallback);
  }

  private static <E extends Enum<E>> Optional<E> find(Class<E> words, String raw) {
    String wanted = raw.strip().toLowerCase(Locale.ROOT).replaceAll("[^a-z]", "");
    return Stream.of(words.getEnumConstants())
        .filter(word -> word.name().toLowerCase(Locale.ROOT).replace("_", "").equals(wanted))
        .findFirst();
  }

  InvalidConfigException failure(String key, String reason) {
    return new InvalidConfigException("failed to parse " + quoted(key) + ": " + reason);
  }

  private <T> T value(String key, String function, Literal<T> literal) {
    return switch (literal) {
      case Literal.Value<T>(T value) -> value;
      case Literal.Malformed<T>(String text) ->
          throw failure(key, function + ": parsing " + quoted(text) + ": invalid syntax");
      case Literal.OutOfRange<T>(String text) ->
          throw failure(key, function + ": parsing " + quoted(text) + ": value out of range");
    };
  }

  private static String quoted(String text) {
    return '"' + text + '"';
  }

  // cpu-request becomes CPURequest, as the original spells its old keys.
  static String camelCase(String key) {
    String[] words = key.split("-");
    StringBuilder joined = new StringBuilder(words[0]);
    for (String word : Arrays.asList(words).subList(1, words.length)) {
      joined.append(
          switch (word) {
            case "cpu", "tls" -> word.toUpperCase(Locale.ROOT);
            case "rootca" -> "RootCA";
            default -> Character.toUpperCase(word.charAt(0)) + word.substring(1);
          });
    }
    return joined.toString();
  }
}
