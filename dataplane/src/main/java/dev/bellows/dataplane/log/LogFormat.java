package dev.bellows.dataplane.log;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.bellows.dataplane.json.JsonValue;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/**
 * How a log line looks and from which level on there is one, read from a zap configuration: the
 * form in which {@code config-logging} reaches every part of the system. Of what else zap can do
 * (sampling, other encodings of time and level) nothing is done.
 *
 * @param level the least level that is written; null = none
 * @param levelKey key of the level; an empty key leaves its entry out, here and below
 * @param timeKey key of the time, in ISO 8601
 * @param nameKey key of the logger's name
 * @param callerKey key of the place in the sources that logs
 * @param messageKey key of the message
 * @param stacktraceKey key of an exception's trace
 * @param fields added to each line, such as whose log it is
 */
record LogFormat(
    @Nullable Level level,
    String levelKey,
    String timeKey,
    String nameKey,
    String callerKey,
    String messageKey,
    String stacktraceKey,
    Map<String, String> fields) {
  /** As {@code config-logging} has it where nobody has changed it. */
  static final LogFormat DEFAULT =
      new LogFormat(
          Level.INFO,
          "severity",
          "timestamp",
          "logger",
          "caller",
          "message",
          "stacktrace",
          Map.of());

  LogFormat {
    fields = new LinkedHashMap<>(fields); // their order is the lines' order
  }

  /**
   * Reads a zap configuration.
   *
   * @param zap JSON; empty = the default
   * @param level overrides the configuration's own; empty = does not
   * @throws IllegalArgumentException if it is no JSON object or names a level that there is not
   */
  static LogFormat parse(String zap, String level, Map<String, String> fields) {
    JsonValue config;
    try {
      config = JsonValue.parse(zap.isBlank() ? "{}" : zap);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("not JSON: " + e.getMessage(), e);
    }
    if (!(config instanceof JsonValue.Fields)) {
      throw new IllegalArgumentException("not a JSON object: " + zap);
    }
    JsonValue keys = config.get("encoderConfig");
    return new LogFormat(
        level(level.isEmpty() ? config.get("level").text("info") : level),
        keys.get("levelKey").text(DEFAULT.levelKey),
        keys.get("timeKey").text(DEFAULT.timeKey),
        keys.get("nameKey").text(DEFAULT.nameKey),
        keys.get("callerKey").text(DEFAULT.callerKey),
        keys.get("messageKey").text(DEFAULT.messageKey),
        keys.get("stacktraceKey").text(DEFAULT.stacktraceKey),
        fields);
  }

  private static @Nullable Level level(String zapName) {
    return switch (zapName) {
      case "debug", "DEBUG" -> Level.DEBUG;
      case "info", "INFO" -> Level.INFO;
      case "warn", "WARN" -> Level.WARN;
      case "error", "ERROR" -> Level.ERROR;
      case "dpanic", "panic", "fatal", "DPANIC", "PANIC", "FATAL" -> null;
      default -> throw new IllegalArgumentException("no level: '" + zapName + "'");
    };
  }

  boolean writes(Level asked) {
    return level != null && asked.toInt() >= level.toInt();
  }

  /** Whether somebody must find out who logs. */
  boolean tellsCaller() {
    return !callerKey.isEmpty();
  }

  /**
   * One line, with its line feed.
   *
   * @param caller {@code FILE:LINE}; empty = not known
   * @param context what the line is about, such as the key of an object
   */
  String line(
      Instant now,
      Level asked,
      String logger,
      String caller,
      String message,
      Map<String, String> context,
      @Nullable Throwable error) {
    StringBuilder line = new StringBuilder(256).append('{');
    entry(line, levelKey, asked.name());
    entry(line, timeKey, now.truncatedTo(ChronoUnit.MILLIS).toString());
    entry(line, nameKey, logger);
    if (!caller.isEmpty()) {
      entry(line, callerKey, caller);
    }
    entry(line, messageKey, message);
    fields.forEach((key, value) -> entry(line, key, value));
    context.forEach((key, value) -> entry(line, key, value));
    if (error != null) {
      StringWriter trace = new StringWriter();
      error.printStackTrace(new PrintWriter(trace));
      entry(line, stacktraceKey, trace.toString());
    }
    return line.append("}\n").toString();
  }

  private static void entry(StringBuilder line, String key, String value) {
    if (key.isEmpty()) {
      return;
    }
    if (line.length() > 1) {
      line.append(',');
    }
    quote(line, key);
    line.append(':');
    quote(line, value);
  }

  private static void quote(StringBuilder line, String text) {
    line.append('"');
    JsonStringEncoder.getInstance().quoteAsString(text, line);
    line.append('"');
  }
}
