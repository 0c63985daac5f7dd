package dev.bellows.controlplane.reconcile.gc;

import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.Revision;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Plan;
import dev.bellows.controlplane.reconcile.Step;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.core.gc.Collection;
import dev.bellows.core.gc.NonActiveRevision;
import dev.bellows.core.gc.Retention;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides which Revisions of a Configuration are deleted. */
final class GcPlan {
  private static final Logger log = LoggerFactory.getLogger(GcPlan.class);

  private GcPlan() {}

  /**
   * @param revisions those that the Configuration controls
   */
  static Plan plan(
      Configuration configuration, List<Revision> revisions, Retention retention, Instant now) {
    Map<String, Revision> nonActive =
        revisions.stream()
            .filter(revision -> isNonActive(revision, configuration))
            .collect(Collectors.toMap(each -> each.getMetadata().getName(), Function.identity()));
    Collection collection =
        retention.collect(nonActive.values().stream().map(GcPlan::facts).toList(), now);
    collection.discards().forEach(discard -> log.info("{}", discard));
    List<Step> steps =
        collection.discards().stream()
            .<Step>map(discard ->
                new Step.Delete(Objects.requireNonNull(nonActive.get(discard.revisionName()))))
            .toList();
    return new Plan(
        steps,
        collection
            .nextLook()
            .<Outcome>map(time -> new Outcome.LookAgain(Duration.between(now, time)))
            .orElse(Outcome.done()));
  }

  /** One that is on its way to be led to, or that requests could fall back on, is never deleted. */
  private static boolean isNonActive(Revision revision, Configuration configuration) {
    boolean latestReady =
        configuration.getStatus() != null
            && revision
                .getMetadata()
                .getName()
                .equals(configuration.getStatus().latestReadyRevisionName());
    boolean preserved = Boolean.parseBoolean(Children.annotations(revision).get(WellKnown.NO_GC));
    return !latestReady
        && !preserved
        && !Children.isBeingDeleted(revision)
        && WellKnown.RESERVE.equals(Children.labels(revision).get(WellKnown.ROUTING_STATE));
  }

  private static NonActiveRevision facts(Revision revision) {
    Instant created = Instant.parse(revision.getMetadata().getCreationTimestamp());
    return new NonActiveRevision(
        revision.getMetadata().getName(), created, lastActive(revision, created));
  }

  private static Instant lastActive(Revision revision, Instant created) {
    String written = Children.annotations(revision).get(WellKnown.ROUTING_STATE_MODIFIED);
    try {
      return written == null ? created : Instant.parse(written);
    } catch (DateTimeParseException e) {
      return created; // someone edited the annotation: as good as none
    }
  }
}
