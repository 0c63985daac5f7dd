package dev.bellows.embedded.store;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
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

  /** Of one object; etcd's limit on a request. */
  public static final int MAX_OBJECT_BYTES = 3 << 19;

  /** Of the heap, the part that all objects together may have: one in so many. */
  static final int HEAP_SHARE = 4;

  /**
   * Of that part, what new objects leave to the changes of those that are there, and how far it may
   * be exceeded by small ones, a mark of deletion among them: one in so many.
   */
  static final int RESERVE_SHARE = 8;

  private static final int SMALL_GROWTH_BYTES = 1 << 10;

  /** What an object takes besides its bytes. */
  private static final int ENTRY_BYTES = 200;

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
  private final long maxBytes;

  /** Of all objects; touched by the opener, then by the writer. */
  private long bytes;

  private volatile long revision;
  private volatile boolean closing;

  private record Waiting(Write write, CompletableFuture<Outcome> answer) {}

  private ObjectStore(Database database, long revision, long maxBytes) {
    this.database = database;
    this.maxBytes = maxBytes;
    this.revision = revision;
    this.writer = Thread.ofPlatform().name("store-writer").daemon().unstarted(this::run);
  }

  /**
   * Opens the store of a data directory, making it where there is none.
   *
   * @throws StoreException.Damaged if its file cannot be trusted
   */
  public static ObjectStore open(DataDirectory directory) {
    return open(directory, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
  }

  /** As {@link #open(DataDirectory)}, with another bound on the bytes of all objects. */
  static ObjectStore open(DataDirectory directory, long maxBytes) {
    Database database = Database.open(directory.path().resolve("state.db"));
    try {
      ObjectStore store = new ObjectStore(database, database.revision(), maxBytes);
      database.load(entry -> {
        store.bytes += size(entry);
        store.shelf(entry.key().resource()).load(entry);
      });
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
   * @throws StoreException.NotWritten if it could not be done, for example because the file cannot
   *     be written; the store is unharmed
   * @throws StoreException.TooLarge if the object is larger than {@link #MAX_OBJECT_BYTES}
   * @throws StoreException.Full if all objects together would be larger than the store may be, or
   *     the disk is full
   * @throws StoreException.Busy if too many writes wait
   */
  public Outcome write(Write write) {
    try {
      return submit(write).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        // Shared by a whole group of writers: wrapped, so that each gets its own trace.
        throw switch (cause) {
          case StoreException.NotWritten failed ->
              new StoreException.NotWritten(failed.getMessage(), failed);
          case StoreException.Full full -> new StoreException.Full(full.getMessage(), full);
          default -> cause;
        };
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
          new StoreException.Busy("the object store has " + MAX_WAITING + " writes waiting"));
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

  /** Of the changes of all kinds that are kept, as {@link History#MAX_BYTES_OF_ALL} bounds it. */
  long historyBytes() {
    return shelves.values().stream().mapToLong(Shelf::historyBytes).sum();
  }

  /** Forgets a kind's changes, as happens when those of others need the room. */
  void forgetHistory(String resource) {
    while (shelf(resource).historyBytes() > 0) {
      shelf(resource).forgetHalf();
    }
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
    long size = bytes;
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
        if (write instanceof Write.Put) {
          requireRoom(write.key(), value, current, size);
        }
      } catch (RuntimeException e) {
        answers.add(() -> waiting.answer.completeExceptionally(e));
        continue;
      }
      next++;
      Entry entry = new Entry(write.key(), next, value);
      size += (write instanceof Write.Put ? size(entry) : 0) - size(current);
      changes.add(change(write, entry, current));
      ahead.put(write.key(), write instanceof Write.Remove ? Optional.empty() : Optional.of(entry));
      answers.add(() -> waiting.answer.complete(new Outcome.Committed(entry)));
    }
    if (!changes.isEmpty()) {
      try {
        database.commit(changes, next);
      } catch (SQLException e) {
        log.error("{} writes refused: {}", group.size(), e.getMessage());
        StoreException refused = Database.refusal(e);
        group.forEach(waiting -> waiting.answer.completeExceptionally(refused));
        return;
      }
      commits.incrementAndGet();
      writes.addAndGet(changes.size());
      bytes = size;
      publish(changes);
      revision = next;
    }
    answers.forEach(Runnable::run);
  }

  private void requireRoom(Key key, byte[] value, Optional<Entry> current, long size) {
    if (value.length > MAX_OBJECT_BYTES) {
      throw new StoreException.TooLarge(
          "object is too large: " + value.length + " bytes, limit is " + MAX_OBJECT_BYTES);
    }
    long before = size(current);
    long after = size - before + value.length + ENTRY_BYTES;
    long growth = value.length + ENTRY_BYTES - before;
    long reserve = maxBytes / RESERVE_SHARE;
    long limit =
        current.isEmpty()
            ? maxBytes - reserve
            : growth > SMALL_GROWTH_BYTES ? maxBytes : maxBytes + reserve;
    if (growth > 0 && after > limit) {
      throw new StoreException.Full(
          "the object store is full: its objects have "
              + (size >> 20)
              + " MiB of at most "
              + (maxBytes >> 20)
              + " MiB; delete some, or give Bellows more heap ("
              + key
              + ")",
          null);
    }
  }

  private static long size(Entry entry) {
    return (long) entry.value().length + ENTRY_BYTES;
  }

  private static long size(Optional<Entry> entry) {
    return entry.map(ObjectStore::size).orElse(0L);
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
    boundHistories();
  }

  /** The longest history gives way first: it is the one that reaches back furthest. */
  private void boundHistories() {
    while (historyBytes() > History.MAX_BYTES_OF_ALL) {
      shelves.values().stream()
          .max(Comparator.comparingLong(Shelf::historyBytes))
          .ifPresent(Shelf::forgetHalf);
    }
  }
}
