package dev.bellows.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bellows.core.condition.ConditionSet;
import dev.bellows.core.condition.ConditionStatus;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One aspect of an object's state, as Knative writes it.
 *
 * @param type name of the aspect, such as {@code Ready}
 * @param status {@code True}, {@code False} or {@code Unknown}
 * @param severity absent (an error) for Ready and what it depends on, {@code Info} otherwise
 * @param lastTransitionTime RFC 3339, UTC, whole seconds: when the condition last changed
 * @param reason one word in CamelCase
 * @param message one sentence for a person
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Condition(
    @JsonPropertyDescription("Name of the aspect.") String type,
    @JsonPropertyDescription("True, False or Unknown.") String status,
    @JsonPropertyDescription("Absent if Ready depends on it, Info otherwise.")
        @Nullable String severity,
    @JsonPropertyDescription("When it last changed.") @Nullable String lastTransitionTime,
    @JsonPropertyDescription("Why, in one word.") @Nullable String reason,
    @JsonPropertyDescription("Why, for a person.") @Nullable String message) {
  /** The condition that sums up the others. */
  public static final String READY = ConditionSet.READY;

  /** The wire form of a condition. */
  public static Condition of(dev.bellows.core.condition.Condition condition) {
    return new Condition(
        condition.type(),
        condition.status().wireName(),
        condition.severity(),
        condition.lastTransition().truncatedTo(ChronoUnit.SECONDS).toString(),
        condition.reason(),
        condition.message());
  }

  /** What it says; without a readable time it has been so for ever. */
  public dev.bellows.core.condition.Condition read() {
    return new dev.bellows.core.condition.Condition(
        type,
        ConditionStatus.of(status),
        Objects.requireNonNullElse(severity, ""),
        Objects.requireNonNullElse(reason, ""),
        Objects.requireNonNullElse(message, ""),
        since());
  }

  private Instant since() {
    try {
      return lastTransitionTime == null ? Instant.EPOCH : Instant.parse(lastTransitionTime);
    } catch (DateTimeParseException unreadable) {
      return Instant.EPOCH;
    }
  }
}
