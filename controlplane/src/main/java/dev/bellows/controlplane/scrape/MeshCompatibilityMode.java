package dev.bellows.controlplane.scrape;

/** Whether pods can be asked one by one (key mesh-compatibility-mode of config-network). */
public enum MeshCompatibilityMode {
  /** By themselves, unless only a mesh answers. */
  AUTO,
  /** A mesh is there: only through their Service. */
  ENABLED,
  /** There is none: only by themselves. */
  DISABLED;

  /** Reads the key's value; whatever is unknown is {@link #AUTO}. */
  public static MeshCompatibilityMode of(String value) {
    return switch (value) {
      case "enabled" -> ENABLED;
      case "disabled" -> DISABLED;
      default -> AUTO;
    };
  }
}
