package dev.bellows.controlplane.reconcile.podautoscaler;

import dev.bellows.api.autoscaling.Metric;
import dev.bellows.api.autoscaling.PodAutoscaler;
import dev.bellows.api.networking.ServerlessService;
import dev.bellows.api.networking.ServerlessServiceSpec;
import dev.bellows.core.kpa.MetricSpec;
import dev.bellows.core.kpa.ScalingAnnotations;
import dev.bellows.core.podautoscaler.ScaleTargetRef;
import dev.bellows.core.podautoscaler.SksMode;
import dev.bellows.core.podautoscaler.SksSpec;
import dev.bellows.core.revision.Protocol;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The objects that a PodAutoscaler has made for it, between their wire form and core's. */
final class PodAutoscalerChildren {
  private PodAutoscalerChildren() {}

  /** A new ServerlessService; the metric annotation is no business of it. */
  static ServerlessService sks(PodAutoscaler owner, SksSpec spec) {
    Map<String, String> annotations = copy(owner.getMetadata().getAnnotations());
    annotations.remove(ScalingAnnotations.METRIC_KEY);
    ServerlessService sks = new ServerlessService();
    sks.setMetadata(metadata(owner, annotations));
    sks.setSpec(write(spec));
    return sks;
  }

  /** The same ServerlessService with another spec. */
  static ServerlessService withSpec(ServerlessService seen, SksSpec spec) {
    ServerlessService changed = new ServerlessService();
    changed.setMetadata(seen.getMetadata());
    changed.setSpec(write(spec));
    changed.setStatus(seen.getStatus());
    return changed;
  }

  /** A new Metric. */
  static Metric metric(PodAutoscaler owner, MetricSpec spec) {
    Metric metric = new Metric();
    metric.setMetadata(metadata(owner, copy(owner.getMetadata().getAnnotations())));
    metric.setSpec(write(spec));
    return metric;
  }

  /** The same Metric with another spec. */
  static Metric withSpec(Metric seen, MetricSpec spec) {
    Metric changed = new Metric();
    changed.setMetadata(seen.getMetadata());
    changed.setSpec(write(spec));
    changed.setStatus(seen.getStatus());
    return changed;
  }

  static boolean isControlledBy(HasMetadata child, PodAutoscaler parent) {
    return child.getMetadata().getOwnerReferences().stream()
        .anyMatch(owner ->
            Boolean.TRUE.equals(owner.getController())
                && Objects.equals(owner.getUid(), parent.getMetadata().getUid()));
  }

  /** What a stored ServerlessService is to be. */
  static SksSpec read(@Nullable ServerlessServiceSpec spec) {
    if (spec == null) {
      return new SksSpec(SksMode.SERVE, read((ObjectReference) null), Protocol.HTTP1, 0);
    }
    return new SksSpec(
        SksMode.of(orEmpty(spec.mode())),
        read(spec.objectRef()),
        protocol(spec.protocolType()),
        Objects.requireNonNullElse(spec.numActivators(), 0));
  }

  /** What a stored Metric measures. */
  static MetricSpec read(dev.bellows.api.autoscaling.@Nullable MetricSpec spec) {
    if (spec == null) {
      return new MetricSpec(Duration.ZERO, Duration.ZERO, "");
    }
    return new MetricSpec(
        Duration.ofNanos(Objects.requireNonNullElse(spec.stableWindow(), 0L)),
        Duration.ofNanos(Objects.requireNonNullElse(spec.panicWindow(), 0L)),
        orEmpty(spec.scrapeTarget()));
  }

  static ScaleTargetRef read(@Nullable ObjectReference reference) {
    return reference == null
        ? new ScaleTargetRef("", "", "")
        : new ScaleTargetRef(
            orEmpty(reference.getApiVersion()),
            orEmpty(reference.getKind()),
            orEmpty(reference.getName()));
  }

  static Protocol protocol(@Nullable String wireName) {
    return Protocol.H2C.wireName().equals(wireName) ? Protocol.H2C : Protocol.HTTP1;
  }

  static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  private static ServerlessServiceSpec write(SksSpec spec) {
    return new ServerlessServiceSpec(
        spec.mode().wireName(),
        new ObjectReferenceBuilder()
            .withApiVersion(spec.objectRef().apiVersion())
            .withKind(spec.objectRef().kind())
            .withName(spec.objectRef().name())
            .build(),
        spec.protocol().wireName(),
        spec.numActivators());
  }

  private static dev.bellows.api.autoscaling.MetricSpec write(MetricSpec spec) {
    return new dev.bellows.api.autoscaling.MetricSpec(
        spec.stableWindow().toNanos(), spec.panicWindow().toNanos(), spec.scrapeTarget());
  }

  private static ObjectMeta metadata(PodAutoscaler owner, Map<String, String> annotations) {
    ObjectMeta of = owner.getMetadata();
    return new ObjectMetaBuilder()
        .withNamespace(of.getNamespace())
        .withName(of.getName())
        .withLabels(copy(of.getLabels()))
        .withAnnotations(annotations)
        .withOwnerReferences(
            new OwnerReferenceBuilder()
                .withApiVersion(owner.getApiVersion())
                .withKind(owner.getKind())
                .withName(of.getName())
                .withUid(of.getUid())
                .withController(true)
                .withBlockOwnerDeletion(true)
                .build())
        .build();
  }

  private static Map<String, String> copy(@Nullable Map<String, String> map) {
    return map == null ? new LinkedHashMap<>() : new LinkedHashMap<>(map);
  }
}
