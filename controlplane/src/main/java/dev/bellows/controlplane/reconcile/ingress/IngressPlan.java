package dev.bellows.controlplane.reconcile.ingress;

import dev.bellows.api.networking.IngressStatus;
import dev.bellows.api.networking.KIngress;
import dev.bellows.api.networking.LoadBalancerIngressStatus;
import dev.bellows.api.networking.LoadBalancerStatus;
import dev.bellows.controlplane.reconcile.Plan;
import dev.bellows.controlplane.reconcile.StatusConditions;
import dev.bellows.core.condition.ConditionSet;
import dev.bellows.core.condition.Conditions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Decides the status of one KIngress. */
final class IngressPlan {
  static final String NETWORK_CONFIGURED = "NetworkConfigured";
  static final String LOAD_BALANCER_READY = "LoadBalancerReady";
  static final ConditionSet CONDITIONS =
      ConditionSet.living(NETWORK_CONFIGURED, LOAD_BALANCER_READY);

  private IngressPlan() {}

  /**
   * @param ingress of our gateway's class
   * @param told the generation by which the gateway routes
   * @param missingCertificate why the gateway lacks a certificate, if it does
   * @param gatewayHost where the gateway is found inside the cluster
   */
  static Plan plan(
      KIngress ingress,
      Optional<Long> told,
      Optional<String> missingCertificate,
      String gatewayHost,
      Instant now) {
    IngressStatus before = ingress.getStatus();
    Long generation = ingress.getMetadata().getGeneration();
    Conditions conditions = StatusConditions.before(CONDITIONS, before, generation, now);
    if (missingCertificate.isPresent()) {
      conditions =
          conditions.markFalse(
              NETWORK_CONFIGURED, "CertificateNotReady", missingCertificate.get(), now);
    } else if (told.isPresent() && told.get().equals(generation)) {
      conditions = conditions.markTrue(NETWORK_CONFIGURED, now).markTrue(LOAD_BALANCER_READY, now);
    } else {
      conditions =
          conditions.markUnknown(
              NETWORK_CONFIGURED,
              "Uninitialized",
              "The gateway has not been told of this generation yet.",
              now);
    }
    LoadBalancerStatus entrance =
        new LoadBalancerStatus(
            List.of(new LoadBalancerIngressStatus(null, null, gatewayHost, null)));
    IngressStatus after =
        new IngressStatus(
            generation,
            StatusConditions.after(CONDITIONS, conditions, before),
            before == null ? Map.of() : before.annotations(),
            entrance,
            entrance);
    return Objects.equals(before, after)
        ? Plan.NOTHING
        : Plan.of(List.of(StatusConditions.update(new KIngress(), ingress, after)));
  }
}
