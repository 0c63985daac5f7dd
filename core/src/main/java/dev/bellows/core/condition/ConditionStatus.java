package dev.bellows.core.condition;

/** What is known of a condition. */
public enum ConditionStatus {
  TRUE("True"),
  FALSE("False"),
  UNKNOWN("Unknown");

  private final String wireName;

  ConditionStatus(String wireName) {
    this.wireName = wireName;
  }

  /** {@code True}, {@code False} or {@code Unknown}, as objects carry it. */
  public String wireName() {
    return wireName;
  }

  /**
   * Reads what an object carries; whatever is neither {@code True} nor {@code False} is unknown.
   */
  public static ConditionStatus of(String wireName) {
    return switch (wireName) {
      case "True" -> TRUE;
      case "False" -> FALSE;
      default -> UNKNOWN;
    };
  }
}
