package dev.bellows.controlplane.reconcile.route;

import dev.bellows.api.serving.Addressable;
import dev.bellows.api.serving.Route;
import dev.bellows.api.serving.RouteStatus;
import dev.bellows.api.serving.TrafficTarget;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.IngressChild;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Plan;
import dev.bellows.controlplane.reconcile.StatusConditions;
import dev.bellows.controlplane.reconcile.Step;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.controlplane.reconcile.certificate.HostCertificate;
import dev.bellows.controlplane.reconcile.certificate.Provision;
import dev.bellows.core.condition.ConditionSet;
import dev.bellows.core.condition.Conditions;
import dev.bellows.core.rollout.RevisionTarget;
import dev.bellows.core.rollout.Rollout;
import dev.bellows.core.rollout.Traffic;
import dev.bellows.core.rollout.Traffic.Problem;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides what a Route's KIngress and placeholder Services should be. */
final class RoutePlan {
  static final String ALL_TRAFFIC_ASSIGNED = "AllTrafficAssigned";
  static final ConditionSet CONDITIONS =
      ConditionSet.living(
          ALL_TRAFFIC_ASSIGNED, IngressChild.INGRESS_READY, Provision.CERTIFICATE_PROVISIONED);

  private static final String REVISION_MISSING = "RevisionMissing";

  private final Seen seen;
  private final Route route;
  private final Hosts hosts;
  private final Instant now;
  private final List<Step> steps = new ArrayList<>();
  private Conditions conditions;
  private @Nullable Addressable address;
  private @Nullable String url;
  private List<TrafficTarget> traffic;

  private RoutePlan(Seen seen, Instant now) {
    this.seen = seen;
    this.route = seen.route();
    this.now = now;
    this.hosts = new Hosts(route, seen.config(), seen.form(), localGroups(seen));
    RouteStatus status = route.getStatus();
    this.conditions =
        StatusConditions.before(CONDITIONS, status, route.getMetadata().getGeneration(), now);
    this.address = status == null ? null : status.address();
    this.url = urlSoFar(status);
    this.traffic = status == null ? List.of() : status.traffic();
    boolean newGeneration =
        status == null
            || !Objects.equals(status.observedGeneration(), route.getMetadata().getGeneration());
    if (newGeneration) {
      conditions = IngressChild.notConfigured(conditions, now);
    }
  }

  /** While nothing says where the traffic goes, nothing says that a host lost its certificate. */
  private String urlSoFar(@Nullable RouteStatus status) {
    String encrypted = "https://" + hosts.host("");
    return status != null && encrypted.equals(status.url()) ? encrypted : hosts.url("");
  }

  /** What to write, given what is seen. */
  static Plan plan(Seen seen, Instant now) {
    return new RoutePlan(seen, now).plan();
  }

  private Plan plan() {
    return switch (seen.traffic()) {
      case Traffic.Unassigned(Problem problem, var missing) -> {
        mark(problem);
        yield end(Outcome.done()); // the KIngress there is serves on
      }
      case Traffic.Assigned complete -> {
        Optional<String> invalid = hosts.invalid(complete.groups().keySet());
        if (invalid.isEmpty()) {
          yield plan(complete);
        }
        url = route.getStatus() == null ? null : route.getStatus().url();
        conditions = unassigned("ErrorConfig", invalid.get());
        yield end(Outcome.done()); // as well
      }
    };
  }

  private Plan plan(Traffic.Assigned asked) {
    Rollout rollout = RouteRollout.next(seen, asked, now);
    Traffic.Assigned complete = asked.during(rollout);
    conditions =
        conditions
            .markTrue(ALL_TRAFFIC_ASSIGNED, now)
            .markTrue(
                Provision.CERTIFICATE_PROVISIONED,
                Provision.TLS_NOT_ENABLED,
                Provision.isExternalTlsWanted(route, seen.config().network())
                    ? "external-domain-tls has no host to encrypt"
                    : "external-domain-tls is not enabled",
                now);
    List<HostCertificate> wanted =
        RouteCertificates.wanted(route, hosts, complete.groups().keySet(), seen.config().network());
    Provision certificates =
        Provision.of(route, wanted, seen.certificates(), seen.config().network());
    conditions = certificates.mark(conditions, now);
    traffic = complete.entries().stream().map(each -> inForce(each, certificates)).toList();
    url = url("", certificates);
    address = new Addressable(null, addressUrl(certificates), null, null);
    Optional<HasMetadata> foreign = firstForeign(complete);
    if (foreign.isPresent()) {
      String message =
          "There is an existing %s \"%s\" that we do not own."
              .formatted(foreign.get().getKind(), foreign.get().getMetadata().getName());
      conditions = conditions.markFalse(IngressChild.INGRESS_READY, "NotOwned", message, now);
      return end(new Outcome.Failed(message));
    }
    steps.addAll(certificates.steps());
    if (certificates.refusal().isPresent()) {
      return end(new Outcome.Failed(certificates.refusal().get()));
    }
    steps.addAll(RouteCertificates.orphans(route, wanted, seen.certificates()));
    for (String tag : complete.groups().keySet()) {
      String name = hosts.name(tag);
      Optional<Service> service = Optional.ofNullable(seen.services().get(name));
      // A new one waits for the KIngress, which brings the next pass: it says where to lead.
      if (service.isPresent() || seen.ingress().isPresent()) {
        steps.addAll(
            PlaceholderServices.steps(
                route,
                hosts,
                tag,
                service,
                Optional.ofNullable(seen.endpoints().get(name)),
                seen.ingress()));
      }
    }
    conditions =
        IngressChild.bring(
            route,
            new RouteIngress(
                    route, hosts, complete, rollout, seen.revisions(), certificates, seen.config())
                .wanted(),
            seen.ingress(),
            conditions,
            steps,
            now);
    if (rollout.isInProgress()) {
      conditions =
          conditions.markUnknown(
              IngressChild.INGRESS_READY,
              "RolloutInProgress",
              "A gradual rollout of the latest revision(s) is in progress.",
              now);
    }
    deleteOrphans(complete);
    return end(
        RouteRollout.untilNextStep(rollout, now)
            .<Outcome>map(Outcome.LookAgain::new)
            .orElse(Outcome.done()));
  }

