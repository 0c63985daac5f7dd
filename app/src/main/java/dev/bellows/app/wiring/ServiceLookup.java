package dev.bellows.app.wiring;

import dev.bellows.controlplane.feed.RevisionFeed.ClusterIps;

/** How the name of a Service leads to who is behind it. */
public enum ServiceLookup {
  /** By the cluster's DNS, and kube-proxy behind its addresses. */
  dns,
  /** By its Endpoints, where there is neither: on the embedded cluster. */
  endpoints;

  ClusterIps clusterIps() {
    return switch (this) {
      case dns -> ClusterIps.DIALABLE;
      case endpoints -> ClusterIps.NOT_DIALABLE;
    };
  }
}
