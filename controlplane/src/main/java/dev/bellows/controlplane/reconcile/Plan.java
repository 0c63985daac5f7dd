package dev.bellows.controlplane.reconcile;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;

/**
 * What one pass decided: the writes, in order, and what is left for later.
 *
 * @param steps applied in order; the first that fails ends the pass
 * @param outcome of the pass, if all steps succeed
 */
public record Plan(List<Step> steps, Outcome outcome) {
  /** Nothing to write, nothing to wait for. */
  public static final Plan NOTHING = new Plan(List.of(), Outcome.done());

  public Plan {
    steps = List.copyOf(steps);
  }

  /** These writes, and nothing left for later. */
  public static Plan of(List<Step> steps) {
    return new Plan(steps, Outcome.done());
  }

  /** What is to be written where the API refuses to create an object: mostly, why. */
  @FunctionalInterface
  public interface IfRefused {
    Plan plan(HasMetadata child, String message);
  }

  /**
   * Applies every step; where the API refuses to create an object, what {@code ifRefused} makes of
   * it, too.
   *
   * @throws StepFailed if a step failed, that one included
   */
  public Outcome applyWith(Writer writer, IfRefused ifRefused) {
    try {
      return applyWith(writer);
    } catch (StepFailed e) {
      if (e.step() instanceof Step.Create(HasMetadata child) && e.why() == StepFailed.Why.REFUSED) {
        ifRefused.plan(child, String.valueOf(e.getMessage())).applyWith(writer);
      }
      throw e;
    }
  }

  /** Applies every step. */
  public Outcome applyWith(Writer writer) {
    for (Step step : steps) {
      if (!(step instanceof Step.UpdateStatus(_, boolean interim) && interim && Interim.waits())) {
        writer.apply(step);
      }
    }
    return outcome;
  }
}
