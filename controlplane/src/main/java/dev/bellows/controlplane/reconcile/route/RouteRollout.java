package dev.bellows.controlplane.reconcile.route;

import dev.bellows.api.networking.KIngress;
import dev.bellows.api.networking.RolloutAnnotation;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.IngressChild;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.core.condition.ConditionSet;
import dev.bellows.core.literal.DurationLiteral;
import dev.bellows.core.rollout.Rollout;
import dev.bellows.core.rollout.Traffic;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How far a Route's latest Revisions have taken over. The state travels in an annotation of the
 * KIngress, next to the shares that it explains and changed in the same write, so that whoever
 * comes after a crash continues it.
 */
final class RouteRollout {
  private RouteRollout() {}

  /** What the KIngress carries; empty if there is none or its numbers cannot be true. */
  static Optional<Rollout> carried(Optional<KIngress> ingress) {
    return ingress
        .map(found -> Children.annotations(found).get(RolloutAnnotation.KEY))
        .flatMap(RolloutAnnotation::read);
  }

  /**
   * The state from this pass on.
   *
   * @param asked where the targets lead in the end
   */
  static Rollout next(Seen seen, Traffic.Assigned asked, Instant now) {
    Rollout wanted = asked.rollout();
    long seconds = duration(seen).toSeconds();
    if (seconds <= 0) {
      return wanted;
    }
    long nanos = nanos(now);
    return carried(seen.ingress())
        .map(before -> before.keeping(seen.revisions()::containsKey))
        .map(before -> follows(seen) ? before.observedReadyAt(nanos, seconds) : before)
        .map(before -> before.towards(wanted, nanos))
        .orElse(wanted);
  }

  /** How long until the next step is due; empty if none is. */
  static Optional<Duration> untilNextStep(Rollout rollout, Instant now) {
    return rollout.nextStepTimeNanos().stream()
        .mapToObj(due -> Duration.ofNanos(Math.max(0, due - nanos(now))))
        .findFirst();
  }

  /** The annotation's, else the one in force for all; admission has refused what is malformed. */
  private static Duration duration(Seen seen) {
    var annotations = Children.annotations(seen.route());
    return Stream.of(WellKnown.ROLLOUT_DURATION, WellKnown.ROLLOUT_DURATION_CAMEL_CASE)
        .map(annotations::get)
        .filter(Objects::nonNull)
        .findFirst()
        .flatMap(written -> DurationLiteral.parse(written).asOptional())
        .orElse(seen.config().network().rolloutDuration());
  }

  /** Whether the networking layer does what it was told last, and the Route has not said so yet. */
  private static boolean follows(Seen seen) {
    var status = seen.route().getStatus();
    boolean told = status != null && status.isTrue(IngressChild.INGRESS_READY);
    return !told
        && seen.ingress()
            .filter(found ->
                found.getStatus() != null
                    && Objects.equals(
                        found.getStatus().observedGeneration(), found.getMetadata().getGeneration())
                    && found.getStatus().isTrue(ConditionSet.READY))
            .isPresent();
  }

  private static long nanos(Instant time) {
    return Math.addExact(
        Math.multiplyExact(time.getEpochSecond(), Duration.ofSeconds(1).toNanos()), time.getNano());
  }
}
