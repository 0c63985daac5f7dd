package dev.bellows.core.podautoscaler;

import dev.bellows.core.kpa.ScaleBounds;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** From what the decider desires to what the Revision gets (autoscaling spec §8, scale). */
final class Scaler {
  private Scaler() {}

  /** What scaling came to. */
  sealed interface Scaling {
    /** So many pods are wanted, and this is to be done. */
    record Settled(Want want) implements Scaling {}

    /** The activator must be asked first. */
    record Ask() implements Scaling {}
  }

  static Scaling scale(Observed seen, int desired, Instant now) {
    if (desired < 0 && !seen.status().isActivating()) {
      return new Scaling.Settled(
          new Want(desired, List.of(), "Pods stay, because nothing has been decided yet."));
    }
    ScaleBounds bounds = bounds(seen);
    int pods = bounds.apply(desired);
    return settle(seen, pods, because(pods, desired, bounds), now);
  }

  /** Anything but the last pod goes at once. */
  static Scaling settle(Observed seen, int pods, String because, Instant now) {
    return pods == 0
        ? toZero(seen, now)
        : new Scaling.Settled(apply(seen, pods, Optional.empty(), because));
  }

  /** While the Revision has not begun, it is to begin with its initial scale at least. */
  private static ScaleBounds bounds(Observed seen) {
    ScaleBounds bounds = seen.settings().scaleBounds();
    int initial = seen.settings().initialScale();
    boolean beginning =
        initial > 1
            && !seen.status().isScaleTargetInitialized()
            && seen.settings().deciderSpec().reachable();
    return beginning ? new ScaleBounds(Math.max(initial, bounds.min()), bounds.max()) : bounds;
  }

  private static Scaling toZero(Observed seen, Instant now) {
    return switch (ScaleToZero.decide(seen, now)) {
      case ScaleToZero.Verdict.Apply(int pods, Optional<Duration> lookAgain, String because) ->
          new Scaling.Settled(apply(seen, pods, lookAgain, because));
      case ScaleToZero.Verdict.Stay(int want, Optional<Duration> lookAgain, String because) ->
          new Scaling.Settled(
              new Want(
                  want,
                  lookAgain.<ScalingStep>map(ScalingStep.LookAgain::new).stream().toList(),
                  because));
      case ScaleToZero.Verdict.Ask() -> new Scaling.Ask();
      case ScaleToZero.Verdict.KeepAsking(String because) ->
          new Scaling.Settled(new Want(0, List.of(new ScalingStep.KeepProbing()), because));
    };
  }

  private static Want apply(Observed seen, int pods, Optional<Duration> lookAgain, String because) {
    List<ScalingStep> steps = new ArrayList<>();
    if (seen.target().isPresent() && seen.target().get().replicas().orElse(1) != pods) {
      steps.add(new ScalingStep.SetReplicas(pods));
    }
    lookAgain.map(ScalingStep.LookAgain::new).ifPresent(steps::add);
    return new Want(pods, steps, because);
  }

  private static String because(int pods, int desired, ScaleBounds bounds) {
    String wanted = pods == 1 ? "1 pod is wanted" : pods + " pods are wanted";
    if (desired < bounds.min()) {
      return wanted
          + ", because the Revision must have at least "
          + bounds.min()
          + (desired < 0 ? "." : ", although its load asks for only " + desired + ".");
    }
    return pods < desired
        ? wanted
            + ", because the Revision may have no more, although its load asks for "
            + desired
            + "."
        : wanted + ", because its load asks for that many.";
  }
}
