package dev.bellows.core.podautoscaler;

import dev.bellows.core.condition.Condition;
import dev.bellows.core.kpa.AutoscalerConfig;
import dev.bellows.core.kpa.ScalingSettings;
import dev.bellows.core.literal.DurationLiteral;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What to do when no pods are wanted (autoscaling spec §8, the table of d == 0): the last pod goes
 * in two moves. First the Revision is marked inactive, which puts the activator into the path; only
 * when that has been so for the grace period, and the activator itself answers at the Revision's
 * address, do the pods go. A request that is on its way meanwhile always finds somebody.
 */
final class ScaleToZero {
  /** Added to the progress deadline before pods that do not come up are given up. */
  private static final Duration ACTIVATION_BUFFER = Duration.ofSeconds(30);

  /** When to look whether the activator has come into the path after traffic ended. */
  private static final Duration PROXY_RECHECK = Duration.ofSeconds(3);

  private ScaleToZero() {}

  /** What to do. */
  sealed interface Verdict {
    /**
     * Have this many pods.
     *
     * @param lookAgain when time alone will change this, if it will
     */
    record Apply(int pods, Optional<Duration> lookAgain, String because) implements Verdict {}

    /**
     * Leave the pods as they are.
     *
     * @param want what to report as wanted
     * @param lookAgain when time alone will change this, if it will
     */
    record Stay(int want, Optional<Duration> lookAgain, String because) implements Verdict {}

    /** Ask the activator first. */
    record Ask() implements Verdict {}

    /** Leave the pods as they are until the activator answers. */
    record KeepAsking(String because) implements Verdict {}
  }

  static Verdict decide(Observed seen, Instant now) {
    ScalingSettings settings = seen.settings();
    PodAutoscalerStatus status = seen.status();
    if (!settings.config().enableScaleToZero()) {
      return new Verdict.Apply(
          1, Optional.empty(), "1 pod is wanted, because scaling to zero is switched off.");
    }
    Duration inState =
        status
            .conditions()
            .get(PodAutoscalerStatus.ACTIVE)
            .map(Condition::lastTransition)
            .map(since -> Duration.between(since, now))
            .orElse(Duration.ZERO);
    if (status.isActivating()) {
      return whileActivating(seen, inState);
    }
    return status.isInactive() ? whileInactive(seen, inState, now) : whileActive(seen, inState);
  }

  private static Verdict whileActivating(Observed seen, Duration activatingFor) {
    Duration limit =
        seen.settings()
            .annotations()
            .progressDeadline()
            .orElse(seen.progressDeadline())
            .plus(ACTIVATION_BUFFER);
    if (activatingFor.compareTo(limit) > 0) {
      return new Verdict.Apply(
          0,
          Optional.empty(),
          "No pods are wanted, because none became ready within " + text(limit) + ".");
    }
    return new Verdict.Stay(
        Want.UNDECIDED,
        Optional.of(limit),
        "Pods stay, because they have been coming up for only " + text(activatingFor) + ".");
  }

  private static Verdict whileActive(Observed seen, Duration activeFor) {
    Duration window = seen.settings().stableWindow();
    if (activeFor.compareTo(window) >= 0) {
      boolean proxying = seen.sks().filter(sks -> sks.spec().mode() == SksMode.PROXY).isPresent();
      return new Verdict.Stay(
          0,
          proxying ? Optional.of(PROXY_RECHECK) : Optional.empty(),
          "No pods are wanted, but they stay until the activator is in the path.");
    }
    return new Verdict.Apply(
        1,
        Optional.of(window.minus(activeFor)),
        "1 pod is wanted, because the Revision has been active for only %s of its stable window of %s."
            .formatted(text(activeFor), text(window)));
  }

  private static Verdict whileInactive(Observed seen, Duration inactiveFor, Instant now) {
    ScalingSettings settings = seen.settings();
    AutoscalerConfig config = settings.config();
    // With an unlimited burst capacity the activator never leaves the path: no need to ask.
    if (settings.targetBurstCapacity() != -1) {
      if (seen.probe().isEmpty()) {
        return new Verdict.Ask();
      }
      if (seen.probe().get() == ProbeAnswer.NO_ACTIVATOR) {
        return new Verdict.KeepAsking(
            "No pods are wanted, but they stay, because the activator does not answer yet.");
      }
    }
    Duration retention = settings.scaleToZeroPodRetentionPeriod();
    Duration grace = config.scaleToZeroGracePeriod();
    Duration enough = retention.compareTo(grace) > 0 ? retention : grace;
    if (inactiveFor.compareTo(enough) >= 0) {
      return new Verdict.Apply(
          0,
          Optional.empty(),
          "No pods are wanted, because there has been no traffic for " + text(inactiveFor) + ".");
    }
    if (inactiveFor.compareTo(retention) < 0) {
      return new Verdict.Stay(
          0,
          Optional.of(retention.minus(inactiveFor)),
          "No pods are wanted, but they stay for the retention period of " + text(retention) + ".");
    }
    Duration proxying =
        seen.sks()
            .flatMap(Observed.Sks::proxyingSince)
            .map(since -> Duration.between(since, now))
            .orElse(Duration.ZERO);
    if (proxying.compareTo(grace) >= 0) {
      return new Verdict.Apply(
          0,
          Optional.empty(),
          "No pods are wanted, because the activator has been in the path for "
              + text(proxying)
              + ".");
    }
    return new Verdict.Stay(
        0,
        Optional.of(grace.minus(proxying)),
        "No pods are wanted, but they stay for the grace period of " + text(grace) + ".");
  }

  private static String text(Duration duration) {
    return DurationLiteral.print(duration);
  }
}
