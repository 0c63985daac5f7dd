package dev.bellows.controlplane.watch;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One watch per kind, shared by all who read it. Who wants a kind asks {@link #watch} before {@link
 * #start}; start lists all kinds at once and returns when every {@link Watched} holds what the API
 * server holds. A broken watch is resumed for ever, with the client's back-off.
 */
public final class Informers implements Views, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Informers.class);

  /** No periodic replay: a watch that broke lists again, and that tells every difference. */
  private static final long NO_RESYNC = 0;

  /** The type of a Secret that holds a certificate. */
  private static final String TLS = "kubernetes.io/tls";

  private final KubernetesClient client;
  private final Map<Choice, Feed<?>> feeds = new LinkedHashMap<>();

  /**
   * Which objects are seen.
   *
   * @param type their kind
   * @param which of them: empty for the kind's one view, else in words of its own
   */
  private record Choice(Class<?> type, String which) {}

  /**
   * @param client stays the caller's, who closes it after this
   */
  public Informers(KubernetesClient client) {
    this.client = client;
  }

  /** Every object of this kind in all namespaces; the same view for every caller. */
  public <T extends HasMetadata> Watched<T> watch(Class<T> type) {
    return watch(
        type,
        kubernetes -> kubernetes.resources(type).inAnyNamespace().runnableInformer(NO_RESYNC));
  }

  /**
   * The objects of this kind that carry a label, whatever its value. A kind has one view: the first
   * caller's choice of objects holds.
   */
  public <T extends HasMetadata> Watched<T> watchLabelled(Class<T> type, String label) {
    return watch(
        type,
        kubernetes ->
            kubernetes
                .resources(type)
                .inAnyNamespace()
                .withLabel(label)
                .runnableInformer(NO_RESYNC));
  }

  /** The ConfigMaps of one namespace: those of others are no business of ours. */
  public Watched<ConfigMap> watchConfigMaps(String namespace) {
    return watch(
        ConfigMap.class,
        kubernetes -> kubernetes.configMaps().inNamespace(namespace).runnableInformer(NO_RESYNC));
  }

  /** The Leases of one namespace. */
  public Watched<Lease> watchLeases(String namespace) {
    return watch(
        Lease.class,
        kubernetes -> kubernetes.leases().inNamespace(namespace).runnableInformer(NO_RESYNC));
  }

  /** One object, which may come and go; more of its kind a process need not be allowed to see. */
  public <T extends HasMetadata> Watched<T> watchOne(Class<T> type, String namespace, String name) {
    return watch(
        type,
        namespace + "/" + name,
        kubernetes ->
            kubernetes
                .resources(type)
                .inNamespace(namespace)
                .withField("metadata.name", name)
                .runnableInformer(NO_RESYNC));
  }

  /** The objects of a name, in all namespaces: others of its kind are no business of ours. */
  public <T extends HasMetadata> Watched<T> watchNamed(Class<T> type, String name) {
    return watch(
        type,
        name,
        kubernetes ->
            kubernetes
                .resources(type)
                .inAnyNamespace()
                .withField("metadata.name", name)
                .runnableInformer(NO_RESYNC));
  }

  /** The Secrets that hold a certificate; of all others nothing is seen, and nothing is held. */
  public Watched<Secret> watchTlsSecrets() {
    return watch(
        Secret.class,
        TLS,
        kubernetes ->
            kubernetes
                .secrets()
                .inAnyNamespace()
                .withField("type", TLS)
                .runnableInformer(NO_RESYNC));
  }

  @Override
  public Optional<Watched<?>> of(Class<? extends HasMetadata> type) {
    return Optional.ofNullable(feeds.get(new Choice(type, ""))).map(feed -> feed.watched);
  }

  private <T extends HasMetadata> Watched<T> watch(
      Class<T> type, Function<KubernetesClient, SharedIndexInformer<T>> informer) {
    return watch(type, "", informer);
  }

  @SuppressWarnings("unchecked") // The map holds Feed<T> under Class<T>; only this method puts.
  private <T extends HasMetadata> Watched<T> watch(
      Class<T> type, String which, Function<KubernetesClient, SharedIndexInformer<T>> informer) {
    Feed<T> feed =
        (Feed<T>)
            feeds.computeIfAbsent(
                new Choice(type, which),
                choice -> new Feed<>(new Watched<>(type), informer.apply(client)));
    return feed.watched;
  }

  /**
   * Lists every kind, all at once, and waits until all is seen.
   *
   * @throws CannotWatchException naming the kinds that could not be listed within the limit; what
   *     was started is stopped
   */
  public void start(Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    feeds.values().forEach(Feed::start);
    List<String> missing = new ArrayList<>();
    for (Feed<?> feed : feeds.values()) {
      try {
        feed.seen.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      } catch (ExecutionException e) {
        missing.add(CannotWatchException.reason(feed.watched.type(), e));
      } catch (TimeoutException e) {
        missing.add(feed.watched.type().getSimpleName() + ": no answer in " + limit);
      }
    }
    if (!missing.isEmpty()) {
      close();
      throw new CannotWatchException(missing);
    }
  }

  /** Stops every watch; what was seen stays readable. */
  @Override
  public void close() {
    feeds.values().forEach(feed -> feed.informer.stop());
  }

  /** Carries one informer's events into its view. */
  private static final class Feed<T extends HasMetadata> implements ResourceEventHandler<T> {
    private final Watched<T> watched;
    private final SharedIndexInformer<T> informer;
    private final CompletableFuture<Void> seen = new CompletableFuture<>();

    private Feed(Watched<T> watched, SharedIndexInformer<T> informer) {
      this.watched = watched;
      this.informer = informer;
    }

    private void start() {
      informer.addEventHandler(this);
      informer.exceptionHandler((started, failure) -> {
        if (started) {
          log.warn("watch of {} broke, resuming: {}", watched.type(), failure.toString());
        }
        // A server that is only slow or away is asked again; who started us has a limit of his own.
        return started || !CannotWatchException.isLasting(failure);
      });
      informer
          .start()
          .whenComplete((ok, failure) -> {
            if (failure != null) {
              seen.completeExceptionally(failure);
            }
          });
    }

    @Override
    public void onAdd(T object) {
      put(object);
    }

    @Override
    public void onUpdate(T before, T after) {
      put(after);
    }

    // Who owns which field is no business of ours, and of a large object it is the larger part.
    private void put(T object) {
      object.getMetadata().setManagedFields(List.of());
      watched.put(object);
    }

    @Override
    public void onDelete(T object, boolean finalStateUnknown) {
      watched.remove(object);
    }

    /** Comes after the adds of the list, in their thread, so the view is complete now. */
    @Override
    public void onList(String resourceVersion, boolean remainedEmpty) {
      seen.complete(null);
    }
  }
}
