package dev.bellows.controlplane.reconcile.revision;

import dev.bellows.api.autoscaling.PodAutoscaler;
import dev.bellows.api.autoscaling.PodAutoscalerStatus;
import dev.bellows.api.caching.Image;
import dev.bellows.api.caching.ImageSpec;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.serving.ContainerStatus;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.RevisionStatus;
import dev.bellows.controlplane.reconcile.ChildName;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Plan;
import dev.bellows.controlplane.reconcile.StatusConditions;
import dev.bellows.controlplane.reconcile.Step;
import dev.bellows.controlplane.reconcile.Step.Severity;
import dev.bellows.controlplane.reconcile.revision.DigestResolver.Resolution;
import dev.bellows.core.condition.ConditionSet;
import dev.bellows.core.condition.Conditions;
import dev.bellows.core.kpa.Reachability;
import dev.bellows.core.kpa.ScalingAnnotations;
import dev.bellows.core.kpa.ScalingSettings;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Decides what a Revision's children should be, and sums up how it fares. */
final class RevisionPlan {
  private final Seen seen;
  private final Revision revision;
  private final SystemConfig config;
  private final Instant now;
  private final List<Step> steps = new ArrayList<>();
  private final @Nullable RevisionStatus before;
  private Conditions conditions;
  private List<ContainerStatus> containerStatuses;
  private List<ContainerStatus> initContainerStatuses;
  private @Nullable Integer actualReplicas;
  private @Nullable Integer desiredReplicas;

  private RevisionPlan(Seen seen, Instant now) {
    this.seen = seen;
    this.revision = seen.revision();
    this.config = seen.config();
    this.now = now;
    this.before = revision.getStatus();
    this.conditions =
        StatusConditions.before(
            RevisionConditions.SET, before, revision.getMetadata().getGeneration(), now);
    this.containerStatuses = before == null ? List.of() : before.containerStatuses();
    this.initContainerStatuses = before == null ? List.of() : before.initContainerStatuses();
    this.actualReplicas = before == null ? null : before.actualReplicas();
    this.desiredReplicas = before == null ? null : before.desiredReplicas();
  }

  /** What to write, given what is seen. */
  static Plan plan(Seen seen, Instant now) {
    return new RevisionPlan(seen, now).plan();
  }

  /** The status that tells of a child that was refused (ADR 0098). */
  static Plan creationRefused(Seen seen, HasMetadata child, String message, Instant now) {
    RevisionPlan plan = new RevisionPlan(seen, now);
    String refused =
        "Failed to create %s \"%s\": %s"
            .formatted(child.getKind(), child.getMetadata().getName(), message);
    plan.conditions =
        plan.conditions.markFalse(
            RevisionConditions.RESOURCES_AVAILABLE, "FailedCreate", refused, now);
    return plan.end(Outcome.done());
  }

  /** The images to ask about: none once all digests stand in the status. */
  static List<String> imagesToResolve(Revision revision) {
    RevisionStatus status = revision.getStatus();
    PodSpec pod = revision.getSpec().podSpec();
    if (status != null
        && status.containerStatuses().size() == pod.getContainers().size()
        && status.initContainerStatuses().size() == pod.getInitContainers().size()) {
      return List.of();
    }
    List<String> images = new ArrayList<>();
    pod.getContainers().forEach(container -> images.add(container.getImage()));
    pod.getInitContainers().forEach(container -> images.add(container.getImage()));
    return images.stream().distinct().toList();
  }

