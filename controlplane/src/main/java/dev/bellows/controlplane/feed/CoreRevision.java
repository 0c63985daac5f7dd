package dev.bellows.controlplane.feed;

import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.serving.RevisionSpec;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.controlplane.reconcile.revision.RevisionFacts;
import dev.bellows.core.revision.Revision;
import dev.bellows.core.revision.RevisionId;
import io.fabric8.kubernetes.api.model.Container;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the data plane must know of a Revision. */
final class CoreRevision {
  private CoreRevision() {}

  static Revision of(
      RevisionId id, dev.bellows.api.serving.Revision revision, SystemConfig config) {
    Map<String, String> labels = Children.labels(revision);
    RevisionSpec spec = revision.getSpec();
    return new Revision(
        id,
        labels.getOrDefault(WellKnown.SERVICE, ""),
        labels.getOrDefault(WellKnown.CONFIGURATION, ""),
        RevisionFacts.protocol(revision),
        Math.toIntExact(RevisionFacts.containerConcurrency(spec, config)),
        Duration.ofSeconds(RevisionFacts.timeoutSeconds(spec, config)),
        seconds(spec.responseStartTimeoutSeconds()),
        seconds(spec.idleTimeoutSeconds()),
        waitsForKubernetes(revision),
        RevisionFacts.isFullDuplex(revision));
  }

  private static Duration seconds(@Nullable Long seconds) {
    return seconds == null ? Duration.ZERO : Duration.ofSeconds(seconds);
  }

  /** Only the kubelet can run an exec probe, and only it knows that a startup probe has passed. */
  private static boolean waitsForKubernetes(dev.bellows.api.serving.Revision revision) {
    List<Container> containers = revision.getSpec().podSpec().getContainers();
    Container serving = RevisionFacts.servingContainer(revision);
    return containers.stream().anyMatch(container -> container.getStartupProbe() != null)
        || (serving.getReadinessProbe() != null && serving.getReadinessProbe().getExec() != null);
  }
}
