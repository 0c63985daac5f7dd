package dev.bellows.controlplane.reconcile;

import dev.bellows.controlplane.reconcile.PendingKeys.Taken;
import dev.bellows.controlplane.reconcile.Step.Severity;
import dev.bellows.controlplane.watch.Change;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Views;
import dev.bellows.controlplane.watch.Watched;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Runs one reconciler: keys of its kind wait in a queue, workers on virtual threads take them. A
 * pass that fails is tried again with growing delay, and tells so by an Event {@code InternalError}
 * unless it merely met a stale view.
 *
 * @param <T> the kind whose keys these are
 */
public final class Controller<T extends HasMetadata> implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Controller.class);

  /** How long passes may go on after the end was announced. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

  /** How long a pass waits for the views to show what the one before it has written or met. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /** Meanwhile it is looked after so long, then after twice that, and so on. */
  private static final Duration LOOK = Duration.ofMillis(10);

  private static final Duration LONGEST_LOOK = Duration.ofMillis(160);

  /**
   * When a pass is repeated that met a later state: not later and later, as after other failures.
   * It waits for its view besides, and who is slow on a busy machine has done nothing wrong.
   */
  private static final Duration AFTER_CONFLICT = Duration.ofMillis(50);

  private static final String INTERNAL_ERROR = "InternalError";

  private final Reconciler reconciler;
  private final Watched<T> kind;
  private final Writer writer;
  private final Views views;
  private final LongSupplier nanos;
  private final WorkQueue queue;

  /** By key, until its next pass; no more than there are objects. */
  private final Map<Key, Awaited> awaited = new ConcurrentHashMap<>();

  /** The version that an object got by our last write; no more than there are objects. */
  private final Map<Key, Long> ownVersions = new ConcurrentHashMap<>();

  /** Since when something waits to be written that is only interim; as {@link #awaited}. */
  private final Map<Key, Long> interims = new ConcurrentHashMap<>();

  private volatile boolean takesTime;
  private final List<Thread> workers = new ArrayList<>();

  /**
   * What the next pass waits to see.
   *
   * @param untilNanos how long at most
   * @param look when it is looked again
   * @param postponed whether that pass was due already
   */
  private record Awaited(OwnWrites writes, long untilNanos, Duration look, boolean postponed) {}

  /**
   * Every change of an object of {@code kind} gives its key a pass; {@link #start} begins.
   *
   * @param writer where Events about failures go
   * @param views what passes see
   * @param nanos monotonic time
   */
  public Controller(
      Reconciler reconciler, Watched<T> kind, Writer writer, Views views, LongSupplier nanos) {
    this.reconciler = reconciler;
    this.kind = kind;
    this.writer = writer;
    this.views = views;
    this.nanos = nanos;
    this.queue = new WorkQueue(nanos);
    kind.onChange(this::wakeByItself);
  }

  private void wakeByItself(Change<T> change) {
    Key key = Key.of(change.object());
    switch (change) {
      case Change.Updated<T>(T before, T after) when onlyStatusDiffers(before, after) ->
          wakeByStatus(key);
      case Change.Removed<T> removed -> {
        ownVersions.remove(key);
        wake(key);
      }
      case Change.Added<T> added -> wakeByChange(key);
      case Change.Updated<T> updated -> wakeByChange(key);
    }
  }

  private void wakeByChange(Key key) {
    if (takesTime) {
      wakeSoon(key);
    } else {
      wake(key);
    }
  }

  private void wakeByStatus(Key key) {
    Awaited before = awaited.get(key);
    if (before != null && before.postponed) {
      queue.add(key); // by what it has waited for, perhaps
    } else {
      queue.addSoon(key, true);
    }
  }

  /** Kinds without a generation do not tell. */
  private static boolean onlyStatusDiffers(HasMetadata before, HasMetadata after) {
    ObjectMeta was = before.getMetadata();
    ObjectMeta is = after.getMetadata();
    return is.getGeneration() != null
        && is.getGeneration().equals(was.getGeneration())
        && Objects.equals(is.getUid(), was.getUid())
        && Objects.equals(is.getDeletionTimestamp(), was.getDeletionTimestamp())
        && Objects.equals(is.getLabels(), was.getLabels())
        && Objects.equals(is.getAnnotations(), was.getAnnotations())
        && Objects.equals(is.getFinalizers(), was.getFinalizers())
        && Objects.equals(is.getOwnerReferences(), was.getOwnerReferences());
  }

  /** Whether a pass runs, or waits for nothing but a worker. */
  public boolean isBusy() {
    return queue.isBusy();
  }

  /** Changes of the objects themselves, too, wake their keys within a moment only. */
  public void takeTime() {
    takesTime = true;
  }

  /** The key gets a pass as soon as a worker is free. */
  public void wake(Key key) {
    queue.add(key);
  }

  /**
   * The key gets a pass within some 50 ms, one for all that happens to it until then: for what only
   * adds to what an object tells of itself.
   */
  public void wakeSoon(Key key) {
    queue.addSoon(key, false);
  }

  /** The key gets a pass after a delay; of several such wishes the earliest counts. */
  public void wakeAfter(Key key, Duration delay) {
    queue.addAfter(key, delay);
  }

  /** Every object gets a pass, after those about which something changed. */
  public void wakeAll() {
    kind.all().forEach(object -> queue.addSlow(Key.of(object)));
  }

  /**
   * Any change of an object of {@code children} wakes, within a moment, the object of our kind that
   * controls it.
   */
  public <C extends HasMetadata> void wakeControllerOf(Watched<C> children) {
    String kindName = HasMetadata.getKind(kind.type());
    String group = HasMetadata.getGroup(kind.type());
    children.onChange(change -> {
      wakeController(change.object(), kindName, group);
      if (change instanceof Change.Updated<C>(C before, C after)
          && !before
              .getMetadata()
              .getOwnerReferences()
              .equals(after.getMetadata().getOwnerReferences())) {
        wakeController(before, kindName, group);
      }
    });
  }

  private void wakeController(HasMetadata child, String kindName, String group) {
    for (OwnerReference owner : child.getMetadata().getOwnerReferences()) {
      if (Boolean.TRUE.equals(owner.getController())
          && owner.getKind().equals(kindName)
          && owner.getApiVersion().startsWith(group + "/")) {
        wakeSoon(new Key(Key.of(child).namespace(), owner.getName()));
      }
    }
  }

  /**
   * Begins.
   *
   * @param count how many passes may run at once, for different keys
   */
  public void start(int count) {
    for (int i = 0; i < count; i++) {
      workers.add(Thread.ofVirtual().name(reconciler.name() + "-" + i).start(this::work));
    }
  }

  /** Takes no further key; passes that run may end, for a while, and are then interrupted. */
  @Override
  public void close() {
    queue.close();
    try {
      for (Thread worker : workers) {
        if (!worker.join(CLOSE_LIMIT)) {
          workers.forEach(Thread::interrupt); // one that hangs does not get company
        }
      }
    } catch (InterruptedException e) {
      workers.forEach(Thread::interrupt);
      Thread.currentThread().interrupt();
    }
  }

  private void work() {
    try {
      for (Optional<Taken> next = queue.take(); next.isPresent(); next = queue.take()) {
        Taken taken = next.get();
        try {
          if (!taken.echo() || !isOurs(taken.key())) {
            pass(taken.key());
          }
        } finally {
          queue.done(taken.key());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the object is as the last pass has left it. */
  private boolean isOurs(Key key) {
    Long version = ownVersions.get(key);
    return version != null
        && kind.find(key).filter(seen -> OwnWrites.isVersion(seen, version)).isPresent();
  }

  private void pass(Key key) {
    Optional<Duration> wait = mustWait(key);
    if (wait.isPresent()) {
      queue.addAfter(key, wait.get());
      return;
    }
    OwnWrites writes = new OwnWrites();
    Long since = interims.get(key);
    long now = nanos.getAsLong();
    Interim interim = new Interim(since == null || now - since < Interim.LONGEST.toNanos());
    try {
      reconcile(key, writes, interim);
    } finally {
      if (!interim.isWaiting()) {
        interims.remove(key);
        queue.noLater(key);
      } else if (since == null) {
        interims.put(key, now);
        queue.addLater(key, now + Interim.LONGEST.toNanos());
      }
      writes.versionOf(kind.type(), key).ifPresent(version -> ownVersions.put(key, version));
      if (!writes.areShown(views)) {
        awaited.put(key, new Awaited(writes, nanos.getAsLong() + PATIENCE.toNanos(), LOOK, false));
      }
    }
  }

  /** How long the views must be waited for; empty if they show what they have to. */
  private Optional<Duration> mustWait(Key key) {
    Awaited before = awaited.get(key);
    if (before == null) {
      return Optional.empty();
    }
    if (!before.writes.areShown(views) && nanos.getAsLong() - before.untilNanos < 0) {
      Duration twice = before.look.multipliedBy(2);
      Duration next = twice.compareTo(LONGEST_LOOK) < 0 ? twice : LONGEST_LOOK;
      awaited.put(key, new Awaited(before.writes, before.untilNanos, next, true));
      return Optional.of(before.look);
    }
    awaited.remove(key);
    return Optional.empty();
  }

  private void reconcile(Key key, OwnWrites writes, Interim interim) {
    try (var _ = MDC.putCloseable("knative.dev/controller", reconciler.name());
        var _ = MDC.putCloseable("knative.dev/key", key.toString())) {
      reconcileNamed(key, writes, interim);
    }
  }

  private void reconcileNamed(Key key, OwnWrites writes, Interim interim) {
    try {
      switch (writes.during(() -> interim.during(() -> reconciler.reconcile(key)))) {
        case Outcome.Done() -> queue.forgetFailures(key);
        case Outcome.LookAgain(var after) -> {
          queue.forgetFailures(key);
          queue.addAfter(key, after);
        }
        case Outcome.Failed(var message) -> {
          log.info("{} {}: {}", reconciler.name(), key, message);
          announce(key, INTERNAL_ERROR, message);
          queue.addAfterFailure(key);
        }
      }
    } catch (StepFailed e) {
      tell(key, e);
      if (e.why() == StepFailed.Why.CONFLICT) {
        queue.addAfter(key, AFTER_CONFLICT);
      } else {
        queue.addAfterFailure(key);
      }
    } catch (RuntimeException e) {
      if (!Thread.currentThread().isInterrupted()) {
        log.error("{} {} failed by a bug or a client error", reconciler.name(), key, e);
      }
      queue.addAfterFailure(key);
    }
  }

  private void tell(Key key, StepFailed e) {
    String message = String.valueOf(e.getMessage());
    if (e.step() instanceof Step.UpdateStatus) {
      // Offered several times, to no avail: what the object says of itself is old.
      log.info("{} {}: {} {}", reconciler.name(), key, e.step(), message);
      announce(
          key,
          "UpdateFailed",
          "Failed to update status for \"%s\": %s".formatted(key.name(), message));
      return;
    }
    switch (e.why()) {
      case CONFLICT -> log.debug("{} {}: {}", reconciler.name(), key, message);
      case REFUSED, UNANSWERED -> {
        log.info("{} {}: {} {}", reconciler.name(), key, e.step(), message);
        announce(key, INTERNAL_ERROR, message);
      }
    }
  }

  private void announce(Key key, String reason, String message) {
    kind.find(key)
        .ifPresent(
            object -> writer.apply(new Step.Announce(object, Severity.WARNING, reason, message)));
  }
}