  private Plan plan() {
    for (String image : imagesToResolve(revision)) {
      switch (seen.resolutions().getOrDefault(image, new Resolution.Pending())) {
        case Resolution.Known(var resolved) -> {}
        case Resolution.Pending() -> {
          conditions =
              conditions.markUnknown(
                  RevisionConditions.RESOURCES_AVAILABLE, "ResolvingDigests", "", now);
          return end(Outcome.done());
        }
        case Resolution.Unknown(var why) -> {
          String message = "Unable to fetch image \"%s\": %s".formatted(image, why);
          conditions =
              conditions.markFalse(
                  RevisionConditions.CONTAINER_HEALTHY, "ContainerMissing", message, now);
          return end(new Outcome.Failed(message));
        }
      }
    }
    if (!imagesToResolve(revision).isEmpty()) {
      PodSpec pod = revision.getSpec().podSpec();
      containerStatuses = statuses(pod.getContainers());
      initContainerStatuses = statuses(pod.getInitContainers());
    }
    Optional<String> foreign = notOwned(seen.deployment()).or(() -> notOwned(seen.podAutoscaler()));
    if (foreign.isPresent()) {
      conditions =
          conditions.markFalse(
              RevisionConditions.RESOURCES_AVAILABLE, "NotOwned", foreign.get(), now);
      return end(new Outcome.Failed(foreign.get()));
    }
    if (config.network().systemInternalTls() && !planCertificate()) {
      return end(Outcome.done());
    }
    planDeployment();
    planImages();
    planAutoscaler();
    return end(Outcome.done());
  }

  private List<ContainerStatus> statuses(List<Container> containers) {
    return containers.stream()
        .map(container ->
            new ContainerStatus(
                container.getName(),
                seen.resolutions().get(container.getImage())
                            instanceof Resolution.Known(String image)
                        && !image.isEmpty()
                    ? image
                    : null))
        .toList();
  }

  private Optional<String> notOwned(Optional<? extends HasMetadata> child) {
    return child
        .filter(found -> !Children.isControlledBy(found, revision))
        .map(found ->
            "There is an existing %s \"%s\" that we do not own."
                .formatted(found.getKind(), found.getMetadata().getName()));
  }

  /**
   * Asks for the certificate of the namespace's queue-proxies.
   *
   * @return whether to go on: pods that are to serve by TLS wait for it, pods that there are do not
   */
  private boolean planCertificate() {
    String namespace = revision.getMetadata().getNamespace();
    if (seen.certificate().isEmpty()) {
      steps.add(new Step.Create(QueueProxyCertificate.wanted(namespace, config)));
    }
    if (certified()) {
      return true;
    }
    if (seen.deployment().isPresent()) {
      return true; // it stays as it is
    }
    conditions =
        conditions.markUnknown(
            RevisionConditions.RESOURCES_AVAILABLE,
            "CertificateNotReady",
            "Secret %s/%s with tls.crt and tls.key is not there yet."
                .formatted(namespace, QueueProxyCertificate.NAME),
            now);
    return false;
  }

  private boolean certified() {
    return !config.network().systemInternalTls()
        || seen.certificateSecret().filter(QueueProxyCertificate::isFilled).isPresent();
  }

  private void planDeployment() {
    Map<String, String> images = imagesByContainer();
    Supplier<Deployment> wanted =
        () -> RevisionDeployment.of(revision, config, images, initialScale());
    if (seen.deployment().isEmpty()) {
      Deployment deployment = wanted.get();
      seen.wishes().made(revision, config, images, deployment);
      steps.add(new Step.Create(deployment));
      conditions =
          conditions
              .markUnknown(
                  RevisionConditions.RESOURCES_AVAILABLE, RevisionConditions.DEPLOYING, "", now)
              .markUnknown(
                  RevisionConditions.CONTAINER_HEALTHY, RevisionConditions.DEPLOYING, "", now);
      return;
    }
    Deployment found = seen.deployment().get();
    if (certified()) {
      RevisionDeployment.next(found, seen.wishes().of(revision, config, images, wanted), wanted)
          .flatMap(next -> Step.patch(found, next))
          .ifPresent(steps::add);
    }
    conditions =
        RevisionConditions.withDeployment(
            conditions, found, seen.pods(), config.deployment().podIsAlwaysSchedulable(), now);
  }

