package dev.bellows.controlplane.reconcile.revision;

import dev.bellows.api.autoscaling.PodAutoscaler;
import dev.bellows.api.autoscaling.PodAutoscalerStatus;
import dev.bellows.core.condition.Condition;
import dev.bellows.core.condition.ConditionSet;
import dev.bellows.core.condition.Conditions;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentCondition;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a Revision's Deployment, pods and PodAutoscaler say about it (serving spec §3). */
final class RevisionConditions {
  static final String RESOURCES_AVAILABLE = "ResourcesAvailable";
  static final String CONTAINER_HEALTHY = "ContainerHealthy";
  static final String ACTIVE = "Active";
  static final ConditionSet SET = ConditionSet.living(RESOURCES_AVAILABLE, CONTAINER_HEALTHY);
  static final String DEPLOYING = "Deploying";
  private static final String PROGRESS_DEADLINE_EXCEEDED = "ProgressDeadlineExceeded";
  private static final String SCALE_TARGET_INITIALIZED = "ScaleTargetInitialized";

  private RevisionConditions() {}

  /** What a Deployment says that has been made already. */
  static Conditions withDeployment(
      Conditions conditions,
      Deployment deployment,
      List<Pod> pods,
      boolean podIsAlwaysSchedulable,
      Instant now) {
    DeploymentStatus status =
        Objects.requireNonNullElseGet(deployment.getStatus(), DeploymentStatus::new);
    Conditions result = withProgress(conditions, status, now);
    if (orZero(deployment.getSpec().getReplicas()) > 0
        && orZero(status.getAvailableReplicas()) == 0) {
      boolean timedOut = isTimedOut(status);
      Optional<Pod> pod =
          pods.stream().min(Comparator.comparing(each -> each.getMetadata().getName()));
      if (pod.isPresent()) {
        result = withPod(result, pod.get(), podIsAlwaysSchedulable, timedOut, now);
      }
    }
    if (orZero(status.getReadyReplicas()) > 0) {
      result = result.markTrue(CONTAINER_HEALTHY, now);
    }
    return result;
  }

  private static Conditions withProgress(
      Conditions conditions, DeploymentStatus status, Instant now) {
    Optional<DeploymentCondition> failure = condition(status, "ReplicaFailure");
    if (failure.filter(each -> "True".equals(each.getStatus())).isPresent()) {
      return conditions.markFalse(
          RESOURCES_AVAILABLE,
          orEmpty(failure.get().getReason()),
          orEmpty(failure.get().getMessage()),
          now);
    }
    Optional<DeploymentCondition> progress = condition(status, "Progressing");
    if (progress.isEmpty()) {
      return conditions.markUnknown(RESOURCES_AVAILABLE, DEPLOYING, "", now);
    }
    String reason = orEmpty(progress.get().getReason());
    String message = orEmpty(progress.get().getMessage());
    return switch (progress.get().getStatus()) {
      case "True" -> conditions.markTrue(RESOURCES_AVAILABLE, now);
      case "False" -> conditions.markFalse(RESOURCES_AVAILABLE, reason, message, now);
      default -> conditions.markUnknown(RESOURCES_AVAILABLE, reason, message, now);
    };
  }

  private static boolean isTimedOut(DeploymentStatus status) {
    return condition(status, "Progressing")
        .filter(each ->
            "False".equals(each.getStatus()) && PROGRESS_DEADLINE_EXCEEDED.equals(each.getReason()))
        .isPresent();
  }

  private static Optional<DeploymentCondition> condition(DeploymentStatus status, String type) {
    return status.getConditions().stream().filter(each -> type.equals(each.getType())).findFirst();
  }

  private static Conditions withPod(
      Conditions conditions,
      Pod pod,
      boolean podIsAlwaysSchedulable,
      boolean timedOut,
      Instant now) {
    if (pod.getStatus() == null) {
      return conditions;
    }
    Conditions result = conditions;
    for (PodCondition each : pod.getStatus().getConditions()) {
      if (!podIsAlwaysSchedulable
          && "PodScheduled".equals(each.getType())
          && "False".equals(each.getStatus())) {
        result =
            result.markFalse(
                RESOURCES_AVAILABLE, orEmpty(each.getReason()), orEmpty(each.getMessage()), now);
      }
    }
    for (ContainerStatus container : pod.getStatus().getContainerStatuses()) {
      if (RevisionFacts.QUEUE_PROXY.equals(container.getName())) {
        continue;
      }
      ContainerStateTerminated ended =
          container.getLastState() == null ? null : container.getLastState().getTerminated();
      ContainerStateWaiting waiting =
          container.getState() == null ? null : container.getState().getWaiting();
      if (ended != null) {
        return result.markFalse(
            CONTAINER_HEALTHY,
            "ExitCode" + ended.getExitCode(),
            "Container failed with: " + orEmpty(ended.getMessage()),
            now);
      }
      if (waiting != null && timedOut) {
        return result.markFalse(
            RESOURCES_AVAILABLE, orEmpty(waiting.getReason()), orEmpty(waiting.getMessage()), now);
      }
    }
    return result;
  }

  /** What the PodAutoscaler says; after the Deployment has spoken. */
  static Conditions withAutoscaler(Conditions conditions, PodAutoscaler autoscaler, Instant now) {
    PodAutoscalerStatus status = autoscaler.getStatus();
    boolean failed = conditions.isFalse(RESOURCES_AVAILABLE);
    Optional<Condition> ready =
        status == null
            ? Optional.empty()
            : status.condition(ConditionSet.READY).map(dev.bellows.api.Condition::read);
    if (status == null || ready.isEmpty()) {
      return notYetActive(conditions, failed, now);
    }
    boolean initialized = status.isTrue(SCALE_TARGET_INITIALIZED);
    boolean hasService = status.serviceName() != null && !status.serviceName().isEmpty();
    Conditions result = conditions;
    if (initialized && !failed && !conditions.isFalse(CONTAINER_HEALTHY)) {
      result = result.markTrue(RESOURCES_AVAILABLE, now).markTrue(CONTAINER_HEALTHY, now);
    }
    if (result.isTrue(RESOURCES_AVAILABLE) && (!hasService || !initialized)) {
      result = result.markUnknown(RESOURCES_AVAILABLE, DEPLOYING, "", now);
    }
    String reason = ready.get().reason();
    String message = ready.get().message();
    return switch (ready.get().status()) {
      case TRUE -> result.markTrue(ACTIVE, now);
      case UNKNOWN -> result.markUnknown(ACTIVE, reason, message, now);
      case FALSE -> {
        if (!initialized && hasService && !failed && !result.isFalse(CONTAINER_HEALTHY)) {
          // It was given up before any pod came up: zero is no rest here but a failure.
          result =
              result.markFalse(
                  RESOURCES_AVAILABLE,
                  PROGRESS_DEADLINE_EXCEEDED,
                  "Initial scale was never achieved",
                  now);
        }
        yield result.markFalse(ACTIVE, reason, message, now);
      }
    };
  }

  /** While the PodAutoscaler has not said anything. */
  static Conditions notYetActive(Conditions conditions, boolean failed, Instant now) {
    Conditions result = conditions.markUnknown(ACTIVE, DEPLOYING, "", now);
    return failed ? result : result.markUnknown(RESOURCES_AVAILABLE, DEPLOYING, "", now);
  }

  private static int orZero(@Nullable Integer number) {
    return number == null ? 0 : number;
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }
}
