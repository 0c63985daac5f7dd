package dev.bellows.core.kpa;

/** Whether any Route may send requests to a Revision; {@code spec.reachability}. */
public enum Reachability {
  /** Nobody has said yet; counts as reachable. */
  UNKNOWN(""),
  /** Some Route may. */
  REACHABLE("Reachable"),
  /** No Route does, or its pods cannot come up: it needs no pods. */
  UNREACHABLE("Unreachable");

  private final String wireName;

  Reachability(String wireName) {
    this.wireName = wireName;
  }

  /** {@code ""}, {@code Reachable} or {@code Unreachable}. */
  public String wireName() {
    return wireName;
  }

  /** Reads the field; an unknown word is as good as none. */
  public static Reachability of(String wireName) {
    return switch (wireName) {
      case "Reachable" -> REACHABLE;
      case "Unreachable" -> UNREACHABLE;
      default -> UNKNOWN;
    };
  }
}
