package dev.bellows.controlplane.reconcile.podautoscaler;

import dev.bellows.controlplane.scaling.Decider;
import dev.bellows.controlplane.scaling.MultiScaler;
import dev.bellows.core.kpa.DeciderSpec;
import dev.bellows.core.podautoscaler.Observed;
import dev.bellows.core.revision.RevisionId;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;

/** The deciders of this process. Remembers what each was told, as many as there are deciders. */
public final class ScalerDeciders implements Deciders {
  private final MultiScaler scaler;
  private final InstantSource clock;
  private final Map<RevisionId, DeciderSpec> told = new ConcurrentHashMap<>();

  /**
   * @param scaler whose deciders only we create, change and delete
   */
  public ScalerDeciders(MultiScaler scaler, InstantSource clock) {
    this.scaler = scaler;
    this.clock = clock;
  }

  @Override
  public Optional<Observed.Decider> find(RevisionId id) {
    DeciderSpec spec = told.get(id);
    return spec == null
        ? Optional.empty()
        : scaler.status(id).map(status -> new Observed.Decider(spec, status));
  }

  @Override
  public void decide(Subject subject, DeciderSpec spec, OptionalInt lastDesired) {
    scaler.createOrUpdate(
        new Decider(
            subject.id(), subject.service(), subject.configuration(), subject.revision(), spec),
        lastDesired,
        clock.instant());
    told.put(subject.id(), spec);
  }

  @Override
  public void forget(RevisionId id) {
    told.remove(id);
    scaler.delete(id);
  }
}
