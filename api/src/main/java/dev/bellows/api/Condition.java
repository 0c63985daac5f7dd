package dev.bellows.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/**
 * One aspect of an object's state, as Knative writes it.
 *
 * @param type name of the aspect, such as {@code Ready}
 * @param status {@link #TRUE}, {@link #FALSE} or {@link #UNKNOWN}
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
  /** The condition holds. */
  public static final String TRUE = "True";

  /** The condition does not hold and will not without a change. */
  public static final String FALSE = "False";

  /** Not decided yet. */
  public static final String UNKNOWN = "Unknown";

  /** The condition that sums up the others. */
  public static final String READY = "Ready";
}
