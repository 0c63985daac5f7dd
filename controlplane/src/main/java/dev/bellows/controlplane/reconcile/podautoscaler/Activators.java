package dev.bellows.controlplane.reconcile.podautoscaler;

import dev.bellows.core.kpa.ScalingSettings;
import dev.bellows.core.podautoscaler.Plan;
import dev.bellows.core.podautoscaler.SksSpec;

/**
 * Spares a ServerlessService the changes that follow from each pod of a Revision that comes up: it
 * is counted how many activators the pods ask for that are wanted, before they are ready (ADR
 * 0190).
 */
final class Activators {
  private Activators() {}

  /** A new ServerlessService, with the activators that its first pods will ask for. */
  static SksSpec atFirst(SksSpec spec, ScalingSettings settings) {
    int pods = Math.max(settings.initialScale(), settings.scaleBounds().min());
    return new SksSpec(
        spec.mode(),
        spec.objectRef(),
        spec.protocol(),
        Math.max(spec.numActivators(), settings.deciderSpec().numActivators(pods)));
  }

  /** Whether two specs say the same but for how many activators there are. */
  static boolean isAllThatDiffers(SksSpec has, SksSpec wanted) {
    return new SksSpec(has.mode(), has.objectRef(), has.protocol(), wanted.numActivators())
        .equals(wanted);
  }

  /** Whether there are only more than are needed until the pods are ready that are on their way. */
  static boolean willBeRight(SksSpec has, SksSpec wanted, Plan.Proceed plan) {
    return wanted.numActivators() < has.numActivators() && plan.pods().ready() < plan.want().pods();
  }
}
