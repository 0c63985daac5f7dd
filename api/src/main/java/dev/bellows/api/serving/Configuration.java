package dev.bellows.api.serving;

import dev.bellows.api.KnativeResource;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** The template from which each change makes a new Revision. */
@Group("serving.knative.dev")
@Version("v1")
@Kind("Configuration")
@Plural("configurations")
@ShortNames({"config", "cfg"})
public final class Configuration extends KnativeResource<ConfigurationSpec, ConfigurationStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1L;
}
