package dev.bellows.api.config;

/**
 * The data of a ConfigMap makes no valid settings. The message names the key and is what the author
 * of the change is answered; who already has settings keeps them.
 */
public final class InvalidConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String reason;

  /** With what the author is to be told. */
  public InvalidConfigException(String reason) {
    super(reason);
    this.reason = reason;
  }

  /** What the author is to be told. */
  public String reason() {
    return reason;
  }
}
