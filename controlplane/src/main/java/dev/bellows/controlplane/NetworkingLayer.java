package dev.bellows.controlplane;

import dev.bellows.controlplane.feed.IngressFeed;
import dev.bellows.controlplane.reconcile.ingress.IngressReconciler;
import dev.bellows.core.route.IngressListener;

/**
 * What makes a gateway the networking layer of a cluster: it is told of the KIngresses of its class
 * and of the Services they name, and their status says what it was told. Made before its {@link
 * ControlPlane} is started.
 */
public final class NetworkingLayer {
  /**
   * Adds feed and reconciler.
   *
   * @param controlPlane whose watches and writer are used
   * @param gateway told of each change, in the thread in which it is seen
   */
  public NetworkingLayer(ControlPlane controlPlane, IngressListener gateway) {
    ControlPlaneConfig surroundings = controlPlane.surroundings();
    IngressFeed.Views views = IngressFeed.Views.watch(controlPlane.informers());
    IngressFeed feed =
        new IngressFeed(views, gateway, surroundings.ingressClass(), surroundings.clusterDomain());
    IngressReconciler reconciler =
        new IngressReconciler(
            views.ingresses(),
            feed,
            controlPlane.writer(),
            controlPlane.clock(),
            surroundings.gatewayHost());
    reconciler.watch(controlPlane.add(reconciler, views.ingresses()));
  }
}
