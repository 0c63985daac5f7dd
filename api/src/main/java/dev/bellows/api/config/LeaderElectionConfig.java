package dev.bellows.api.config;

import java.time.Duration;
import java.util.Map;

/**
 * {@code config-leader-election}: how replicas of a controller divide the work.
 *
 * @param buckets in which the keys are divided, 1 to 10
 * @param leaseDuration how long a leader is believed alive
 * @param renewDeadline how long a leader tries to stay
 * @param retryPeriod between two tries
 */
public record LeaderElectionConfig(
    int buckets, Duration leaseDuration, Duration renewDeadline, Duration retryPeriod) {
  private static final int MOST_BUCKETS = 10;

  /** What holds without a ConfigMap. */
  public static final LeaderElectionConfig DEFAULT = parse(Map.of());

  /**
   * Reads the ConfigMap's data.
   *
   * @throws InvalidConfigException if it is not valid
   */
  public static LeaderElectionConfig parse(Map<String, String> data) {
    ConfigReader reader = ConfigReader.withCamelCaseAliases(data);
    int buckets = reader.integer("buckets", 1);
    if (buckets < 1 || buckets > MOST_BUCKETS) {
      throw new InvalidConfigException(
          "buckets: value must be between 1 <= %d <= %d".formatted(buckets, MOST_BUCKETS));
    }
    return new LeaderElectionConfig(
        buckets,
        reader.duration("lease-duration", Duration.ofMinutes(1)),
        reader.duration("renew-deadline", Duration.ofSeconds(40)),
        reader.duration("retry-period", Duration.ofSeconds(10)));
  }
}
