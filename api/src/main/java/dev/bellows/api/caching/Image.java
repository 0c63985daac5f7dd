package dev.bellows.api.caching;

import dev.bellows.api.KnativeResource;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;

/** An image that is worth having on the nodes before it is needed. */
@Group("caching.internal.knative.dev")
@Version("v1alpha1")
@Kind("Image")
@Plural("images")
public final class Image extends KnativeResource<ImageSpec, ImageStatus> implements Namespaced {
  private static final long serialVersionUID = 1L;
}
