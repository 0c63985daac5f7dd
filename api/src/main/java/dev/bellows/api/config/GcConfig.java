package dev.bellows.api.config;

import dev.bellows.core.gc.Retention;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * {@code config-gc}: when a Revision that no Route leads to is deleted.
 *
 * @param retention how long it is kept
 */
public record GcConfig(Retention retention) {
  private static final String DISABLED = "disabled";

  /** What holds without a ConfigMap. */
  public static final GcConfig DEFAULT = parse(Map.of());

  /**
   * Reads the ConfigMap's data.
   *
   * @throws InvalidConfigException if it is not valid
   */
  public static GcConfig parse(Map<String, String> data) {
    ConfigReader reader = new ConfigReader(data);
    long min = reader.longInteger("min-non-active-revisions", 20);
    if (min < 0) {
      throw new InvalidConfigException(
          "min-non-active-revisions must be non-negative, was: " + min);
    }
    Optional<Long> max =
        reader.text("max-non-active-revisions", "1000").equalsIgnoreCase(DISABLED)
            ? Optional.empty()
            : Optional.of(reader.longInteger("max-non-active-revisions", 1000));
    if (max.filter(limit -> limit < 0).isPresent()) {
      throw new InvalidConfigException(
          "max-non-active-revisions must be non-negative or \"disabled\", was: " + max.get());
    }
    if (max.filter(limit -> limit < min).isPresent()) {
      throw new InvalidConfigException(
          "min-non-active-revisions(%d) must be <= max-non-active-revisions(%d)"
              .formatted(min, max.get()));
    }
    return new GcConfig(
        new Retention(
            window(reader, "retain-since-create-time", Duration.ofHours(48)),
            window(reader, "retain-since-last-active-time", Duration.ofHours(15)),
            min,
            max));
  }

  private static Optional<Duration> window(ConfigReader reader, String key, Duration fallback) {
    if (reader.text(key, "").equalsIgnoreCase(DISABLED)) {
      return Optional.empty();
    }
    Duration read = reader.duration(key, fallback);
    if (read.isNegative()) {
      throw new InvalidConfigException(key + " must be non-negative, was: " + read);
    }
    return Optional.of(read);
  }
}
