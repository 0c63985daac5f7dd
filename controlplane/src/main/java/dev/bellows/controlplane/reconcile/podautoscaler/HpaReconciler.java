package dev.bellows.controlplane.reconcile.podautoscaler;

import dev.bellows.api.autoscaling.PodAutoscaler;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.networking.ServerlessService;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Controller;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Reconciler;
import dev.bellows.controlplane.reconcile.Writer;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Watched;
import dev.bellows.core.kpa.ScalingAnnotations;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;

/** Hands PodAutoscalers of the HPA class over to HorizontalPodAutoscalers. */
public final class HpaReconciler implements Reconciler {
  private final Watched<PodAutoscaler> podAutoscalers;
  private final Watched<ServerlessService> serverlessServices;
  private final Watched<HorizontalPodAutoscaler> horizontalAutoscalers;
  private final Supplier<SystemConfig> config;
  private final Writer writer;
  private final InstantSource clock;

  /**
   * Reconciles nothing yet: {@link #watch} connects it.
   *
   * @param config the settings now in force
   */
  public HpaReconciler(
      Watched<PodAutoscaler> podAutoscalers,
      Watched<ServerlessService> serverlessServices,
      Watched<HorizontalPodAutoscaler> horizontalAutoscalers,
      Supplier<SystemConfig> config,
      Writer writer,
      InstantSource clock) {
    this.podAutoscalers = podAutoscalers;
    this.serverlessServices = serverlessServices;
    this.horizontalAutoscalers = horizontalAutoscalers;
    this.config = config;
    this.writer = writer;
    this.clock = clock;
  }

  @Override
  public String name() {
    return "hpa-class-podautoscaler-controller";
  }

  /** What wakes a PodAutoscaler besides its own changes. */
  public void watch(Controller<PodAutoscaler> controller) {
    controller.wakeControllerOf(horizontalAutoscalers);
    controller.wakeControllerOf(serverlessServices);
  }

  @Override
  public Outcome reconcile(Key key) {
    Optional<PodAutoscaler> pa = podAutoscalers.find(key).filter(HpaReconciler::isOurs);
    if (pa.isEmpty() || Children.isBeingDeleted(pa.get())) {
      return Outcome.done();
    }
    Instant now = clock.instant();
    HpaPlan.Seen seen =
        new HpaPlan.Seen(
            pa.get(), horizontalAutoscalers.find(key), serverlessServices.find(key), config.get());
    return HpaPlan.plan(seen, now)
        .applyWith(writer, (child, message) -> HpaPlan.creationRefused(seen, child, message, now));
  }

  private static boolean isOurs(PodAutoscaler pa) {
    return ScalingAnnotations.HPA.equals(
        Children.annotations(pa).get(ScalingAnnotations.CLASS_KEY));
  }
}
