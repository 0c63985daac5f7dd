package dev.bellows.controlplane.feed;

import dev.bellows.api.networking.KIngress;
import dev.bellows.api.networking.ServerlessService;
import dev.bellows.api.serving.DomainMapping;
import dev.bellows.api.serving.Route;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.controlplane.watch.Change;
import dev.bellows.controlplane.watch.Informers;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Watched;
import dev.bellows.core.revision.Protocol;
import dev.bellows.core.route.Ingress;
import dev.bellows.core.route.IngressListener;
import dev.bellows.core.route.SecretId;
import dev.bellows.core.route.ServiceId;
import dev.bellows.core.route.ServicePort.Wrapping;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a gateway of the KIngresses of its class and of the Services and Secrets they name, in the
 * thread in which a change is seen; and of Routes and DomainMappings that are not ready. Services
 * and Secrets that no such KIngress names are none of its business.
 *
 * <p>What was told last is remembered: one entry per KIngress of the class, one per Service named.
 * One lock makes the several watches take turns; the listener is called under it.
 */
public final class IngressFeed {
  private static final Logger log = LoggerFactory.getLogger(IngressFeed.class);

  /**
   * What a gateway's feed reads of the cluster.
   *
   * @param services those that KIngresses may name
   * @param endpoints theirs
   * @param tlsSecrets the Secrets that KIngresses may name
   * @param serverlessServices tell which of the Services may be without a pod
   * @param routes may exist before their KIngress
   * @param knativeServices know why a Route of theirs is not ready
   * @param domainMappings may exist before their KIngress
   */
  public record Views(
      Watched<KIngress> ingresses,
      Watched<Service> services,
      Watched<Endpoints> endpoints,
      Watched<Secret> tlsSecrets,
      Watched<ServerlessService> serverlessServices,
      Watched<Route> routes,
      Watched<dev.bellows.api.serving.Service> knativeServices,
      Watched<DomainMapping> domainMappings) {
    /** Watches these kinds, in all namespaces. */
    public static Views watch(Informers informers) {
      return new Views(
          informers.watch(KIngress.class),
          informers.watch(Service.class),
          informers.watch(Endpoints.class),
          informers.watchTlsSecrets(),
          informers.watch(ServerlessService.class),
          informers.watch(Route.class),
          informers.watch(dev.bellows.api.serving.Service.class),
          informers.watch(DomainMapping.class));
    }
  }

  /** Name of a Revision's port for the system's own TLS (data-plane spec §1.1). */
  private static final String HTTPS = "https";

  private final Views views;
  private final IngressListener listener;
  private final String ingressClass;
  private final String suffix;
  private final List<Consumer<Key>> toldListeners = new CopyOnWriteArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Key, Ingress> ingresses = new HashMap<>();
  private final Map<ServiceId, Map<String, dev.bellows.core.route.ServicePort>> services =
      new HashMap<>();

  /** How many KIngresses name a Service. */
  private final Map<ServiceId, Integer> named = new HashMap<>();

  private final NamedSecrets secrets;
  private final UnreadySubjects unready;
  private final Watched.Index<ServerlessService> byPrivateService;

  /** Which of them stand for another Service of the cluster, as ExternalName. */
  private final Map<ServiceId, ServiceId> aliases = new HashMap<>();

  /**
   * Begins to listen; to be made before the views are filled.
   *
   * @param ingressClass the gateway's own
   * @param clusterDomain such as {@code cluster.local}
   */
  public IngressFeed(
      Views views, IngressListener listener, String ingressClass, String clusterDomain) {
    this.views = views;
    this.listener = listener;
    this.ingressClass = ingressClass;
    this.suffix = ".svc." + clusterDomain;
    this.secrets = new NamedSecrets(views.tlsSecrets(), listener);
    this.unready = new UnreadySubjects(views, listener, suffix);
    views.ingresses().onChange(this::onIngress);
    views.services().onChange(change -> onService(Key.of(change.object())));
    views.endpoints().onChange(change -> onEndpoints(Key.of(change.object())));
    this.byPrivateService =
        views
            .serverlessServices()
            .indexBy(each -> privateService(each).map(Key::toString).stream().toList());
    views.serverlessServices().onChange(change -> onService(Key.of(change.object())));
    views.tlsSecrets().onChange(change -> onSecret(Key.of(change.object())));
    views.routes().onChange(change -> onRoute(Key.of(change.object())));
    views.knativeServices().onChange(change -> onRoute(Key.of(change.object())));
    views.domainMappings().onChange(change -> onDomainMapping(Key.of(change.object())));
  }

