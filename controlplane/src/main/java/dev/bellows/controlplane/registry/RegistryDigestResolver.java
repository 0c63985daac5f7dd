package dev.bellows.controlplane.registry;

import dev.bellows.api.serving.Revision;
import dev.bellows.controlplane.reconcile.revision.DigestResolver;
import dev.bellows.controlplane.watch.Key;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Asks registries in the background. A Revision's image is asked for once; after a failure again
 * after 0, 1, 2, 4 … seconds, until there is an answer or nobody wants one any more. It remembers
 * as many answers as Revisions wait for their digests.
 */
public final class RegistryDigestResolver implements DigestResolver, AutoCloseable {
  /** Questions under way at once. */
  private static final int WORKERS = 100;

  private static final Duration LONGEST_DELAY = Duration.ofSeconds(1000);

  private final PullSecrets secrets;
  private final Supplier<Duration> timeout;
  private final RegistryClient client = new RegistryClient();
  private final Semaphore workers = new Semaphore(WORKERS);
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final List<Consumer<Key>> listeners = new CopyOnWriteArrayList<>();

  /** By Revision, not by image alone: a later one of the same tag may mean another image. */
  private final Map<Key, Map<String, Resolution>> answers = new ConcurrentHashMap<>();

  /**
   * @param secrets with which images are pulled
   * @param timeout per image, as configured now
   */
  public RegistryDigestResolver(PullSecrets secrets, Supplier<Duration> timeout) {
    this.secrets = secrets;
    this.timeout = timeout;
  }

  @Override
  public void onResolved(Consumer<Key> listener) {
    listeners.add(listener);
  }

  @Override
  public Resolution resolve(Revision revision, String image) {
    Map<String, Resolution> ofRevision =
        answers.computeIfAbsent(Key.of(revision), _ -> new ConcurrentHashMap<>());
    Resolution known = ofRevision.putIfAbsent(image, new Resolution.Pending());
    if (known != null) {
      return known;
    }
    ask(revision, image, 0);
    return new Resolution.Pending();
  }

  @Override
  public void forget(Key revision) {
    answers.remove(revision);
  }

  private void ask(Revision revision, String image, int failures) {
    Thread.ofVirtual()
        .name("digest-" + image)
        .start(() -> {
          try {
            workers.acquire();
            try {
              answer(revision, image, failures);
            } finally {
              workers.release();
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }

  private void answer(Revision revision, String image, int failures) throws InterruptedException {
    Key key = Key.of(revision);
    Resolution resolution;
    try {
      ImageName name = ImageName.of(image);
      Optional<Credentials> credentials = Credentials.of(secrets.of(revision), name.registry());
      resolution = new Resolution.Known(name.at(client.digest(name, credentials, timeout.get())));
    } catch (IOException | RegistryException | RuntimeException e) {
      resolution = new Resolution.Unknown(e.getMessage() == null ? e.toString() : e.getMessage());
      askAgain(revision, image, failures);
    }
    Map<String, Resolution> ofRevision = answers.get(key);
    if (ofRevision != null) {
      ofRevision.put(image, resolution);
      listeners.forEach(listener -> listener.accept(key));
    }
  }

  private void askAgain(Revision revision, String image, int failures) {
    try {
      clock.schedule(
          () -> {
            if (answers.containsKey(Key.of(revision))) {
              ask(revision, image, failures + 1);
            }
          },
          delay(failures).toSeconds(),
          TimeUnit.SECONDS);
    } catch (RejectedExecutionException closed) {
      // Nobody will ask any more.
    }
  }

  /** 0, 1, 2, 4 … seconds, at most {@link #LONGEST_DELAY}. */
  static Duration delay(int failures) {
    if (failures == 0) {
      return Duration.ZERO;
    }
    Duration delay = Duration.ofSeconds(1L << Math.min(failures - 1, 20));
    return delay.compareTo(LONGEST_DELAY) < 0 ? delay : LONGEST_DELAY;
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
