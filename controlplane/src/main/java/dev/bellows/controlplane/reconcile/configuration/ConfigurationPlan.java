package dev.bellows.controlplane.reconcile.configuration;

import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.ConfigurationStatus;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.RevisionTemplateSpec;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Plan;
import dev.bellows.controlplane.reconcile.RevisionNames;
import dev.bellows.controlplane.reconcile.StatusConditions;
import dev.bellows.controlplane.reconcile.Step;
import dev.bellows.controlplane.reconcile.Step.Severity;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.core.condition.Condition;
import dev.bellows.core.condition.ConditionSet;
import dev.bellows.core.condition.Conditions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Decides which Revision a Configuration needs, and which of its Revisions was ready last. */
final class ConfigurationPlan {
  static final ConditionSet CONDITIONS = ConditionSet.living();
  private static final String REVISION_FAILED = "RevisionFailed";

  private final Seen seen;
  private final Configuration configuration;
  private final Instant now;
  private final List<Step> steps = new ArrayList<>();
  private Conditions conditions;
  private @Nullable String latestCreated;
  private @Nullable String latestReady;

  private ConfigurationPlan(Seen seen, Instant now) {
    this.seen = seen;
    this.configuration = seen.configuration();
    this.now = now;
    ConfigurationStatus status = configuration.getStatus();
    this.conditions =
        StatusConditions.before(
            CONDITIONS, status, configuration.getMetadata().getGeneration(), now);
    this.latestCreated = status == null ? null : status.latestCreatedRevisionName();
    this.latestReady = status == null ? null : status.latestReadyRevisionName();
  }

  /** What to write, given what is seen. */
  static Plan plan(Seen seen, Instant now) {
    return new ConfigurationPlan(seen, now).plan();
  }

  /** What to write when the Revision was refused. */
  static Plan creationRefused(Seen seen, Instant now, String message) {
    ConfigurationPlan plan = new ConfigurationPlan(seen, now);
    plan.markCreationFailed(message);
    plan.announce(Severity.WARNING, "CreationFailed", "Failed to create Revision: " + message);
    return plan.end();
  }

  private Plan plan() {
    RevisionTemplateSpec template = configuration.getSpec().template();
    if (template == null || template.spec() == null) {
      return Plan.NOTHING; // admission refuses it; what got past has nothing to run
    }
    if (seen.named().isPresent()
        && RevisionNames.isTaken(seen.named().get(), configuration, template)) {
      markCreationFailed(
          "a Revision named \"%s\" exists already and is another one"
              .formatted(seen.named().get().getMetadata().getName()));
      return end();
    }
    Optional<Revision> current = seen.named().or(this::ofCurrentGeneration);
    if (current.isEmpty()) {
      Revision revision = NewRevision.of(configuration, template, now);
      steps.add(new Step.Create(revision));
      announce(
          Severity.NORMAL,
          "Created",
          "Created Revision \"%s\".".formatted(revision.getMetadata().getName()));
      created(revision.getMetadata().getName());
    } else {
      created(current.get().getMetadata().getName());
      judge(current.get());
    }
    findLatestReady(current);
    return end();
  }

  private Optional<Revision> ofCurrentGeneration() {
    String generation = String.valueOf(configuration.getMetadata().getGeneration());
    return seen.revisions().stream()
        .filter(revision ->
            generation.equals(Children.labels(revision).get(WellKnown.CONFIGURATION_GENERATION)))
        .findFirst();
  }

  private void created(String name) {
    latestCreated = name;
    if (!name.equals(latestReady)) {
      conditions = conditions.markUnknown(ConditionSet.READY, "", "", now);
    }
  }

  /** A Revision that fails takes the Configuration with it; one that only doubts does not. */
  private void judge(Revision current) {
    Optional<Condition> ready = ready(current);
    if (!ready.map(Condition::isFalse).orElse(false)) {
      return;
    }
    String name = current.getMetadata().getName();
    Conditions before = StatusConditions.stored(CONDITIONS, configuration.getStatus());
    conditions =
        conditions.markFalse(
            ConditionSet.READY,
            REVISION_FAILED,
            "Revision \"%s\" failed with message: %s."
                .formatted(name, ready.orElseThrow().message()),
            now);
    if (!before.isFalse(ConditionSet.READY)) {
      announce(
          Severity.WARNING,
          name.equals(latestReady) ? "LatestReadyFailed" : "LatestCreatedFailed",
          "Revision \"%s\" has failed.".formatted(name));
    }
  }

  /**
   * The newest Revision that is ready, but none older than the one that was: going back takes a
   * template that names an old Revision.
   */
  private void findLatestReady(Optional<Revision> current) {
    long oldest =
        seen.revisions().stream()
            .filter(revision -> revision.getMetadata().getName().equals(latestReady))
            .mapToLong(RevisionNames::generation)
            .findFirst()
            .orElse(0);
    long newest = configuration.getMetadata().getGeneration();
    List<Revision> candidates = new ArrayList<>();
    seen.named().ifPresent(candidates::add);
    seen.revisions().stream()
        .filter(revision ->
            RevisionNames.generation(revision) >= oldest
                && RevisionNames.generation(revision) <= newest)
        .sorted(Comparator.comparingLong(RevisionNames::generation).reversed())
        .forEach(candidates::add);
    candidates.stream()
        .filter(revision -> isReady(revision))
        .findFirst()
        .ifPresent(revision -> becomesReady(revision, current));
  }

  private void becomesReady(Revision revision, Optional<Revision> current) {
    String name = revision.getMetadata().getName();
    String before = latestReady;
    latestReady = name;
    if (name.equals(latestCreated) && current.isPresent()) {
      conditions = conditions.markTrue(ConditionSet.READY, now);
    }
    if (before == null) {
      announce(Severity.NORMAL, "ConfigurationReady", "Configuration becomes ready.");
    }
    if (!name.equals(before)) {
      announce(
          Severity.NORMAL,
          "LatestReadyUpdate",
          "LatestReadyRevisionName updated to \"%s\".".formatted(name));
    }
  }

  private void markCreationFailed(String message) {
    conditions =
        conditions.markFalse(
            ConditionSet.READY,
            REVISION_FAILED,
            "Revision creation failed with message: " + message + ".",
            now);
  }

  private void announce(Severity severity, String reason, String message) {
    steps.add(new Step.Announce(configuration, severity, reason, message));
  }

  private Plan end() {
    ConfigurationStatus before = configuration.getStatus();
    ConfigurationStatus after =
        new ConfigurationStatus(
            configuration.getMetadata().getGeneration(),
            StatusConditions.after(CONDITIONS, conditions, before),
            before == null ? Map.of() : before.annotations(),
            latestReady,
            latestCreated);
    if (!after.equals(before)) {
      steps.add(StatusConditions.update(new Configuration(), configuration, after));
    }
    return new Plan(steps, Outcome.done());
  }

  private static Optional<Condition> ready(Revision revision) {
    return revision.getStatus() == null
        ? Optional.empty()
        : revision.getStatus().condition(ConditionSet.READY).map(dev.bellows.api.Condition::read);
  }

  private static boolean isReady(Revision revision) {
    return ready(revision).map(Condition::isTrue).orElse(false);
  }
}