  /** Calls {@code listener} with each KIngress that the gateway has just been told of. */
  public void onTold(Consumer<Key> listener) {
    toldListeners.add(listener);
  }

  /** Which generation of a KIngress the gateway routes by, if it was told of it. */
  public Optional<Long> toldGeneration(Key key) {
    lock.lock();
    try {
      return Optional.ofNullable(ingresses.get(key)).map(Ingress::version);
    } finally {
      lock.unlock();
    }
  }

  /** Why a KIngress that the gateway was told of lacks a certificate, if it does. */
  public Optional<String> missingCertificate(Key key) {
    lock.lock();
    try {
      return Optional.ofNullable(ingresses.get(key)).stream()
          .flatMap(ingress -> CoreIngress.secrets(ingress).stream())
          .flatMap(secret -> secrets.complaint(secret).stream())
          .sorted()
          .findFirst();
    } finally {
      lock.unlock();
    }
  }

  /** Whether a KIngress is for this gateway. */
  public boolean isOurs(KIngress ingress) {
    return ingressClass.equals(Children.annotations(ingress).get(WellKnown.INGRESS_CLASS));
  }

  private void onIngress(Change<KIngress> change) {
    KIngress object = change.object();
    Key key = Key.of(object);
    boolean told = false;
    lock.lock();
    try {
      switch (change) {
        case Change.Added<KIngress>(var ingress) -> told = tellOrForget(key, ingress);
        case Change.Updated<KIngress>(var before, var ingress) -> told = tellOrForget(key, ingress);
        case Change.Removed<KIngress>(var ingress) -> forget(key);
      }
    } finally {
      lock.unlock();
    }
    if (told) {
      toldListeners.forEach(each -> each.accept(key));
    }
  }

  private boolean tellOrForget(Key key, KIngress object) {
    if (!isOurs(object)) {
      forget(key);
      return false;
    }
    Ingress ingress;
    try {
      ingress = CoreIngress.of(object);
    } catch (IllegalArgumentException e) {
      log.warn("Ingress {} is left as it was: {}", key, e.getMessage());
      return false;
    }
    Ingress before = ingresses.get(key);
    if (ingress.equals(before)) {
      return false;
    }
    // Whom it leads to first: from its first request on it finds them.
    Set<ServiceId> now = CoreIngress.services(ingress);
    Set<ServiceId> then = before == null ? Set.of() : CoreIngress.services(before);
    for (ServiceId each : now) {
      if (!then.contains(each) && named.merge(each, 1, Integer::sum) == 1) {
        tellService(each);
      }
    }
    CoreIngress.secrets(ingress).forEach(secrets::named);
    ingresses.put(key, ingress);
    listener.onIngress(ingress);
    for (ServiceId each : then) {
      if (!now.contains(each)) {
        release(each);
      }
    }
    if (before != null) {
      CoreIngress.secrets(before).forEach(secrets::released);
    }
    return true;
  }

  private void forget(Key key) {
    Ingress before = ingresses.remove(key);
    if (before == null) {
      return;
    }
    listener.onIngressDeleted(key.namespace(), key.name());
    CoreIngress.services(before).forEach(this::release);
    CoreIngress.secrets(before).forEach(secrets::released);
  }

  private void onSecret(Key key) {
    SecretId secret = new SecretId(key.namespace(), key.name());
    List<Key> naming = List.of();
    lock.lock();
    try {
      if (secrets.changed(secret)) {
        naming =
            ingresses.entrySet().stream()
                .filter(each -> CoreIngress.secrets(each.getValue()).contains(secret))
                .map(Map.Entry::getKey)
                .toList();
      }
    } finally {
      lock.unlock();
    }
    naming.forEach(ingress -> toldListeners.forEach(each -> each.accept(ingress)));
  }

  private void onRoute(Key key) {
    lock.lock();
    try {
      unready.lookAtRoute(key.namespace(), key.name());
    } finally {
      lock.unlock();
    }
  }

  private void onDomainMapping(Key key) {
    lock.lock();
    try {
      unready.lookAtDomainMapping(key.namespace(), key.name());
    } finally {
      lock.unlock();
    }
  }

  private void release(ServiceId service) {
    if (named.merge(service, -1, Integer::sum) == 0) {
      named.remove(service);
      aliases.remove(service);
      if (services.remove(service) != null) {
        listener.onServiceDeleted(service);
      }
    }
  }

