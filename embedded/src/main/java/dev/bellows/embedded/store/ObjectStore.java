package dev.bellows.embedded.store;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every object of the embedded cluster: durable in one SQLite file, whole in memory for reading.
 *
 * <p>Design. One thread writes. It takes all writes that wait, decides each against the state that
 * the ones before it leave, commits them in one transaction (group commit: one fsync for all), then
 * puts them on the {@link Shelf} of their resource, raises the published revision and answers the
 * writers. So nobody, reader, watcher or writer, ever sees what a crash could take back. Readers
 * take a shelf's lock for the copying of references only; watchers hold a place in the shelf's
 * bounded history ({@link Feed}) and never slow a writer.
 *
 * <p>The revision is one counter over all objects. It is stored with each commit, so it is
 * monotonic over restarts; history is not stored, so a feed that starts before the last start is
 * {@link StoreException.Gone}.
 */
public final class ObjectStore implements AutoCloseable {
  /** Writes that may wait for the writer; more are refused. */
  public static final int MAX_WAITING = 4096;

  /** Writes that share one transaction at most: bounds the wait of the first for the last. */
  static final int MAX_GROUP = 512;

  private static final long IDLE_SECONDS = 5;
  private static final Logger log = LoggerFactory.getLogger(ObjectStore.class);

  private final Database database;
  private final ConcurrentHashMap<String, Shelf> shelves = new ConcurrentHashMap<>();
  private final ArrayBlockingQueue<Waiting> queue = new ArrayBlockingQueue<>(MAX_WAITING);
  private final AtomicLong writes = new AtomicLong();
  private final AtomicLong commits = new AtomicLong();
  private final Thread writer;
  private volatile long revision;
  private volatile boolean closing;

  private record Waiting(Write write, CompletableFuture<Outcome> answer) {}

  private ObjectStore(Database database, long revision) {
    this.database = database;
    this.revision = revision;
    this.writer = Thread.ofPlatform().name("store-writer").daemon().unstarted(this::run);
  }

  /**
   * Opens the store of a data directory, making it where there is none.
   *
   * @throws StoreException.Damaged if its file cannot be trusted
   */
  public static ObjectStore open(DataDirectory directory) {
    Database database = Database.open(directory.path().resolve("state.db"));
    try {
      ObjectStore store = new ObjectStore(database, database.revision());
      database.load(entry -> store.shelf(entry.key().resource()).load(entry));
      store.writer.start();
      return store;
    } catch (SQLException e) {
      throw new StoreException.Damaged("cannot read the object store: " + e.getMessage(), e);
    }
  }

  /** The revision of the last published commit. */
  public long revision() {
    return revision;
  }

  /** The object's committed state. */
  public Optional<Entry> get(Key key) {
    return shelf(key.resource()).get(key);
  }

  /** All objects of a resource, in one namespace or (null) in all. */
  public Snapshot list(String resource, @Nullable String namespace) {
    return shelf(resource).list(namespace, revision);
  }

  /**
   * All objects of a resource as they were at an earlier revision.
   *
   * @throws StoreException.Gone if that is no longer known
   */
  public Snapshot listAt(String resource, @Nullable String namespace, long at) {
    return shelf(resource).listAt(namespace, at);
  }

  /**
   * Follows a resource from after {@code since}.
   *
   * @throws StoreException.Gone if the history after {@code since} is no longer whole
   */
  public Feed follow(String resource, long since) {
    Shelf shelf = shelf(resource);
    shelf.requireHistoryAfter(since);
    return new Feed(shelf, () -> revision, since);
  }

