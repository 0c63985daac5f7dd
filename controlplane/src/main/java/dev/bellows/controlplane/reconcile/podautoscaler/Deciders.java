package dev.bellows.controlplane.reconcile.podautoscaler;

import dev.bellows.core.kpa.DeciderSpec;
import dev.bellows.core.podautoscaler.Observed;
import dev.bellows.core.revision.RevisionId;
import java.util.Optional;
import java.util.OptionalInt;

/** Who decides how many pods a Revision needs. Answers come from memory and never block. */
public interface Deciders {
  /** What is decided about a Revision, and by which settings; empty if nobody decides. */
  Optional<Observed.Decider> find(RevisionId id);

  /**
   * Begins to decide, or goes on by other settings.
   *
   * @param lastDesired pods wanted last, as the PodAutoscaler's status says; empty or negative =
   *     nothing was decided yet
   * @throws IllegalArgumentException if the Revision cannot be decided about; the message says why
   */
  void decide(Subject subject, DeciderSpec spec, OptionalInt lastDesired);

  /** Ceases to decide. */
  void forget(RevisionId id);

  /**
   * What is decided about.
   *
   * @param id the name that Revision, PodAutoscaler and Decider share
   * @param service label {@code serving.knative.dev/service}, empty if there is none
   * @param configuration label {@code serving.knative.dev/configuration}, empty if there is none
   * @param revision label {@code serving.knative.dev/revision}, empty if there is none
   */
  record Subject(RevisionId id, String service, String configuration, String revision) {}
}