  private void onService(Key key) {
    ServiceId service = new ServiceId(key.namespace(), key.name());
    lock.lock();
    try {
      if (named.containsKey(service)) {
        tellService(service);
      }
      List.copyOf(aliases.entrySet()).stream()
          .filter(alias -> alias.getValue().equals(service))
          .forEach(alias -> tellService(alias.getKey()));
    } finally {
      lock.unlock();
    }
  }

  private void onEndpoints(Key key) {
    onService(key);
    // Pods that come and go wake and lull the public Service of their Revision.
    byPrivateService.get(key.toString()).forEach(each -> onService(Key.of(each)));
  }

  private static Optional<Key> privateService(ServerlessService owner) {
    String namespace = owner.getMetadata().getNamespace();
    return Optional.ofNullable(owner.getStatus())
        .flatMap(status -> Optional.ofNullable(status.privateServiceName()))
        .map(name -> new Key(namespace, name));
  }

  /** Whether a Service is the public one of a Revision that has no ready pod. */
  private boolean asleep(ServiceId id) {
    return views
        .serverlessServices()
        .find(id.namespace(), id.name())
        .flatMap(IngressFeed::privateService)
        .filter(pods ->
            views.endpoints().find(pods).stream()
                .flatMap(found -> found.getSubsets().stream())
                .allMatch(subset -> subset.getAddresses().isEmpty()))
        .isPresent();
  }

  private void tellService(ServiceId id) {
    Optional<Service> service = views.services().find(id.namespace(), id.name());
    Optional<ServiceId> meant = service.flatMap(this::meant);
    if (meant.isPresent()) {
      aliases.put(id, meant.get());
      service = views.services().find(meant.get().namespace(), meant.get().name());
    } else {
      aliases.remove(id);
    }
    if (service.isEmpty()) {
      if (services.remove(id) != null) {
        listener.onServiceDeleted(id);
      }
      return;
    }
    Map<String, dev.bellows.core.route.ServicePort> byPort =
        byPort(
            service.get(),
            asleep(id),
            views.serverlessServices().find(id.namespace(), id.name()).isPresent(),
            meant
                .or(() -> Optional.of(id))
                .flatMap(each -> views.endpoints().find(each.namespace(), each.name())));
    if (!byPort.equals(services.put(id, byPort))) {
      listener.onService(id, byPort);
    }
  }

  /**
   * The Service of this cluster whose name an ExternalName Service stands for: what DNS would find.
   * So a DomainMapping's request, led on by the placeholder Service of its target, comes to the
   * gateway again, under the target's name.
   */
  private Optional<ServiceId> meant(Service service) {
    String name = service.getSpec().getExternalName();
    if (!"ExternalName".equals(service.getSpec().getType())
        || name == null
        || !name.endsWith(suffix)) {
      return Optional.empty();
    }
    String[] labels = name.substring(0, name.length() - suffix.length()).split("\\.", -1);
    return labels.length == 2 ? Optional.of(new ServiceId(labels[1], labels[0])) : Optional.empty();
  }

  /** Of a Revision's Service, the port of https is the same one within the system's own TLS. */
  private static Map<String, dev.bellows.core.route.ServicePort> byPort(
      Service service, boolean asleep, boolean ofRevision, Optional<Endpoints> endpoints) {
    Protocol spoken =
        service.getSpec().getPorts().stream()
            .map(port -> Protocol.ofServicePort(Objects.requireNonNullElse(port.getName(), "")))
            .max(Comparator.naturalOrder())
            .orElse(Protocol.HTTP1);
    Map<String, dev.bellows.core.route.ServicePort> byPort = new HashMap<>();
    for (ServicePort port : service.getSpec().getPorts()) {
      dev.bellows.core.route.Endpoints addresses =
          endpoints
              .map(found -> PortEndpoints.of(found, port.getName()))
              .orElse(dev.bellows.core.route.Endpoints.NONE);
      String name = Objects.requireNonNullElse(port.getName(), "");
      boolean secure = ofRevision && name.equals(HTTPS);
      dev.bellows.core.route.ServicePort behind =
          new dev.bellows.core.route.ServicePort(
              secure ? spoken : Protocol.ofServicePort(name),
              addresses,
              secure ? Wrapping.INTERNAL_TLS : Wrapping.NONE,
              asleep);
      if (!name.isEmpty()) {
        byPort.put(name, behind);
      }
      byPort.put(String.valueOf(port.getPort()), behind);
    }
    return Map.copyOf(byPort);
  }
}
