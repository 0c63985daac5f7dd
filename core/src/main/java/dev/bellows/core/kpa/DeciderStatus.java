package dev.bellows.core.kpa;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What the reconciler of a PodAutoscaler reads of the decisions so far.
 *
 * @param desiredScale pods wanted; -1 = nothing decided yet
 * @param excessBurstCapacity load that still fits beyond the current one and the target burst
 *     capacity; negative = requests must pass through an activator
 * @param shortAt when there was last too little room, while that keeps the activator in the path;
 *     empty = nothing of the kind is remembered
 */
public record DeciderStatus(int desiredScale, int excessBurstCapacity, Optional<Instant> shortAt) {

  /** The desired scale of a decider that has not decided. */
  public static final int UNDECIDED = -1;

  /**
   * How long there must have been room before the activator leaves the path (ADR 0165); a stable
   * window that is shorter counts instead.
   */
  public static final Duration DWELL = Duration.ofSeconds(30);

  /** Room that a single request more cannot use up. */
  private static final int ONE_REQUEST = 1;

  /** A status in which the burst capacity has not been short. */
  public DeciderStatus(int desiredScale, int excessBurstCapacity) {
    this(desiredScale, excessBurstCapacity, Optional.empty());
  }

  /** What stands before the first decision (autoscaling spec §4, initial decider status). */
  public static DeciderStatus initial(DeciderSpec spec) {
    double burst = spec.targetBurstCapacity();
    double excess =
        burst == -1 || burst == 0 ? burst : spec.initialScale() * spec.totalValue() - burst;
    // The cast truncates as upstream does: -0.5 becomes 0, which is not negative.
    return new DeciderStatus(UNDECIDED, (int) excess);
  }

  /** What stands after a decision that follows this status. */
  public DeciderStatus then(ScaleResult.Scale scale, DeciderSpec spec, Instant now) {
    int excess = scale.excessBurstCapacity();
    return new DeciderStatus(scale.desiredPodCount(), excess, shortAt(excess, spec, now));
  }

  private Optional<Instant> shortAt(int excess, DeciderSpec spec, Instant now) {
    if (excess < 0) {
      return Optional.of(now);
    }
    // Without a burst capacity to keep, the excess is always 0, and the activator only at zero.
    if (shortAt.isEmpty() || spec.targetBurstCapacity() == 0) {
      return Optional.empty();
    }
    return excess < ONE_REQUEST
        ? Optional.of(now)
        : shortAt.filter(at -> now.isBefore(at.plus(dwell(spec))));
  }

  /** How long there must have been room before the activator leaves the path. */
  public static Duration dwell(DeciderSpec spec) {
    return spec.stableWindow().compareTo(DWELL) < 0 ? spec.stableWindow() : DWELL;
  }

  /** Whether requests may go straight to the pods, if there are any. */
  public boolean hasRoom() {
    return excessBurstCapacity >= 0 && shortAt.isEmpty();
  }

  /**
   * Whether the PodAutoscaler must be reconciled when this status follows {@code before}: only if
   * the number of pods changed, the burst capacity changed its sign (autoscaling spec §7; zero
   * counts as positive), or the activator may now leave the path. Its size alone moves with every
   * request.
   */
  public boolean mustBeToldAfter(DeciderStatus before) {
    return desiredScale != before.desiredScale
        || (excessBurstCapacity < 0) != (before.excessBurstCapacity < 0)
        || hasRoom() != before.hasRoom();
  }
}
