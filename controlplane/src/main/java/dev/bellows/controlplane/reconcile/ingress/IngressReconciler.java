package dev.bellows.controlplane.reconcile.ingress;

import dev.bellows.api.networking.KIngress;
import dev.bellows.controlplane.feed.IngressFeed;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Controller;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Reconciler;
import dev.bellows.controlplane.reconcile.Writer;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Watched;
import java.time.InstantSource;
import java.util.Optional;

/** Marks the KIngresses of our gateway's class Ready once the gateway routes by them. */
public final class IngressReconciler implements Reconciler {
  private final Watched<KIngress> ingresses;
  private final IngressFeed feed;
  private final Writer writer;
  private final InstantSource clock;
  private final String gatewayHost;

  /**
   * @param feed tells the gateway
   * @param gatewayHost where the gateway is found inside the cluster
   */
  public IngressReconciler(
      Watched<KIngress> ingresses,
      IngressFeed feed,
      Writer writer,
      InstantSource clock,
      String gatewayHost) {
    this.ingresses = ingresses;
    this.feed = feed;
    this.writer = writer;
    this.clock = clock;
    this.gatewayHost = gatewayHost;
  }

  @Override
  public String name() {
    return "ingress-controller";
  }

  /** What wakes a KIngress besides its own changes. */
  public void watch(Controller<KIngress> controller) {
    feed.onTold(controller::wake);
  }

  @Override
  public Outcome reconcile(Key key) {
    Optional<KIngress> ingress = ingresses.find(key);
    if (ingress.isEmpty()
        || Children.isBeingDeleted(ingress.get())
        || !feed.isOurs(ingress.get())) {
      return Outcome.done();
    }
    return IngressPlan.plan(
            ingress.get(),
            feed.toldGeneration(key),
            feed.missingCertificate(key),
            gatewayHost,
            clock.instant())
        .applyWith(writer);
  }
}