  private void deleteOrphans(Traffic.Assigned complete) {
    Set<String> names = new HashSet<>();
    complete.groups().keySet().forEach(tag -> names.add(hosts.name(tag)));
    for (Service service : seen.labelled()) {
      if (!names.contains(service.getMetadata().getName())) {
        steps.add(new Step.Delete(service));
      }
    }
  }

  private Optional<HasMetadata> firstForeign(Traffic.Assigned complete) {
    List<HasMetadata> children = new ArrayList<>();
    for (String tag : complete.groups().keySet()) {
      Service service = seen.services().get(hosts.name(tag));
      if (service != null) {
        children.add(service);
      }
    }
    seen.ingress().ifPresent(children::add);
    return children.stream().filter(child -> !Children.isControlledBy(child, route)).findFirst();
  }

  private String url(String tag, Provision certificates) {
    return certificates.isEncrypted(hosts.host(tag))
        ? "https://" + hosts.host(tag)
        : hosts.url(tag);
  }

  private String addressUrl(Provision certificates) {
    String host = hosts.clusterHost("");
    return (certificates.isEncrypted(host) ? "https://" : "http://") + host;
  }

  private TrafficTarget inForce(RevisionTarget target, Provision certificates) {
    return new TrafficTarget(
        target.tag().isEmpty() ? null : target.tag(),
        target.revisionName(),
        null,
        target.latestRevision(),
        (long) target.percent(),
        target.tag().isEmpty() ? null : url(target.tag(), certificates));
  }

  private void mark(Problem problem) {
    conditions =
        switch (problem) {
          case Problem.RevisionMissing missing -> unassigned(REVISION_MISSING, missing + ".");
          case Problem.ConfigurationMissing missing ->
              unassigned("ConfigurationMissing", missing + ".");
          case Problem.RevisionNotOwned notOwned -> unassigned("RevisionNotOwned", notOwned + ".");
          case Problem.RevisionNotReady(String name, boolean isFinal) ->
              isFinal
                  ? unassigned(
                      REVISION_MISSING, "Revision \"" + name + "\" failed to become ready.")
                  : waiting("Revision \"" + name + "\" is not yet ready.");
          case Problem.ConfigurationNotReady(String name, boolean isFinal) ->
              isFinal
                  ? unassigned(
                      REVISION_MISSING,
                      "Configuration \"" + name + "\" does not have any ready Revision.")
                  : waiting(
                      "Configuration \"" + name + "\" is waiting for a Revision to become ready.");
        };
  }

  private Conditions unassigned(String reason, String message) {
    return conditions.markFalse(ALL_TRAFFIC_ASSIGNED, reason, message, now);
  }

  private Conditions waiting(String message) {
    return conditions.markUnknown(ALL_TRAFFIC_ASSIGNED, REVISION_MISSING, message, now);
  }

  /** A placeholder Service with a visibility of its own keeps its group inside the cluster. */
  private static Set<String> localGroups(Seen seen) {
    if (!(seen.traffic() instanceof Traffic.Assigned complete)) {
      return Set.of();
    }
    Hosts plain = new Hosts(seen.route(), seen.config(), seen.form(), Set.of());
    Set<String> local = new HashSet<>();
    for (String tag : complete.groups().keySet()) {
      Service service = seen.services().get(plain.name(tag));
      String visibility =
          service == null ? null : Children.labels(service).get(WellKnown.VISIBILITY);
      if (visibility != null && !visibility.isEmpty()) {
        local.add(tag);
      }
    }
    return local;
  }

  private boolean isInterim(@Nullable RouteStatus before, RouteStatus after) {
    if (before == null) {
      // What it leads to was made with it, perhaps, and is not seen yet.
      return seen.traffic() instanceof Traffic.Unassigned(Problem problem, var _)
          && (problem instanceof Problem.ConfigurationMissing
              || problem instanceof Problem.RevisionMissing);
    }
    return StatusConditions.isUnderway(before, after);
  }

  private Plan end(Outcome outcome) {
    RouteStatus before = route.getStatus();
    RouteStatus after =
        new RouteStatus(
            route.getMetadata().getGeneration(),
            StatusConditions.after(CONDITIONS, conditions, before),
            before == null ? Map.of() : before.annotations(),
            url,
            address,
            traffic);
    if (!after.equals(before)) {
      steps.add(StatusConditions.update(new Route(), route, after, isInterim(before, after)));
    }
    return new Plan(steps, outcome);
  }
}
