package dev.bellows.controlplane.reconcile.service;

import dev.bellows.api.ConditionedStatus;
import dev.bellows.api.serving.Addressable;
import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.Route;
import dev.bellows.api.serving.Service;
import dev.bellows.api.serving.ServiceStatus;
import dev.bellows.api.serving.TrafficTarget;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Plan;
import dev.bellows.controlplane.reconcile.RevisionNames;
import dev.bellows.controlplane.reconcile.StatusConditions;
import dev.bellows.controlplane.reconcile.Step;
import dev.bellows.controlplane.reconcile.Step.Severity;
import dev.bellows.core.condition.Condition;
import dev.bellows.core.condition.ConditionSet;
import dev.bellows.core.condition.Conditions;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Decides what a Service's Configuration and Route should be, and sums up how they are. */
final class ServicePlan {
  static final String CONFIGURATIONS_READY = "ConfigurationsReady";
  static final String ROUTES_READY = "RoutesReady";
  static final ConditionSet CONDITIONS = ConditionSet.living(CONFIGURATIONS_READY, ROUTES_READY);

  private final Seen seen;
  private final Service service;
  private final Instant now;
  private final List<Step> steps = new ArrayList<>();
  private Conditions conditions;
  private @Nullable String latestCreated;
  private @Nullable String latestReady;
  private @Nullable String url;
  private @Nullable Addressable address;
  private List<TrafficTarget> traffic = List.of();

  private ServicePlan(Seen seen, Instant now) {
    this.seen = seen;
    this.service = seen.service();
    this.now = now;
    ServiceStatus status = service.getStatus();
    this.conditions =
        StatusConditions.before(CONDITIONS, status, service.getMetadata().getGeneration(), now);
    if (status != null) {
      latestCreated = status.latestCreatedRevisionName();
      latestReady = status.latestReadyRevisionName();
      url = status.url();
      address = status.address();
      traffic = status.traffic();
    }
  }

  /** What to write, given what is seen. */
  static Plan plan(Seen seen, Instant now) {
    return new ServicePlan(seen, now).plan();
  }

  /** The event that tells of a child that was refused. */
  static Plan creationRefused(Service service, HasMetadata child, String message) {
    return Plan.of(
        List.of(
            new Step.Announce(
                service,
                Severity.WARNING,
                "CreationFailed",
                "Failed to create %s \"%s\": %s"
                    .formatted(child.getKind(), child.getMetadata().getName(), message))));
  }

  private Plan plan() {
    Optional<Configuration> configuration = seen.configuration();
    if (configuration.isPresent() && !Children.isControlledBy(configuration.get(), service)) {
      return notOwned(CONFIGURATIONS_READY, configuration.get());
    }
    boolean observed =
        bring(ServiceChildren.configuration(service, configuration, seen.route()), configuration);
    boolean namesRevision =
        Optional.ofNullable(service.getSpec().template()).flatMap(RevisionNames::asked).isPresent();
    if (configuration.isEmpty() || !observed) {
      conditions =
          conditions.markUnknown(
              CONFIGURATIONS_READY, "OutOfDate", outOfDate("Configuration"), now);
      if (namesRevision) {
        // The Route would follow the name to an older Revision of other content.
        return end(Outcome.done());
      }
    } else {
      copy(CONFIGURATIONS_READY, configuration.get().getStatus());
      latestCreated = configuration.get().getStatus().latestCreatedRevisionName();
      latestReady = configuration.get().getStatus().latestReadyRevisionName();
      if (nameIsTaken(configuration.get())) {
        conditions =
            conditions.markFalse(
                ROUTES_READY,
                "RevisionNameTaken",
                "The revision name \"%s\" is taken by a conflicting Revision, so traffic will not"
                        .formatted(
                            RevisionNames.asked(
                                    Objects.requireNonNull(service.getSpec().template()))
                                .orElseThrow())
                    + " be migrated",
                now);
        return end(Outcome.done());
      }
    }
    return planRoute();
  }

