package dev.bellows.embedded.workload;

import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.RunningPods;
import dev.bellows.embedded.controller.EventRecorder;
import dev.bellows.embedded.controller.Informers;
import java.time.Clock;

/**
 * The controllers that a cluster brings along: Deployments, ReplicaSets, HorizontalPodAutoscalers,
 * collected ClusterRoles, garbage collection, namespaces and what each of them holds. They react to
 * the registry's watches within a millisecond and keep nothing that cannot be seen in it again.
 *
 * <p>The informers are the caller's, so that caches are shared; they are started after this.
 */
public final class WorkloadControllers implements AutoCloseable {
  private final DeploymentController deployments;
  private final ReplicaSetController replicaSets;
  private final HorizontalPodAutoscalerController autoscalers;
  private final GarbageCollector garbage;
  private final NamespaceController namespaces;
  private final NamespaceContents contents;
  private final ClusterRoleAggregation roles;
  private final Registry registry;

  /**
   * Controllers that do nothing before {@link #start}.
   *
   * @param authorityPem the certificate by which clients trust the API
   */
  public WorkloadControllers(
      Registry registry,
      Informers informers,
      EventRecorder events,
      Clock clock,
      String authorityPem) {
    this(registry, informers, events, clock, authorityPem, RunningPods.NONE);
  }

  /**
   * The same where pods are measured.
   *
   * @param running asked for what pods use
   */
  public WorkloadControllers(
      Registry registry,
      Informers informers,
      EventRecorder events,
      Clock clock,
      String authorityPem,
      RunningPods running) {
    this.registry = registry;
    deployments = new DeploymentController(registry, informers, events, clock);
    replicaSets = new ReplicaSetController(registry, informers, events, clock);
    autoscalers = new HorizontalPodAutoscalerController(registry, informers, clock, running);
    garbage = new GarbageCollector(registry, informers);
    namespaces = new NamespaceController(registry, informers, clock);
    contents = new NamespaceContents(registry, informers, authorityPem);
    roles = new ClusterRoleAggregation(registry, informers);
  }

  /**
   * Makes the default namespaces and roles, and begins to work. The informers must have been
   * started.
   */
  public void start() {
    namespaces.start();
    roles.start();
    DefaultRoles.install(registry);
    contents.start();
    deployments.start();
    replicaSets.start();
    autoscalers.start();
    garbage.start();
  }

  @Override
  public void close() {
    deployments.close();
    replicaSets.close();
    autoscalers.close();
    garbage.close();
    namespaces.close();
    contents.close();
    roles.close();
  }
}
