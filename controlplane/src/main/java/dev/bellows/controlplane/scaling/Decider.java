package dev.bellows.controlplane.scaling;

import dev.bellows.core.kpa.DeciderSpec;
import dev.bellows.core.revision.RevisionId;

/**
 * A Revision to decide about.
 *
 * @param id the name it shares with its PodAutoscaler
 * @param service label {@code serving.knative.dev/service}, empty if there is none
 * @param configuration label {@code serving.knative.dev/configuration}
 * @param revision label {@code serving.knative.dev/revision}
 * @param spec what to decide by
 */
public record Decider(
    RevisionId id, String service, String configuration, String revision, DeciderSpec spec) {

  /**
   * @throws IllegalArgumentException if the label of configuration or revision is empty
   */
  public Decider {
    require("serving.knative.dev/configuration", configuration, id);
    require("serving.knative.dev/revision", revision, id);
  }

  private static void require(String label, String value, RevisionId id) {
    if (value.isEmpty()) {
      throw new IllegalArgumentException(
          "label \"%s\" not found or empty in Decider %s".formatted(label, id.name()));
    }
  }
}
