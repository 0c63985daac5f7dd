package dev.bellows.core.podautoscaler;

import java.util.List;
import java.util.Optional;

/** What is to be done for a PodAutoscaler. */
public sealed interface Plan {
  /**
   * Ask for the activator at the Revision's Service, and plan again with the answer: pods may only
   * go when requests no longer reach them directly.
   *
   * @param serviceName the Service to ask at
   */
  record AskActivator(String serviceName) implements Plan {
    @Override
    public String toString() {
      return "Whether the activator is in the path at " + serviceName + " must be known first.";
    }
  }

  /**
   * Do this, in this order, then write the status.
   *
   * @param steps what to do
   * @param status what to write
   * @param failure what makes this pass fail although its status is written; absent = nothing
   * @param want how many pods, and why
   * @param pods what was counted
   */
  record Proceed(
      List<ScalingStep> steps,
      PodAutoscalerStatus status,
      Optional<String> failure,
      Want want,
      PodCounts pods)
      implements Plan {
    public Proceed {
      steps = List.copyOf(steps);
    }

    /** The reason, as one sentence. */
    @Override
    public String toString() {
      return failure.orElse(want.because());
    }
  }
}
