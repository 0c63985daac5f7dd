package dev.bellows.core.podautoscaler;

import java.util.List;

/**
 * How many pods a Revision should have, after its bounds and the rules of scaling to zero.
 *
 * @param pods how many; {@link #UNDECIDED} = nothing is decided, everything stays
 * @param steps what to do about it
 * @param because why, as one sentence
 */
public record Want(int pods, List<ScalingStep> steps, String because) {
  /** Nothing is decided. */
  public static final int UNDECIDED = -1;

  public Want {
    steps = List.copyOf(steps);
  }

  @Override
  public String toString() {
    return because;
  }
}
