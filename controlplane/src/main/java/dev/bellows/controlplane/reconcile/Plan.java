package dev.bellows.controlplane.reconcile;

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

  /** Applies every step. */
  public Outcome applyWith(Writer writer) {
    steps.forEach(writer::apply);
    return outcome;
  }
}
