package dev.bellows.controlplane.reconcile;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.controlplane.reconcile.StepFailed.Why;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.net.HttpURLConnection;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Applies steps to a Kubernetes API. */
public final class ApiWriter implements Writer {
  private static final Logger log = LoggerFactory.getLogger(ApiWriter.class);

  /** How often a status is offered before the pass gives up (serving spec §0). */
  private static final int STATUS_ATTEMPTS = 5;

  private final KubernetesClient client;
  private final PlainWrites writes;
  private final EventRecorder events;
  private final Pace pace;

  /**
   * @param client stays the caller's
   * @param events where {@link Step.Announce} goes
   * @param pace at which the API server is asked; how many pods there are is written ahead of all
   *     else
   */
  public ApiWriter(KubernetesClient client, EventRecorder events, Pace pace) {
    this.client = client;
    this.writes = new PlainWrites(client);
    this.events = events;
    this.pace = pace;
  }

  @Override
  public void apply(Step step) {
    log.debug("{}", step);
    try {
      switch (step) {
        case Step.Create(HasMetadata object) -> {
          takeTurn();
          OwnWrites.created(object, writes.create(object));
        }
        case Step.Patch(HasMetadata object, ObjectNode patch) -> {
          takeTurn();
          OwnWrites.changed(object, writes.patch(object, patch));
        }
        case Step.UpdateStatus(CustomResource<?, ?> object, var _) -> updateStatus(object);
        case Step.SetReplicas replicas -> {
          pace.goFirst();
          setReplicas(replicas);
        }
        case Step.Delete(HasMetadata object) -> {
          takeTurn();
          client
              .resource(object)
              .lockResourceVersion(object.getMetadata().getResourceVersion())
              .delete();
        }
        case Step.Announce announce -> events.record(announce);
      }
    } catch (KubernetesClientException e) {
      if (isGone(e) && !(step instanceof Step.Create)) {
        return;
      }
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        noteStale(step);
      }
      throw failure(step, e);
    }
  }

  private void takeTurn() {
    try {
      pace.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KubernetesClientException("interrupted before the API server was asked", e);
    }
  }

  /** What the step was planned on is older than what there is. */
  private static void noteStale(Step step) {
    switch (step) {
      case Step.Create(HasMetadata object) -> OwnWrites.existedBefore(object);
      case Step.Patch(HasMetadata object, var _) -> OwnWrites.changedBefore(object);
      case Step.UpdateStatus(CustomResource<?, ?> object, var _) -> OwnWrites.changedBefore(object);
      case Step.Delete(HasMetadata object) -> OwnWrites.changedBefore(object);
      case Step.SetReplicas _, Step.Announce _ -> {}
    }
  }

  private void updateStatus(CustomResource<?, ?> object) {
    CustomResource<?, ?> offered = object;
    for (int attempt = 1; ; attempt++) {
      takeTurn();
      try {
        OwnWrites.changed(offered, writes.updateStatus(offered));
        return;
      } catch (KubernetesClientException e) {
        if (e.getCode() != HttpURLConnection.HTTP_CONFLICT || attempt == STATUS_ATTEMPTS) {
          throw e;
        }
      }
      takeTurn();
      CustomResource<?, ?> fresh = client.resource(object).get();
      if (fresh == null
          || !Objects.equals(fresh.getMetadata().getUid(), object.getMetadata().getUid())) {
        return; // gone, perhaps made anew: this status is about another object
      }
      if (Objects.equals(fresh.getStatus(), object.getStatus())) {
        return;
      }
      offered = withVersion(object, fresh.getMetadata().getResourceVersion());
    }
  }

  private CustomResource<?, ?> withVersion(CustomResource<?, ?> object, String resourceVersion) {
    CustomResource<?, ?> copy = client.getKubernetesSerialization().clone(object);
    copy.getMetadata().setResourceVersion(resourceVersion);
    return copy;
  }

  private void setReplicas(Step.SetReplicas step) {
    int slash = step.apiVersion().indexOf('/');
    var kind =
        new ResourceDefinitionContext.Builder()
            .withGroup(slash < 0 ? "" : step.apiVersion().substring(0, slash))
            .withVersion(step.apiVersion().substring(slash + 1))
            .withKind(step.kind())
            .withPlural(step.kind().toLowerCase(Locale.ROOT) + "s")
            .withNamespaced(true)
            .build();
    // Named by an object, not by a name: fabric8 reads what it patches by name first, and somebody
    // may be waiting for these pods.
    GenericKubernetesResource target =
        new GenericKubernetesResourceBuilder()
            .withApiVersion(step.apiVersion())
            .withKind(step.kind())
            .withNewMetadata()
            .withNamespace(step.target().namespace())
            .withName(step.target().name())
            .endMetadata()
            .build();
    client
        .genericKubernetesResources(kind)
        .resource(target)
        .subresource("scale")
        .patch(
            PatchContext.of(PatchType.JSON),
            "[{\"op\":\"add\",\"path\":\"/spec/replicas\",\"value\":" + step.replicas() + "}]");
  }

  /** Why an object could not be created, as a dry run tells; empty if it could. */
  public Optional<String> refusal(HasMetadata object) {
    try {
      takeTurn();
      client.resource(object).dryRun().create();
      return Optional.empty();
    } catch (KubernetesClientException e) {
      return Optional.of(said(e));
    }
  }

  private static boolean isGone(KubernetesClientException e) {
    return e.getCode() == HttpURLConnection.HTTP_NOT_FOUND;
  }

  private static StepFailed failure(Step step, KubernetesClientException e) {
    Why why =
        switch (e.getCode()) {
          case HttpURLConnection.HTTP_CONFLICT -> Why.CONFLICT;
          case 0 -> Why.UNANSWERED; // fabric8's code for "no response"
          default -> Why.REFUSED;
        };
    return new StepFailed(step, why, said(e), e);
  }

  private static String said(KubernetesClientException e) {
    return e.getStatus() != null && e.getStatus().getMessage() != null
        ? e.getStatus().getMessage()
        : String.valueOf(e.getMessage());
  }
}
