package dev.bellows.app.wiring;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.controlplane.reconcile.revision.TrialPod;
import dev.bellows.embedded.apiserver.ApiException;
import dev.bellows.embedded.apiserver.KnativeAdmission;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceType;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.apiserver.WriteOptions;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Asks the embedded API, in a dry run, for the pod of a Service that is itself a dry run. */
final class DryRunOfPods implements KnativeAdmission.PodTrial {
  private static final KubernetesSerialization JSON = new KubernetesSerialization();
  private static final WriteOptions DRY_RUN = WriteOptions.by("bellows").trying();

  private final CompletableFuture<Registry> registry = new CompletableFuture<>();

  /** Says where pods are created: admission is there before it. */
  void askBy(Registry opened) {
    registry.complete(opened);
  }

  @Override
  public Optional<String> refusal(ResourceType type, ObjectNode object, SystemConfig config) {
    return TrialPod.of(type.group(), type.kind(), object, config)
        .flatMap(this::why)
        .map(why -> TrialPod.denied(why).message());
  }

  private Optional<String> why(Pod pod) {
    try {
      registry.join().create(ResourceTypes.PODS, JSON.convertValue(pod, ObjectNode.class), DRY_RUN);
      return Optional.empty();
    } catch (ApiException e) {
      return Optional.of(e.getMessage());
    }
  }
}
