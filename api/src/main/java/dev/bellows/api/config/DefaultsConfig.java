package dev.bellows.api.config;

import dev.bellows.api.quantity.ResourceAmount;
import dev.bellows.core.literal.Literal;
import dev.bellows.core.literal.NumberLiteral;
import dev.bellows.core.validation.FieldError;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * {@code config-defaults}: what a Revision gets where it says nothing, and the limits of what it
 * may ask for. Timeouts in seconds.
 *
 * @param revisionTimeoutSeconds time of a request in all
 * @param maxRevisionTimeoutSeconds the most of it that can be asked for
 * @param revisionResponseStartTimeoutSeconds time until a response begins
 * @param revisionIdleTimeoutSeconds time without a byte; 0 = no limit
 * @param containerConcurrency requests at a time in one pod; 0 = no limit
 * @param containerConcurrencyMaxLimit the most of it that can be asked for
 * @param allowContainerConcurrencyZero whether a Revision may go without limit
 * @param enableServiceLinks whether Services stand in the environment; empty = Kubernetes decides
 * @param resources by {@code requests} and {@code limits}, then by resource
 * @param containerNameTemplate name of containers without one
 * @param initContainerNameTemplate name of init containers without one
 */
public record DefaultsConfig(
    long revisionTimeoutSeconds,
    long maxRevisionTimeoutSeconds,
    long revisionResponseStartTimeoutSeconds,
    long revisionIdleTimeoutSeconds,
    long containerConcurrency,
    long containerConcurrencyMaxLimit,
    boolean allowContainerConcurrencyZero,
    Optional<Boolean> enableServiceLinks,
    Map<String, Map<String, ResourceAmount>> resources,
    NameTemplate containerNameTemplate,
    NameTemplate initContainerNameTemplate) {
  private static final Set<String> TEMPLATE_VALUES = Set.of("Name", "Namespace");
  private static final Set<String> TEMPLATE_MAPS = Set.of("Labels", "Annotations");

  /** What holds without a ConfigMap. */
  public static final DefaultsConfig DEFAULT = parse(Map.of());

  public DefaultsConfig {
    resources = Map.copyOf(resources);
  }

  /**
   * Reads the ConfigMap's data.
   *
   * @throws InvalidConfigException if it is not valid
   */
  public static DefaultsConfig parse(Map<String, String> data) {
    ConfigReader reader = new ConfigReader(data);
    long timeout = reader.longInteger("revision-timeout-seconds", 300);
    DefaultsConfig config =
        new DefaultsConfig(
            timeout,
            reader.longInteger("max-revision-timeout-seconds", 600),
            reader.longInteger("revision-response-start-timeout-seconds", timeout),
            reader.longInteger("revision-idle-timeout-seconds", 0),
            reader.longInteger("container-concurrency", 0),
            reader.longInteger("container-concurrency-max-limit", 1000),
            reader.bool("allow-container-concurrency-zero", true),
            serviceLinks(reader),
            Map.of("requests", amounts(reader, "request"), "limits", amounts(reader, "limit")),
            template(reader, "container-name-template", "user-container"),
            template(reader, "init-container-name-template", "init-container"));
    config.check();
    return config;
  }

  // A word that is no boolean leaves it to Kubernetes.
  private static Optional<Boolean> serviceLinks(ConfigReader reader) {
    return switch (NumberLiteral.parseBoolean(reader.text("enable-service-links", "false"))) {
      case Literal.Value<Boolean>(Boolean value) -> Optional.of(value);
      case Literal.Malformed<Boolean> _, Literal.OutOfRange<Boolean> _ -> Optional.empty();
    };
  }

  private static Map<String, ResourceAmount> amounts(ConfigReader reader, String bound) {
    Map<String, ResourceAmount> amounts = new TreeMap<>();
    for (String resource : Set.of("cpu", "memory", "ephemeral-storage")) {
      reader
          .amount("revision-" + resource + "-" + bound)
          .ifPresent(amount -> amounts.put(resource, amount));
    }
    return amounts;
  }

  private static NameTemplate template(ConfigReader reader, String key, String fallback) {
    return NameTemplate.parse(reader.text(key, fallback), TEMPLATE_VALUES, TEMPLATE_MAPS);
  }

  private void check() {
    notGreater(
        "revision-timeout-seconds",
        revisionTimeoutSeconds,
        "max-revision-timeout-seconds",
        maxRevisionTimeoutSeconds);
    notGreater(
        "revision-response-start-timeout-seconds",
        revisionResponseStartTimeoutSeconds,
        "revision-timeout-seconds",
        revisionTimeoutSeconds);
    notGreater(
        "revision-idle-timeout-seconds",
        revisionIdleTimeoutSeconds,
        "revision-timeout-seconds",
        revisionTimeoutSeconds);
    between("container-concurrency-max-limit", containerConcurrencyMaxLimit, 1, Integer.MAX_VALUE);
    between("container-concurrency", containerConcurrency, 0, containerConcurrencyMaxLimit);
  }

  private static void notGreater(String key, long value, String boundKey, long bound) {
    if (value > bound) {
      throw new InvalidConfigException(
          "%s (%d) cannot be greater than %s (%d)".formatted(key, value, boundKey, bound));
    }
  }

  private static void between(String key, long value, long lowest, long highest) {
    if (value < lowest || value > highest) {
      throw new InvalidConfigException(
          FieldError.outOfBounds("" + value, "" + lowest, "" + highest, key).toString());
    }
  }
}
