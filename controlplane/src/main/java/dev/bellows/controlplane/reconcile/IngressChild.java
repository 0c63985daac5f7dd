package dev.bellows.controlplane.reconcile;

import dev.bellows.api.networking.KIngress;
import dev.bellows.controlplane.reconcile.Step.Severity;
import dev.bellows.core.condition.Conditions;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The KIngress of a Route or DomainMapping, and the parent's condition about it. */
public final class IngressChild {
  /** The condition. */
  public static final String INGRESS_READY = "IngressReady";

  private IngressChild() {}

  /**
   * Creates the KIngress or brings it where it should be.
   *
   * @param parent who owns it
   * @param found the one that is there, owned by the parent
   * @param steps to add to
   * @return the parent's conditions, with what the networking layer says of the present spec
   */
  public static Conditions bring(
      HasMetadata parent,
      KIngress wanted,
      Optional<KIngress> found,
      Conditions conditions,
      List<Step> steps,
      Instant now) {
    if (found.isEmpty()) {
      steps.add(new Step.Create(wanted));
      steps.add(
          new Step.Announce(
              parent,
              Severity.NORMAL,
              "Created",
              "Created Ingress \"%s\"".formatted(wanted.getMetadata().getName())));
      return notConfigured(conditions, now);
    }
    KIngress present = found.get();
    KIngress changed = new KIngress();
    changed.setMetadata(
        new ObjectMetaBuilder(present.getMetadata())
            .withLabels(wanted.getMetadata().getLabels())
            .withAnnotations(wanted.getMetadata().getAnnotations())
            .build());
    changed.setSpec(wanted.getSpec());
    changed.setStatus(present.getStatus());
    Step.patch(present, changed).ifPresent(steps::add);
    return present.getSpec().equals(wanted.getSpec()) && isObserved(present)
        ? StatusConditions.copyReady(conditions, INGRESS_READY, present.getStatus(), now)
        : notConfigured(conditions, now);
  }

  /** Whether the networking layer has seen the KIngress as it is. */
  public static boolean isObserved(KIngress ingress) {
    return ingress.getStatus() != null
        && Objects.equals(
            ingress.getStatus().observedGeneration(), ingress.getMetadata().getGeneration());
  }

  /** What holds until the networking layer has answered. */
  public static Conditions notConfigured(Conditions conditions, Instant now) {
    return conditions.markUnknown(
        INGRESS_READY, "IngressNotConfigured", "Ingress has not yet been reconciled.", now);
  }
}
