package dev.bellows.app.telemetry;

import dev.bellows.api.config.LoggingConfig;
import dev.bellows.controlplane.watch.LiveConfig;
import dev.bellows.dataplane.log.JsonLogs;
import java.util.Map;
import java.util.Set;
import org.slf4j.LoggerFactory;

/**
 * The log of a part that has a process of its own: JSON lines on standard error, shaped by {@code
 * config-logging}, whose changes are followed while the part runs.
 */
public final class RoleLogs {
  /** It warns at each start that Knative's internal kinds are v1alpha1. */
  private static final Set<String> QUIET =
      Set.of("io.fabric8.kubernetes.client.dsl.internal.VersionUsageUtils");

  private static volatile String fixedLevel = "";

  private RoleLogs() {}

  /**
   * Logs this way from now on; called before the first logger is made.
   *
   * @param podName whose log it is; may be empty
   * @param level holds whatever is configured; empty = what is configured holds
   * @throws IllegalArgumentException if there is no such level
   */
  public static void install(String podName, String level) {
    fixedLevel = level;
    JsonLogs.install(
        System.err,
        "",
        level,
        podName.isEmpty() ? Map.of() : Map.of("knative.dev/pod", podName),
        QUIET);
  }

  /**
   * Follows the settings.
   *
   * @param component whose level holds, such as {@code activator}
   */
  public static void follow(LiveConfig config, String component) {
    config.onChange(changed -> use(changed.logging(), component));
  }

  private static void use(LoggingConfig config, String component) {
    try {
      JsonLogs.change(
          config.zapLoggerConfig(),
          fixedLevel.isEmpty() ? config.levels().getOrDefault(component, "") : fixedLevel);
    } catch (IllegalArgumentException e) {
      LoggerFactory.getLogger(RoleLogs.class)
          .warn("config-logging cannot be used, the log stays as it is: {}", e.getMessage());
    }
  }
}
