package dev.bellows.api.config;

import dev.bellows.core.kpa.AutoscalerConfig;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * All settings in force at one moment: the ConfigMaps of {@code knative-serving}, read.
 *
 * @param autoscaler how Revisions are scaled
 * @param defaults what a Revision gets where it says nothing
 * @param deployment how Revisions become Deployments
 * @param domain under which domain a Route is found
 * @param features which parts of pod spec and system may be used
 * @param gc when old Revisions are deleted
 * @param leaderElection how replicas divide the work
 * @param logging how much each part says
 * @param network how Routes become host names and an Ingress
 * @param observability logs, metrics, traces
 */
public record SystemConfig(
    AutoscalerConfig autoscaler,
    DefaultsConfig defaults,
    DeploymentConfig deployment,
    DomainConfig domain,
    FeaturesConfig features,
    GcConfig gc,
    LeaderElectionConfig leaderElection,
    LoggingConfig logging,
    NetworkConfig network,
    ObservabilityConfig observability) {
  /** Namespace of the system and its ConfigMaps. */
  public static final String NAMESPACE = "knative-serving";

  /** What a change of one ConfigMap comes to. */
  public sealed interface Change {
    /** The settings with the change. */
    record Accepted(SystemConfig config) implements Change {}

    /**
     * The data is not valid; the settings stay as they are.
     *
     * @param message which key, and why
     */
    record Refused(String message) implements Change {}
  }

  private static final String AUTOSCALER = "config-autoscaler";
  private static final String DEFAULTS = "config-defaults";
  private static final String DEPLOYMENT = "config-deployment";
  private static final String DOMAIN = "config-domain";
  private static final String FEATURES = "config-features";
  private static final String GC = "config-gc";
  private static final String LEADER_ELECTION = "config-leader-election";
  private static final String LOGGING = "config-logging";
  private static final String NETWORK = "config-network";
  private static final String OBSERVABILITY = "config-observability";

  private static final Set<String> NAMES =
      Set.of(
          AUTOSCALER,
          DEFAULTS,
          DEPLOYMENT,
          DOMAIN,
          FEATURES,
          GC,
          LEADER_ELECTION,
          LOGGING,
          NETWORK,
          OBSERVABILITY);

  /** The queue-proxy image of a system that does not say: the embedded one knows it by name. */
  private static final Map<String, String> STOCK_DEPLOYMENT =
      Map.of("queue-sidecar-image", "dev.local/queue-proxy");

  /** What holds where no ConfigMap says otherwise. */
  public static final SystemConfig DEFAULT =
      new SystemConfig(
          AutoscalerConfig.DEFAULT,
          DefaultsConfig.DEFAULT,
          DeploymentConfig.parse(STOCK_DEPLOYMENT),
          new DomainConfig(Map.of()),
          FeaturesConfig.DEFAULT,
          GcConfig.DEFAULT,
          LeaderElectionConfig.DEFAULT,
          LoggingConfig.DEFAULT,
          NetworkConfig.DEFAULT,
          ObservabilityConfig.DEFAULT);

  /** Whether a ConfigMap of this name holds settings. */
  public static boolean knows(String configMapName) {
    return NAMES.contains(configMapName);
  }

  /**
   * The settings of a set of ConfigMaps.
   *
   * @param data by ConfigMap name; those that hold no settings are ignored
   * @throws InvalidConfigException if one is not valid, naming it
   */
  public static SystemConfig of(Map<String, Map<String, String>> data) {
    SystemConfig config = DEFAULT;
    for (String name : new TreeSet<>(data.keySet())) {
      config =
          switch (config.with(name, data.getOrDefault(name, Map.of()))) {
            case Change.Accepted(SystemConfig changed) -> changed;
            case Change.Refused(String message) ->
                throw new InvalidConfigException(name + ": " + message);
          };
    }
    return config;
  }

  /** These settings with the data of one ConfigMap in place of what it said before. */
  public Change with(String configMapName, Map<String, String> data) {
    try {
      return new Change.Accepted(changed(configMapName, data));
    } catch (InvalidConfigException e) {
      return new Change.Refused(e.reason());
    }
  }

  private SystemConfig changed(String name, Map<String, String> data) {
    return new SystemConfig(
        name.equals(AUTOSCALER) ? autoscaler(data) : autoscaler,
        name.equals(DEFAULTS) ? DefaultsConfig.parse(data) : defaults,
        name.equals(DEPLOYMENT) ? DeploymentConfig.parse(data) : deployment,
        name.equals(DOMAIN) ? DomainConfig.parse(data) : domain,
        name.equals(FEATURES) ? FeaturesConfig.parse(data) : features,
        name.equals(GC) ? GcConfig.parse(data) : gc,
        name.equals(LEADER_ELECTION) ? LeaderElectionConfig.parse(data) : leaderElection,
        name.equals(LOGGING) ? LoggingConfig.parse(data) : logging,
        name.equals(NETWORK) ? NetworkConfig.parse(data) : network,
        name.equals(OBSERVABILITY) ? ObservabilityConfig.parse(data) : observability);
  }

  private static AutoscalerConfig autoscaler(Map<String, String> data) {
    return switch (AutoscalerConfig.parse(data)) {
      case AutoscalerConfig.Parsed.Good(AutoscalerConfig config) -> config;
      case AutoscalerConfig.Parsed.Bad(String text) -> throw new InvalidConfigException(text);
    };
  }
}