  private Plan planRoute() {
    Optional<Route> route = seen.route();
    if (route.isPresent() && !Children.isControlledBy(route.get(), service)) {
      return notOwned(ROUTES_READY, route.get());
    }
    Route wanted = ServiceChildren.route(service);
    boolean observed = bring(wanted, route);
    if (route.isEmpty() || !observed) {
      conditions = conditions.markUnknown(ROUTES_READY, "OutOfDate", outOfDate("Route"), now);
      return end(Outcome.done());
    }
    copy(ROUTES_READY, route.get().getStatus());
    url = route.get().getStatus().url();
    address = route.get().getStatus().address();
    traffic = route.get().getStatus().traffic();
    if (conditions.isTrue(ROUTES_READY)
        && !Migration.isComplete(wanted.getSpec().traffic(), traffic, latestReady)) {
      conditions =
          conditions.markUnknown(
              ROUTES_READY, "TrafficNotMigrated", "Traffic is not yet migrated.", now);
    }
    return end(Outcome.done());
  }

  /**
   * Of a Configuration and a Route that both fail, Ready tells the Configuration's reason: the
   * Route fails for want of a Revision, and why there is none is what a person must know (ADR
   * 0045).
   */
  private void tellTheCause() {
    conditions
        .get(CONFIGURATIONS_READY)
        .filter(Condition::isFalse)
        .ifPresent(cause ->
            conditions =
                conditions.markFalse(CONFIGURATIONS_READY, cause.reason(), cause.message(), now));
  }

  /**
   * Creates or changes a child.
   *
   * @return whether the child's status speaks of what we want of it
   */
  private <S, T extends ConditionedStatus, R extends CustomResource<S, T>> boolean bring(
      R wanted, Optional<R> found) {
    if (found.isEmpty()) {
      steps.add(new Step.Create(wanted));
      steps.add(
          new Step.Announce(
              service,
              Severity.NORMAL,
              "Created",
              "Created %s \"%s\"".formatted(wanted.getKind(), wanted.getMetadata().getName())));
      return false;
    }
    R child = found.get();
    ObjectMeta metadata =
        new ObjectMetaBuilder(child.getMetadata())
            .withLabels(wanted.getMetadata().getLabels())
            .withAnnotations(wanted.getMetadata().getAnnotations())
            .build();
    boolean sameSpec = wanted.getSpec().equals(child.getSpec());
    if (!sameSpec || !metadata.equals(child.getMetadata())) {
      wanted.setMetadata(metadata);
      wanted.setStatus(child.getStatus());
      Step.patch(child, wanted).ifPresent(steps::add);
    }
    T status = child.getStatus();
    return sameSpec
        && status != null
        && Objects.equals(status.observedGeneration(), child.getMetadata().getGeneration());
  }

  private boolean nameIsTaken(Configuration configuration) {
    return seen.named()
        .filter(named ->
            RevisionNames.isTaken(
                named, configuration, Objects.requireNonNull(service.getSpec().template())))
        .isPresent();
  }

  private void copy(String type, ConditionedStatus status) {
    conditions = StatusConditions.copyReady(conditions, type, status, now);
  }

  private boolean isReflected() {
    return seen.configuration().map(Configuration::getStatus).isPresent()
        && seen.route().map(Route::getStatus).isPresent();
  }

  private static String outOfDate(String kind) {
    return "The " + kind + " is still working to reflect the latest desired specification.";
  }

  private Plan notOwned(String type, HasMetadata child) {
    String message =
        "There is an existing %s \"%s\" that we do not own."
            .formatted(child.getKind(), child.getMetadata().getName());
    conditions = conditions.markFalse(type, "NotOwned", message, now);
    return end(new Outcome.Failed(message));
  }

  private Plan end(Outcome outcome) {
    tellTheCause();
    ServiceStatus before = service.getStatus();
    ServiceStatus after =
        new ServiceStatus(
            service.getMetadata().getGeneration(),
            StatusConditions.after(CONDITIONS, conditions, before),
            before == null ? Map.of() : before.annotations(),
            latestReady,
            latestCreated,
            url,
            address,
            traffic);
    if (!after.equals(before)) {
      // The first word waits for what Configuration and Route have to say.
      boolean interim =
          StatusConditions.isUnderway(before, after) && (before != null || !isReflected());
      steps.add(StatusConditions.update(new Service(), service, after, interim));
    }
    return new Plan(steps, outcome);
  }
}
