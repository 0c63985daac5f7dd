package dev.bellows.api.autoscaling;

import dev.bellows.api.KnativeResource;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;

/** Which pods the autoscaler scrapes and over which windows it averages. */
@Group("autoscaling.internal.knative.dev")
@Version("v1alpha1")
@Kind("Metric")
@Plural("metrics")
public final class Metric extends KnativeResource<MetricSpec, MetricStatus> implements Namespaced {
  private static final long serialVersionUID = 1L;
}
