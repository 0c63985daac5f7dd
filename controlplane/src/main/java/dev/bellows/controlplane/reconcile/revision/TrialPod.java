package dev.bellows.controlplane.reconcile.revision;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.api.admission.AdmissionOutcome;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.RevisionTemplateSpec;
import dev.bellows.controlplane.reconcile.WellKnown;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Map;
import java.util.Optional;

/**
 * The pod that a template asks for, to be created in a dry run: so Kubernetes itself judges what
 * Knative's own rules let pass (serving spec §9). Only a dry run of a Service, or of a
 * Configuration of nobody's, has one made.
 */
public final class TrialPod {
  private static final KubernetesSerialization JSON = new KubernetesSerialization();

  private TrialPod() {}

  /**
   * The pod of an admitted object.
   *
   * @param kind the object's
   * @param object as it would be stored
   * @return empty if none is to be tried
   */
  public static Optional<Pod> of(String group, String kind, JsonNode object, SystemConfig config) {
    JsonNode metadata = object.path("metadata");
    boolean tried =
        group.equals("serving.knative.dev")
            && (kind.equals("Service")
                || (kind.equals("Configuration")
                    && !metadata.path("labels").has(WellKnown.SERVICE)));
    JsonNode template = object.path("spec").path("template");
    if (!tried || template.path("spec").path("containers").isEmpty()) {
      return Optional.empty();
    }
    RevisionTemplateSpec read = JSON.convertValue(template, RevisionTemplateSpec.class);
    String name = metadata.path("name").asText(metadata.path("generateName").asText());
    ObjectMeta given = read.metadata() == null ? new ObjectMetaBuilder().build() : read.metadata();
    Revision revision = new Revision();
    revision.setMetadata(
        new ObjectMetaBuilder(given)
            .withName(name + "-dry-run")
            .withNamespace(metadata.path("namespace").asText())
            .withUid("dry-run")
            .build());
    revision.setSpec(read.spec());
    PodTemplateSpec pod =
        RevisionDeployment.of(revision, config, Map.of(), 1).getSpec().getTemplate();
    return Optional.of(
        new PodBuilder()
            .withMetadata(
                new ObjectMetaBuilder(pod.getMetadata())
                    .withGenerateName(name + "-")
                    .withNamespace(metadata.path("namespace").asText())
                    .build())
            .withSpec(pod.getSpec())
            .build());
  }

  /** What is wrong, as the webhook says it. */
  public static AdmissionOutcome.Denied denied(String why) {
    return new AdmissionOutcome.Denied(
        400,
        "validation.webhook.serving.knative.dev",
        "validation callback failed: dry run failed with " + why + ": spec.template");
  }
}
