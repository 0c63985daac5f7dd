package dev.bellows.api.autoscaling;

import dev.bellows.api.KnativeResource;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** How one Revision is scaled. */
@Group("autoscaling.internal.knative.dev")
@Version("v1alpha1")
@Kind("PodAutoscaler")
@Plural("podautoscalers")
@ShortNames({"kpa", "pa"})
public final class PodAutoscaler extends KnativeResource<PodAutoscalerSpec, PodAutoscalerStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1L;
}
