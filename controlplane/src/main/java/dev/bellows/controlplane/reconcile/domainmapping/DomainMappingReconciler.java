package dev.bellows.controlplane.reconcile.domainmapping;

import dev.bellows.api.config.NetworkConfig;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.networking.Certificate;
import dev.bellows.api.serving.Addressable;
import dev.bellows.api.serving.DomainMapping;
import dev.bellows.api.serving.KReference;
import dev.bellows.controlplane.reconcile.Controller;
import dev.bellows.controlplane.reconcile.HostForm;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Reconciler;
import dev.bellows.controlplane.reconcile.Writer;
import dev.bellows.controlplane.watch.Cluster;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Watched;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps each DomainMapping's KIngress as its reference asks, where the domain is its namespace's.
 * References to Knative Services, Routes and Kubernetes Services are followed.
 */
public final class DomainMappingReconciler implements Reconciler {
  private static final String SERVING = "serving.knative.dev";

  private final Cluster cluster;
  private final Supplier<SystemConfig> config;
  private final Writer writer;
  private final InstantSource clock;
  private final HostForm form;
  private final Watched.Index<DomainMapping> byReference;
  private final Watched.Index<DomainMapping> byDomain;
  private final Watched.Index<Certificate> certificates;

  /**
   * To be made before the views are filled: it adds indexes to them.
   *
   * @param config the settings now in force
   * @param form how names and URLs are written
   */
  public DomainMappingReconciler(
      Cluster cluster,
      Supplier<SystemConfig> config,
      Writer writer,
      InstantSource clock,
      HostForm form) {
    this.cluster = cluster;
    this.config = config;
    this.writer = writer;
    this.clock = clock;
    this.form = form;
    this.byReference = cluster.domainMappings().indexBy(DomainMappingReconciler::references);
    this.byDomain =
        cluster.domainMappings().indexBy(mapping -> List.of(mapping.getMetadata().getName()));
    this.certificates =
        cluster.certificates().indexBy(each -> List.of(each.getMetadata().getNamespace()));
  }

  @Override
  public String name() {
    return "domainmapping-controller";
  }

  /** What wakes a DomainMapping besides its own changes. */
  public void watch(Controller<DomainMapping> controller) {
    controller.wakeControllerOf(cluster.ingresses());
    controller.wakeControllerOf(cluster.certificates());
    // By name, so that a target that does not exist yet wakes the mapping when it comes.
    wakeByReference(controller, cluster.knativeServices());
    wakeByReference(controller, cluster.routes());
    wakeByReference(controller, cluster.services());
    cluster
        .domainClaims()
        .onChange(change ->
            byDomain
                .get(Key.of(change.object()).name())
                .forEach(mapping -> controller.wake(Key.of(mapping))));
  }

  private <T extends HasMetadata> void wakeByReference(
      Controller<DomainMapping> controller, Watched<T> targets) {
    String kind = HasMetadata.getKind(targets.type());
    String group = HasMetadata.getGroup(targets.type());
    targets.onChange(change -> {
      Key key = Key.of(change.object());
      byReference
          .get(reference(group, kind, key))
          .forEach(mapping -> controller.wake(Key.of(mapping)));
    });
  }

  @Override
  public Outcome reconcile(Key key) {
    Optional<DomainMapping> mapping = cluster.domainMappings().find(key);
    if (mapping.isEmpty()) {
      return Outcome.done();
    }
    return DomainMappingPlan.plan(observe(mapping.get()), clock.instant()).applyWith(writer);
  }

  private Seen observe(DomainMapping mapping) {
    Key key = Key.of(mapping);
    NetworkConfig network = config.get().network();
    return new Seen(
        mapping,
        cluster.domainClaims().find("", key.name()),
        target(mapping),
        cluster.ingresses().find(key.namespace(), MappedIngress.name(key.name())),
        network.externalDomainTls() ? certificates.get(key.namespace()) : List.of(),
        network,
        form);
  }

  private Target target(DomainMapping mapping) {
    KReference ref = mapping.getSpec().ref();
    if (ref == null || ref.name() == null || ref.kind() == null) {
      return new Target.Unresolved("the reference names no object");
    }
    Key key = new Key(Key.of(mapping).namespace(), ref.name());
    return switch (group(ref) + "/" + ref.kind()) {
      case SERVING + "/Service" ->
          resolve(
              cluster.knativeServices(),
              key,
              found -> found.getStatus() == null ? null : found.getStatus().address());
      case SERVING + "/Route" ->
          resolve(
              cluster.routes(),
              key,
              found -> found.getStatus() == null ? null : found.getStatus().address());
      case "/Service" -> resolve(cluster.services(), key, this::byName);
      default -> new Target.Unresolved("objects of kind " + ref.kind() + " cannot be mapped");
    };
  }

  private <T extends HasMetadata> Target resolve(
      Watched<T> kind, Key key, Function<T, @Nullable Addressable> address) {
    Optional<T> found = kind.find(key);
    if (found.isEmpty()) {
      return new Target.Unresolved(
          "failed to get object %s: %s \"%s\" not found"
              .formatted(key, HasMetadata.getFullResourceName(kind.type()), key.name()));
    }
    Addressable known = address.apply(found.get());
    return Target.of(
        known == null ? null : known.url(),
        HasMetadata.getKind(kind.type()) + " " + key,
        key.namespace(),
        form.clusterDomain());
  }

  /** A Kubernetes Service says no address of itself: it has the one that its name makes. */
  private Addressable byName(Service service) {
    Key key = Key.of(service);
    return new Addressable(
        null,
        "http://%s.%s.svc.%s".formatted(key.name(), key.namespace(), form.clusterDomain()),
        null,
        null);
  }

  private static List<String> references(DomainMapping mapping) {
    KReference ref = mapping.getSpec().ref();
    return ref == null || ref.name() == null || ref.kind() == null
        ? List.of()
        : List.of(
            reference(group(ref), ref.kind(), new Key(Key.of(mapping).namespace(), ref.name())));
  }

  private static String reference(String group, String kind, Key key) {
    return group + "/" + kind + " " + key;
  }

  private static String group(KReference ref) {
    if (ref.group() != null) {
      return ref.group();
    }
    String version = ref.apiVersion() == null ? "" : ref.apiVersion();
    return version.contains("/") ? version.substring(0, version.indexOf('/')) : "";
  }
}
