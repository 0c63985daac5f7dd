package dev.bellows.controlplane.bucket;

import dev.bellows.api.config.LeaderElectionConfig;
import dev.bellows.controlplane.watch.Watched;
import dev.bellows.core.shard.BucketSet;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Lets several control planes share the reconcilers, each by Leases of its own (serving spec §0,
 * Election). One that does not hold a Lease sees all objects, so that it can go on at once when it
 * gets it.
 */
public final class ElectionByLeases implements Election, AutoCloseable {
  private final KubernetesClient client;
  private final Watched<Lease> leases;
  private final String namespace;
  private final Identity identity;
  private final LeaderElectionConfig config;
  private final InstantSource clock;
  private final List<BucketLeases> all = new ArrayList<>();

  /**
   * Stands for nothing yet.
   *
   * @param leases those of the system's namespace
   * @param config how many buckets each reconciler has, and the terms
   */
  public ElectionByLeases(
      KubernetesClient client,
      Watched<Lease> leases,
      String namespace,
      Identity identity,
      LeaderElectionConfig config,
      InstantSource clock) {
    this.client = client;
    this.leases = leases;
    this.namespace = namespace;
    this.identity = identity;
    this.config = config;
    this.clock = clock;
  }

  @Override
  public Ownership of(String reconciler) {
    BucketLeases made =
        new BucketLeases(
            client,
            leases,
            namespace,
            identity,
            BucketSet.ofReconciler(reconciler, config.buckets()),
            config,
            clock,
            bucket -> {});
    all.add(made);
    return made;
  }

  /** Begins to stand for the Leases, once they have been listed. */
  public void start() {
    all.forEach(BucketLeases::start);
  }

  /** Gives back what it holds. */
  @Override
  public void close() {
    all.forEach(BucketLeases::close);
  }
}
