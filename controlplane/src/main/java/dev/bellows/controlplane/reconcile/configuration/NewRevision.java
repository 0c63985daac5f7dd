package dev.bellows.controlplane.reconcile.configuration;

import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.RevisionTemplateSpec;
import dev.bellows.controlplane.reconcile.ChildName;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.RevisionNames;
import dev.bellows.controlplane.reconcile.WellKnown;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The Revision of a Configuration's present template. */
final class NewRevision {
  private NewRevision() {}

  static Revision of(Configuration configuration, RevisionTemplateSpec template, Instant now) {
    ObjectMeta given = template.metadata() == null ? new ObjectMeta() : template.metadata();
    Map<String, String> labels = new LinkedHashMap<>(Children.orEmpty(given.getLabels()));
    Map<String, String> annotations = new LinkedHashMap<>(Children.orEmpty(given.getAnnotations()));
    ObjectMeta parent = configuration.getMetadata();
    labels.put(WellKnown.CONFIGURATION, parent.getName());
    labels.put(WellKnown.CONFIGURATION_GENERATION, String.valueOf(parent.getGeneration()));
    labels.put(WellKnown.CONFIGURATION_UID, parent.getUid());
    for (String label : List.of(WellKnown.SERVICE, WellKnown.SERVICE_UID)) {
      String value = Children.labels(configuration).get(label);
      if (value != null) {
        labels.put(label, value);
      }
    }
    // A Route leads here already: the Revision starts as one that requests can reach.
    String routes = Children.annotations(configuration).get(WellKnown.ROUTES);
    boolean routed = routes != null && !routes.isEmpty();
    labels.put(WellKnown.ROUTING_STATE, routed ? WellKnown.ACTIVE : WellKnown.PENDING);
    annotations.put(
        WellKnown.ROUTING_STATE_MODIFIED, now.truncatedTo(ChronoUnit.SECONDS).toString());
    if (routed) {
      annotations.put(WellKnown.ROUTES, routes);
    }
    String creator = Children.annotations(configuration).get(WellKnown.LAST_MODIFIER);
    if (creator != null) {
      annotations.put(WellKnown.CREATOR, creator);
    }
    Revision revision = new Revision();
    revision.setMetadata(
        Children.metadata(
            configuration,
            RevisionNames.asked(template)
                .orElseGet(() ->
                    ChildName.of(parent.getName(), "-%05d".formatted(parent.getGeneration()))),
            labels,
            annotations));
    revision.setSpec(template.spec());
    return revision;
  }
}