  /**
   * Asks for a change and waits until it is durable or refused.
   *
   * @throws StoreException.NotWritten if it could not be done, for example on a full disk; the
   *     store is unharmed
   */
  public Outcome write(Write write) {
    try {
      return submit(write).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        // Shared by a whole group of writers: wrapped, so that each gets its own trace.
        throw cause instanceof StoreException.NotWritten failed
            ? new StoreException.NotWritten(failed.getMessage(), cause)
            : cause;
      }
      throw e;
    }
  }

  /** As {@link #write}, answering later; the future completes on the writer's thread. */
  public CompletableFuture<Outcome> submit(Write write) {
    Waiting waiting = new Waiting(write, new CompletableFuture<>());
    if (closing) {
      waiting.answer.completeExceptionally(
          new StoreException.NotWritten("the object store is closed", null));
    } else if (!queue.offer(waiting)) {
      waiting.answer.completeExceptionally(
          new StoreException.NotWritten(
              "the object store has " + MAX_WAITING + " writes waiting", null));
    } else if (closing) {
      refuseWaiting(); // the writer may have ended between the two looks
    }
    return waiting.answer;
  }

  /** Writes committed since the start; with {@link #commits}, what group commit saves. */
  public long writes() {
    return writes.get();
  }

  /** Transactions, each with one fsync, since the start. */
  public long commits() {
    return commits.get();
  }

  /** Does the writes that wait, then closes the file. */
  @Override
  public void close() {
    closing = true;
    writer.interrupt();
    try {
      writer.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Bounds the file, so that a test can meet a full disk. */
  void limitPages(int pages) throws SQLException {
    database.limitPages(pages);
  }

  private Shelf shelf(String resource) {
    // Of a kind that is new nothing has happened yet, and nobody can have followed it.
    return shelves.computeIfAbsent(resource, none -> new Shelf(revision));
  }

  private void run() {
    List<Waiting> group = new ArrayList<>();
    while (!closing || !queue.isEmpty()) {
      try {
        Waiting first = closing ? queue.poll() : queue.poll(IDLE_SECONDS, TimeUnit.SECONDS);
        if (first == null) {
          compact();
          continue;
        }
        group.add(first);
        queue.drainTo(group, MAX_GROUP - 1);
        commit(group);
      } catch (InterruptedException e) {
        log.debug("closing: the writer looks for waiting writes once more");
      } finally {
        group.clear();
      }
    }
    try {
      database.close();
    } catch (SQLException e) {
      log.warn("closing the object store: {}", e.getMessage());
    }
    refuseWaiting();
  }

  private void refuseWaiting() {
    for (Waiting late = queue.poll(); late != null; late = queue.poll()) {
      late.answer.completeExceptionally(
          new StoreException.NotWritten("the object store is closed", null));
    }
  }

  private void compact() {
    try {
      database.compact();
    } catch (SQLException e) {
      log.warn("compacting the object store: {}", e.getMessage());
    }
  }

  /** One transaction: decide, write, publish, answer, in this order. */
  private void commit(List<Waiting> group) {
    Map<Key, Optional<Entry>> ahead = new LinkedHashMap<>();
    List<Change> changes = new ArrayList<>();
    List<Runnable> answers = new ArrayList<>();
    long next = revision;
    for (Waiting waiting : group) {
      Write write = waiting.write;
      Optional<Entry> current = ahead.getOrDefault(write.key(), get(write.key()));
      if (current.map(Entry::version).orElse(Write.ABSENT) != write.expected()) {
        answers.add(() -> waiting.answer.complete(new Outcome.Conflict(current)));
        continue;
      }
      byte[] value;
      try {
        value = write.value().apply(next + 1);
      } catch (RuntimeException e) {
        answers.add(() -> waiting.answer.completeExceptionally(e));
        continue;
      }
      next++;
      Entry entry = new Entry(write.key(), next, value);
      changes.add(change(write, entry, current));
      ahead.put(write.key(), write instanceof Write.Remove ? Optional.empty() : Optional.of(entry));
      answers.add(() -> waiting.answer.complete(new Outcome.Committed(entry)));
    }
    if (!changes.isEmpty()) {
      try {
        database.commit(changes, next);
      } catch (SQLException e) {
        log.error("{} writes refused: {}", group.size(), e.getMessage());
        StoreException refused = new StoreException.NotWritten(Database.reason(e), e);
        group.forEach(waiting -> waiting.answer.completeExceptionally(refused));
        return;
      }
      commits.incrementAndGet();
      writes.addAndGet(changes.size());
      publish(changes);
      revision = next;
    }
    answers.forEach(Runnable::run);
  }

  private static Change change(Write write, Entry entry, Optional<Entry> current) {
    return switch (write) {
      case Write.Put put ->
          current
              .<Change>map(before -> new Change.Modified(entry, before))
              .orElseGet(() -> new Change.Added(entry));
      case Write.Remove remove -> new Change.Removed(entry, current.orElseThrow());
    };
  }

  private void publish(List<Change> changes) {
    Map<String, List<Change>> byResource = new LinkedHashMap<>();
    for (Change change : changes) {
      byResource
          .computeIfAbsent(change.entry().key().resource(), none -> new ArrayList<>())
          .add(change);
    }
    byResource.forEach((resource, part) -> shelf(resource).publish(part));
  }
}
