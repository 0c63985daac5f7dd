package dev.bellows.controlplane.reconcile;

import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.RevisionTemplateSpec;
import java.util.Optional;

/** Which Revision a template stands for. */
public final class RevisionNames {
  private RevisionNames() {}

  /** The name that a template asks for, if it does ("bring your own"). */
  public static Optional<String> asked(RevisionTemplateSpec template) {
    return template.metadata() == null
        ? Optional.empty()
        : Optional.ofNullable(template.metadata().getName()).filter(name -> !name.isEmpty());
  }

  /** The generation of its Configuration that a Revision was made for; 0 if it does not say. */
  public static long generation(Revision revision) {
    String generation = Children.labels(revision).get(WellKnown.CONFIGURATION_GENERATION);
    try {
      return generation == null ? 0 : Long.parseLong(generation);
    } catch (NumberFormatException e) {
      return 0; // someone edited the label: as good as none
    }
  }

  /**
   * Whether the Revision of the name that a template asks for is not what the template stands for:
   * another Configuration's, or made of another generation and not alike (a roll-back to the same
   * spec is welcome).
   */
  public static boolean isTaken(
      Revision named, Configuration configuration, RevisionTemplateSpec template) {
    if (!Children.isControlledBy(named, configuration)) {
      return true;
    }
    Long generation = configuration.getMetadata().getGeneration();
    return generation(named) != (generation == null ? 0 : generation)
        && !named.getSpec().equals(template.spec());
  }
}
