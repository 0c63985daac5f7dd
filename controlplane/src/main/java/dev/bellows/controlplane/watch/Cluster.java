package dev.bellows.controlplane.watch;

import dev.bellows.api.autoscaling.PodAutoscaler;
import dev.bellows.api.caching.Image;
import dev.bellows.api.networking.Certificate;
import dev.bellows.api.networking.ClusterDomainClaim;
import dev.bellows.api.networking.KIngress;
import dev.bellows.api.networking.ServerlessService;
import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.DomainMapping;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.Route;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;

/**
 * All that the reconcilers of serving see, one view per kind. Two kinds are called Service: {@link
 * #services} are Kubernetes' own, {@link #knativeServices} Knative's.
 */
public record Cluster(
    Watched<dev.bellows.api.serving.Service> knativeServices,
    Watched<Configuration> configurations,
    Watched<Revision> revisions,
    Watched<Route> routes,
    Watched<PodAutoscaler> podAutoscalers,
    Watched<ServerlessService> serverlessServices,
    Watched<KIngress> ingresses,
    Watched<Certificate> certificates,
    Watched<DomainMapping> domainMappings,
    Watched<ClusterDomainClaim> domainClaims,
    Watched<Image> images,
    Watched<Deployment> deployments,
    Watched<Pod> pods,
    Watched<Service> services,
    Watched<Endpoints> endpoints,
    Watched<ConfigMap> configMaps,
    Watched<Secret> podCertificates) {

  /** Pods and Deployments without it are no business of ours. */
  private static final String REVISION = "serving.knative.dev/revision";

  /** The Secret of each namespace with the certificate of its pods; of others nothing is seen. */
  private static final String POD_CERTIFICATE = "serving-certs";

  /** Watches every kind through {@code informers}, which fills the views once started. */
  public static Cluster watch(Informers informers, String systemNamespace) {
    return new Cluster(
        informers.watch(dev.bellows.api.serving.Service.class),
        informers.watch(Configuration.class),
        informers.watch(Revision.class),
        informers.watch(Route.class),
        informers.watch(PodAutoscaler.class),
        informers.watch(ServerlessService.class),
        informers.watch(KIngress.class),
        informers.watch(Certificate.class),
        informers.watch(DomainMapping.class),
        informers.watch(ClusterDomainClaim.class),
        informers.watch(Image.class),
        deployments(informers),
        pods(informers),
        informers.watch(Service.class),
        informers.watch(Endpoints.class),
        informers.watchConfigMaps(systemNamespace),
        informers.watchNamed(Secret.class, POD_CERTIFICATE));
  }

  /** The Deployments of Revisions. */
  public static Watched<Deployment> deployments(Informers informers) {
    return informers.watchLabelled(Deployment.class, REVISION);
  }

  /** The pods of Revisions. */
  public static Watched<Pod> pods(Informers informers) {
    return informers.watchLabelled(Pod.class, REVISION);
  }

  /** Views that someone else fills. */
  public static Cluster empty() {
    return new Cluster(
        new Watched<>(dev.bellows.api.serving.Service.class),
        new Watched<>(Configuration.class),
        new Watched<>(Revision.class),
        new Watched<>(Route.class),
        new Watched<>(PodAutoscaler.class),
        new Watched<>(ServerlessService.class),
        new Watched<>(KIngress.class),
        new Watched<>(Certificate.class),
        new Watched<>(DomainMapping.class),
        new Watched<>(ClusterDomainClaim.class),
        new Watched<>(Image.class),
        new Watched<>(Deployment.class),
        new Watched<>(Pod.class),
        new Watched<>(Service.class),
        new Watched<>(Endpoints.class),
        new Watched<>(ConfigMap.class),
        new Watched<>(Secret.class));
  }
}
