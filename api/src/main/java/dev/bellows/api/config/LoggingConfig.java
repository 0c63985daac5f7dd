package dev.bellows.api.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * {@code config-logging}: how much each part of the system says.
 *
 * @param zapLoggerConfig settings of the original's logger, JSON; handed on to the queue-proxy
 * @param levels level by part
 */
public record LoggingConfig(String zapLoggerConfig, Map<String, String> levels) {
  private static final String LEVEL_KEY = "loglevel.";
  private static final Set<String> LEVELS =
      Set.of("debug", "info", "warn", "error", "dpanic", "panic", "fatal");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What holds without a ConfigMap. */
  public static final LoggingConfig DEFAULT = parse(Map.of());

  public LoggingConfig {
    levels = Map.copyOf(levels);
  }

  /**
   * Reads the ConfigMap's data.
   *
   * @throws InvalidConfigException if it is not valid
   */
  public static LoggingConfig parse(Map<String, String> data) {
    ConfigReader reader = new ConfigReader(data);
    String zap = reader.text("zap-logger-config", "");
    if (!zap.isEmpty()) {
      try {
        JSON.readTree(zap);
      } catch (JsonProcessingException e) {
        throw reader.failure("zap-logger-config", e.getOriginalMessage());
      }
    }
    Map<String, String> levels = new TreeMap<>();
    data.forEach((key, value) -> {
      if (key.startsWith(LEVEL_KEY) && !value.isEmpty()) {
        levels.put(key.substring(LEVEL_KEY.length()), level(reader, key));
      }
    });
    return new LoggingConfig(zap, levels);
  }

  private static String level(ConfigReader reader, String key) {
    String level = reader.text(key, "").toLowerCase(Locale.ROOT);
    if (!LEVELS.contains(level)) {
      throw reader.failure(key, "unrecognized level: \"" + level + "\"");
    }
    return level;
  }
}
