package dev.bellows.api.config;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * {@code config-features}: which parts of the pod spec and of the system may be used.
 *
 * @param flags of all features
 * @param securePodDefaults whether containers are locked down unless they say otherwise
 */
public record FeaturesConfig(Map<Feature, Flag> flags, SecurePodDefaults securePodDefaults) {
  /** How far containers are locked down by default. */
  public enum SecurePodDefaults {
    DISABLED,
    /** No escalation, no capabilities, the runtime's seccomp profile; root is allowed. */
    ALLOW_ROOT_BOUNDED,
    /** The same without root. */
    ENABLED
  }

  /** What holds without a ConfigMap. */
  public static final FeaturesConfig DEFAULT = parse(Map.of());

  public FeaturesConfig {
    flags = Map.copyOf(flags);
  }

  /** Reads the ConfigMap's data; a value that is none of the known words counts as absent. */
  public static FeaturesConfig parse(Map<String, String> data) {
    ConfigReader reader = new ConfigReader(data);
    Map<Feature, Flag> flags = new EnumMap<>(Feature.class);
    for (Feature feature : Feature.values()) {
      flags.put(feature, reader.oneOfOrFallback(feature.key(), Flag.class, feature.fallback()));
    }
    return new FeaturesConfig(
        flags,
        reader.oneOfOrFallback(
            "secure-pod-defaults", SecurePodDefaults.class, SecurePodDefaults.DISABLED));
  }

  /** How far a feature is open. */
  public Flag flag(Feature feature) {
    return Objects.requireNonNull(flags.get(feature), feature.key());
  }

  /** Whether a feature is on. */
  public boolean enabled(Feature feature) {
    return flag(feature) == Flag.ENABLED;
  }

  /** Whether a feature may be used. */
  public boolean permits(Feature feature) {
    return flag(feature) != Flag.DISABLED;
  }
}
