package dev.bellows.controlplane.reconcile.certificate;

import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.networking.Certificate;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Controller;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Reconciler;
import dev.bellows.controlplane.reconcile.Writer;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Watched;
import io.fabric8.kubernetes.api.model.Namespace;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Asks for a wildcard Certificate in each namespace that config-network selects. */
public final class NamespaceCertificateReconciler implements Reconciler {
  private final Watched<Namespace> namespaces;
  private final Watched<Certificate> certificates;
  private final Watched.Index<Certificate> byNamespace;
  private final Supplier<SystemConfig> config;
  private final String clusterDomain;
  private final Writer writer;

  /**
   * To be made before the views are filled: it adds an index to them.
   *
   * @param config the settings now in force
   * @param clusterDomain such as {@code cluster.local}
   */
  public NamespaceCertificateReconciler(
      Watched<Namespace> namespaces,
      Watched<Certificate> certificates,
      Supplier<SystemConfig> config,
      String clusterDomain,
      Writer writer) {
    this.namespaces = namespaces;
    this.certificates = certificates;
    this.byNamespace = certificates.indexBy(each -> List.of(each.getMetadata().getNamespace()));
    this.config = config;
    this.clusterDomain = clusterDomain;
    this.writer = writer;
  }

  @Override
  public String name() {
    return "nscert-controller";
  }

  /** What wakes a namespace besides its own changes. */
  public void watch(Controller<Namespace> controller) {
    certificates.onChange(change -> {
      if (Wildcards.isWildcard(change.object())) {
        controller.wake(new Key("", Key.of(change.object()).namespace()));
      }
    });
  }

  @Override
  public Outcome reconcile(Key key) {
    Optional<Namespace> namespace = namespaces.find(key);
    if (namespace.isEmpty() || Children.isBeingDeleted(namespace.get())) {
      return Outcome.done();
    }
    return WildcardPlan.plan(
            namespace.get(), byNamespace.get(key.name()), config.get(), clusterDomain)
        .applyWith(writer);
  }
}
