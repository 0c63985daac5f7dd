package dev.bellows.controlplane.feed;

import dev.bellows.api.config.SystemConfig;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.controlplane.watch.Change;
import dev.bellows.controlplane.watch.Informers;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Watched;
import dev.bellows.core.revision.Protocol;
import dev.bellows.core.revision.Revision;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.RevisionListener;
import io.fabric8.kubernetes.api.model.EndpointAddress;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells an activator of Revisions and of the pods behind them, in the thread in which the change is
 * seen: between a pod's becoming ready and the requests that wait for it stands only this call.
 *
 * <p>Each call tells something new: what was told last is remembered per Revision, and bounded by
 * their number. One lock makes the several watches take turns; the listener is called under it.
 */
public final class RevisionFeed {
  private static final Logger log = LoggerFactory.getLogger(RevisionFeed.class);

  /** Whether a Service's own address reaches its pods from where the activator runs. */
  public enum ClusterIps {
    DIALABLE,
    NOT_DIALABLE
  }

  /**
   * What an activator's feed reads of the cluster.
   *
   * @param services those of Revisions, private and public
   * @param endpoints theirs
   */
  public record Views(
      Watched<dev.bellows.api.serving.Revision> revisions,
      Watched<Service> services,
      Watched<Endpoints> endpoints) {
    /** Watches these kinds, in all namespaces. */
    public static Views watch(Informers informers) {
      return new Views(
          informers.watch(dev.bellows.api.serving.Revision.class),
          informers.watch(Service.class),
          informers.watch(Endpoints.class));
    }
  }

  private record PrivateEndpoints(
      dev.bellows.core.route.Endpoints endpoints, Optional<Address> clusterIp) {}

  private final RevisionListener listener;
  private final Supplier<SystemConfig> config;
  private final ClusterIps clusterIps;
  private final Watched.Index<Endpoints> endpoints;
  private final Watched.Index<Service> services;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<RevisionId, Revision> revisions = new HashMap<>();
  private final Map<RevisionId, PrivateEndpoints> privateEndpoints = new HashMap<>();
  private final Map<RevisionId, List<String>> publicIps = new HashMap<>();

  /**
   * Begins to listen; to be made before the views are filled.
   *
   * @param config for what a Revision leaves open
   */
  public RevisionFeed(
      Views views,
      RevisionListener listener,
      Supplier<SystemConfig> config,
      ClusterIps clusterIps) {
    this.listener = listener;
    this.config = config;
    this.clusterIps = clusterIps;
    this.endpoints =
        views.endpoints().indexBy(object -> keys(object.getMetadata().getNamespace(), object));
    this.services =
        views.services().indexBy(object -> keys(object.getMetadata().getNamespace(), object));
    views.revisions().onChange(this::onRevision);
    views.endpoints().onChange(change -> onBackends(change.object()));
    views.services().onChange(change -> onBackends(change.object()));
  }

  /** Under {@code namespace/revision type}, so that one lookup finds one object. */
  private static List<String> keys(
      String namespace, io.fabric8.kubernetes.api.model.HasMetadata object) {
    Map<String, String> labels = Children.labels(object);
    String revision = labels.get(WellKnown.REVISION);
    String type = labels.get(WellKnown.SERVICE_TYPE);
    return revision == null || type == null
        ? List.of()
        : List.of(key(new RevisionId(namespace, revision), type));
  }

  private static String key(RevisionId id, String type) {
    return id + " " + type;
  }

  private void onRevision(Change<dev.bellows.api.serving.Revision> change) {
    Key key = Key.of(change.object());
    RevisionId id = new RevisionId(key.namespace(), key.name());
    lock.lock();
    try {
      switch (change) {
        case Change.Added<dev.bellows.api.serving.Revision>(var revision) -> tell(id, revision);
        case Change.Updated<dev.bellows.api.serving.Revision>(var before, var revision) ->
            tell(id, revision);
        case Change.Removed<dev.bellows.api.serving.Revision>(var revision) -> {
          revisions.remove(id);
          privateEndpoints.remove(id);
          publicIps.remove(id);
          listener.onRevisionDeleted(id);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void tell(RevisionId id, dev.bellows.api.serving.Revision object) {
    Revision revision;
    try {
      revision = CoreRevision.of(id, object, config.get());
    } catch (IllegalArgumentException e) {
      log.warn("Revision {} is left out: {}", id, e.getMessage());
      return;
    }
    if (!revision.equals(revisions.put(id, revision))) {
      listener.onRevision(revision);
    }
    tellBackends(id, revision.protocol());
  }

  private void onBackends(io.fabric8.kubernetes.api.model.HasMetadata object) {
    String name = Children.labels(object).get(WellKnown.REVISION);
    if (name == null) {
      return;
    }
    RevisionId id = new RevisionId(object.getMetadata().getNamespace(), name);
    lock.lock();
    try {
      Revision revision = revisions.get(id);
      if (revision != null) { // else its own event, still to come, tells of them
        tellBackends(id, revision.protocol());
      }
    } finally {
      lock.unlock();
    }
  }

  private void tellBackends(RevisionId id, Protocol protocol) {
    String port = protocol.servicePortName();
    PrivateEndpoints pods =
        new PrivateEndpoints(
            first(endpoints.get(key(id, WellKnown.PRIVATE)))
                .map(found -> PortEndpoints.of(found, port))
                .orElse(dev.bellows.core.route.Endpoints.NONE),
            clusterIp(id, port));
    PrivateEndpoints toldPods = privateEndpoints.put(id, pods);
    boolean nothingYet =
        toldPods == null
            && pods.endpoints.equals(dev.bellows.core.route.Endpoints.NONE)
            && pods.clusterIp.isEmpty();
    if (!nothingYet && !pods.equals(toldPods)) {
      listener.onPrivateEndpoints(id, pods.endpoints, pods.clusterIp);
    }
    List<String> ips =
        first(endpoints.get(key(id, WellKnown.PUBLIC)))
            .map(found -> readyIps(found, port))
            .orElse(List.of());
    List<String> toldIps = publicIps.put(id, ips);
    if (!ips.equals(toldIps) && !(toldIps == null && ips.isEmpty())) {
      listener.onPublicEndpoints(id, ips);
    }
  }

  private static List<String> readyIps(Endpoints endpoints, String port) {
    return endpoints.getSubsets().stream()
        .filter(subset -> subset.getPorts().stream().anyMatch(p -> port.equals(p.getName())))
        .flatMap(subset -> subset.getAddresses().stream())
        .map(EndpointAddress::getIp)
        .sorted()
        .distinct()
        .toList();
  }

  private Optional<Address> clusterIp(RevisionId id, String port) {
    return switch (clusterIps) {
      case NOT_DIALABLE -> Optional.empty();
      case DIALABLE ->
          first(services.get(key(id, WellKnown.PRIVATE)))
              .map(Service::getSpec)
              .filter(spec -> spec.getClusterIP() != null)
              .filter(spec -> !spec.getClusterIP().isEmpty())
              .filter(spec -> !spec.getClusterIP().equals("None"))
              .flatMap(spec ->
                  spec.getPorts().stream()
                      .filter(each -> port.equals(each.getName()))
                      .map(ServicePort::getPort)
                      .findFirst()
                      .map(number -> new Address(spec.getClusterIP(), number)));
    };
  }

  private static <T> Optional<T> first(List<T> found) {
    return found.stream().findFirst();
  }
}
