package dev.bellows.core.condition;

import java.time.Instant;

/**
 * One line of an object's status: whether something holds, why, and since when.
 *
 * @param type what may hold, such as {@code Ready}
 * @param status whether it does
 * @param severity {@code ""} when the condition counts towards Ready, {@code Info} when it does not
 * @param reason one word for programs, empty if there is nothing to explain
 * @param message a sentence for people, empty if there is nothing to explain
 * @param lastTransition when status, reason or message last changed; objects carry whole seconds
 */
public record Condition(
    String type,
    ConditionStatus status,
    String severity,
    String reason,
    String message,
    Instant lastTransition) {
  /** Whether it holds. */
  public boolean isTrue() {
    return status == ConditionStatus.TRUE;
  }

  /** Whether it does not hold. */
  public boolean isFalse() {
    return status == ConditionStatus.FALSE;
  }

  /** Whether nobody knows yet. */
  public boolean isUnknown() {
    return status == ConditionStatus.UNKNOWN;
  }

  /** Whether both say the same, whenever they began to. */
  public boolean saysTheSameAs(Condition other) {
    return type.equals(other.type)
        && status == other.status
        && severity.equals(other.severity)
        && reason.equals(other.reason)
        && message.equals(other.message);
  }

  Condition since(Instant instant) {
    return new Condition(type, status, severity, reason, message, instant);
  }

  /** {@code Active=False (NoTraffic: …)}. */
  @Override
  public String toString() {
    String text = type + "=" + status.wireName();
    if (reason.isEmpty() && message.isEmpty()) {
      return text;
    }
    return text + " (" + reason + (message.isEmpty() ? "" : ": " + message) + ")";
  }
}
