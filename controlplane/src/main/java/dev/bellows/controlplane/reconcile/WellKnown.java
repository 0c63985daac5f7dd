package dev.bellows.controlplane.reconcile;

/** Labels, annotations and names that several reconcilers share with other controllers. */
public final class WellKnown {
  /** Where the system's own objects live, unless SYSTEM_NAMESPACE says otherwise. */
  public static final String SYSTEM_NAMESPACE = "knative-serving";

  public static final String SERVICE = "serving.knative.dev/service";
  public static final String SERVICE_UID = "serving.knative.dev/serviceUID";
  public static final String CONFIGURATION = "serving.knative.dev/configuration";
  public static final String CONFIGURATION_UID = "serving.knative.dev/configurationUID";
  public static final String CONFIGURATION_GENERATION =
      "serving.knative.dev/configurationGeneration";
  public static final String REVISION = "serving.knative.dev/revision";
  public static final String REVISION_UID = "serving.knative.dev/revisionUID";
  public static final String ROUTE = "serving.knative.dev/route";
  public static final String ROUTE_NAMESPACE = "serving.knative.dev/routeNamespace";

  /** Annotation: the Routes that lead to a Configuration or Revision, sorted, by comma. */
  public static final String ROUTES = "serving.knative.dev/routes";

  /** Label: whether a Route leads to a Revision; one of the next three. */
  public static final String ROUTING_STATE = "serving.knative.dev/routingState";

  public static final String PENDING = "pending";
  public static final String ACTIVE = "active";
  public static final String RESERVE = "reserve";
  public static final String ROUTING_STATE_MODIFIED = "serving.knative.dev/routingStateModified";
  public static final String CREATOR = "serving.knative.dev/creator";
  public static final String LAST_MODIFIER = "serving.knative.dev/lastModifier";
  public static final String LAST_PINNED = "serving.knative.dev/lastPinned";
  public static final String NO_GC = "serving.knative.dev/no-gc";
  public static final String ROLLOUT_DURATION = "serving.knative.dev/rollout-duration";
  public static final String ROLLOUT_DURATION_CAMEL_CASE = "serving.knative.dev/rolloutDuration";
  public static final String PROGRESS_DEADLINE = "serving.knative.dev/progress-deadline";
  public static final String DEPLOYMENT_HASH = "serving.knative.dev/deployment-hash";

  public static final String DOMAIN_MAPPING_UID = "serving.knative.dev/domainMappingUID";
  public static final String DOMAIN_MAPPING_NAMESPACE =
      "serving.knative.dev/domainMappingNamespace";

  /** Label of an object that only the cluster shall reach; value {@code cluster-local}. */
  public static final String VISIBILITY = "networking.knative.dev/visibility";

  public static final String CLUSTER_LOCAL = "cluster-local";
  public static final String INGRESS_CLASS = "networking.knative.dev/ingress.class";

  /** Label: the ServerlessService that a Service or Endpoints object belongs to. */
  public static final String SERVERLESS_SERVICE =
      "networking.internal.knative.dev/serverlessservice";

  /** Label: {@code Public} or {@code Private}. */
  public static final String SERVICE_TYPE = "networking.internal.knative.dev/serviceType";

  public static final String PUBLIC = "Public";
  public static final String PRIVATE = "Private";

  /** Annotation that kubectl keeps for itself; never handed on to children. */
  public static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

  /** Prefix of autoscaling annotations. */
  public static final String AUTOSCALING_PREFIX = "autoscaling.knative.dev/";

  private WellKnown() {}
}
