package dev.bellows.core.podautoscaler;

/** Who answers for a Revision; {@code spec.mode} of its ServerlessService. */
public enum SksMode {
  /** Its own pods. */
  SERVE("Serve"),
  /** Activators, which pass requests on or hold them. */
  PROXY("Proxy");

  private final String wireName;

  SksMode(String wireName) {
    this.wireName = wireName;
  }

  /** {@code Serve} or {@code Proxy}. */
  public String wireName() {
    return wireName;
  }

  /** Reads the field; whatever is not {@code Proxy} serves. */
  public static SksMode of(String wireName) {
    return wireName.equals(PROXY.wireName) ? PROXY : SERVE;
  }
}
