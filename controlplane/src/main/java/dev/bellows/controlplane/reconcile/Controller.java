package dev.bellows.controlplane.reconcile;

import dev.bellows.controlplane.reconcile.Step.Severity;
import dev.bellows.controlplane.watch.Change;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Views;
import dev.bellows.controlplane.watch.Watched;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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

  /** How long a pass waits for the views to show what the one before it has written. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  /** Meanwhile it is looked so often; news of the object come between. */
  private static final Duration LOOK = Duration.ofMillis(10);

  private static final String INTERNAL_ERROR = "InternalError";

  private final Reconciler reconciler;
  private final Watched<T> kind;
  private final Writer writer;
  private final Views views;
  private final LongSupplier nanos;
  private final WorkQueue queue;

  /** By key, until its next pass; no more than there are objects. */
  private final Map<Key, Awaited> awaited = new ConcurrentHashMap<>();

  private final List<Thread> workers = new ArrayList<>();

  /** What the next pass waits to see, and how long at most. */
  private record Awaited(OwnWrites writes, long untilNanos) {}

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
    kind.onChange(change -> wake(Key.of(change.object())));
  }

  /** The key gets a pass soon. */
  public void wake(Key key) {
    queue.add(key);
  }

  /** The key gets a pass after a delay; of several such wishes the earliest counts. */
  public void wakeAfter(Key key, Duration delay) {
    queue.addAfter(key, delay);
  }

  /** Every object gets a pass, after those about which something changed. */
  public void wakeAll() {
    kind.all().forEach(object -> queue.addSlow(Key.of(object)));
  }

  /** Any change of an object of {@code children} wakes the object of our kind that controls it. */
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
        wake(new Key(Key.of(child).namespace(), owner.getName()));
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
      for (Optional<Key> key = queue.take(); key.isPresent(); key = queue.take()) {
        try {
          pass(key.get());
        } finally {
          queue.done(key.get());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void pass(Key key) {
    if (mustWait(key)) {
      queue.addAfter(key, LOOK);
      return;
    }
    OwnWrites writes = new OwnWrites();
    try {
      reconcile(key, writes);
    } finally {
      if (!writes.areShown(views)) {
        awaited.put(key, new Awaited(writes, nanos.getAsLong() + PATIENCE.toNanos()));
      }
    }
  }

  private boolean mustWait(Key key) {
    Awaited before = awaited.get(key);
    if (before == null) {
      return false;
    }
    if (!before.writes.areShown(views) && nanos.getAsLong() - before.untilNanos < 0) {
      return true;
    }
    awaited.remove(key);
    return false;
  }

  private void reconcile(Key key, OwnWrites writes) {
    try {
      switch (writes.during(() -> reconciler.reconcile(key))) {
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
      queue.addAfterFailure(key);
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