  private Map<String, String> imagesByContainer() {
    Map<String, String> images = new LinkedHashMap<>();
    for (ContainerStatus status : containerStatuses) {
      if (status.name() != null && status.imageDigest() != null) {
        images.put(status.name(), status.imageDigest());
      }
    }
    return images;
  }

  private int initialScale() {
    return new ScalingSettings(
            config.autoscaler(),
            new ScalingAnnotations(Children.annotations(revision)),
            Reachability.UNKNOWN,
            RevisionFacts.containerConcurrency(revision.getSpec(), config))
        .initialScale();
  }

  private void planImages() {
    PodSpec pod = revision.getSpec().podSpec();
    Map<String, String> digests = imagesByContainer();
    for (Container container : RevisionFacts.containers(revision)) {
      String name = ChildName.of(revision.getMetadata().getName(), "-cache-" + container.getName());
      if (seen.images().contains(name)) {
        continue;
      }
      Image image = new Image();
      image.setMetadata(
          Children.metadata(
              revision, name, RevisionFacts.labels(revision), RevisionFacts.annotations(revision)));
      image.setSpec(
          new ImageSpec(
              digests.getOrDefault(container.getName(), container.getImage()),
              pod.getServiceAccountName(),
              pod.getImagePullSecrets()));
      steps.add(new Step.Create(image));
    }
  }

  private void planAutoscaler() {
    PodAutoscaler wanted =
        RevisionAutoscaler.of(
            revision,
            config,
            RevisionAutoscaler.reachability(revision, seen.deployment(), conditions));
    if (seen.podAutoscaler().isEmpty()) {
      steps.add(new Step.Create(wanted));
      conditions =
          RevisionConditions.notYetActive(
              conditions, conditions.isFalse(RevisionConditions.RESOURCES_AVAILABLE), now);
      return;
    }
    PodAutoscaler found = seen.podAutoscaler().get();
    PodAutoscaler changed = RevisionAutoscaler.changed(found, wanted);
    Step.patch(found, changed).ifPresent(steps::add);
    PodAutoscalerStatus status = found.getStatus();
    if (status != null) {
      actualReplicas = nonNegative(status.actualScale());
      desiredReplicas = nonNegative(status.desiredScale());
    }
    conditions = RevisionConditions.withAutoscaler(conditions, found, now);
  }

  private static @Nullable Integer nonNegative(@Nullable Integer scale) {
    return scale == null || scale < 0 ? null : scale;
  }

  private Plan end(Outcome outcome) {
    boolean wasReady = before != null && before.isTrue(ConditionSet.READY);
    if (conditions.isTrue(ConditionSet.READY) && !wasReady) {
      steps.add(
          new Step.Announce(
              revision,
              Severity.NORMAL,
              "RevisionReady",
              "Revision becomes ready upon all resources being ready"));
    }
    RevisionStatus after =
        new RevisionStatus(
            revision.getMetadata().getGeneration(),
            StatusConditions.after(RevisionConditions.SET, conditions, before),
            before == null ? Map.of() : before.annotations(),
            logUrl(),
            containerStatuses,
            initContainerStatuses,
            actualReplicas,
            desiredReplicas);
    if (!Objects.equals(before, after)) {
      steps.add(StatusConditions.update(new Revision(), revision, after, isInterim(after)));
    }
    return new Plan(steps, outcome);
  }

  /** Digests are asked for once: what was answered is kept at once. */
  private boolean isInterim(RevisionStatus after) {
    boolean sameImages =
        before == null
            ? imagesByContainer().isEmpty()
            : before.containerStatuses().equals(containerStatuses)
                && before.initContainerStatuses().equals(initContainerStatuses);
    return sameImages && StatusConditions.isUnderway(before, after);
  }

  private @Nullable String logUrl() {
    String template = config.observability().revisionUrlTemplate();
    return template.isEmpty()
        ? null
        : template.replace("${REVISION_UID}", revision.getMetadata().getUid());
  }
}
