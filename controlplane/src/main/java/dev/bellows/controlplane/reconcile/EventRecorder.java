package dev.bellows.controlplane.reconcile;

import dev.bellows.controlplane.watch.Key;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes Events in the background, so that no pass waits for one, and after what passes write: for
 * a few seconds they give way to those. An Event that says the same as an earlier one raises that
 * one's count instead.
 */
public final class EventRecorder implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(EventRecorder.class);

  /** Events that wait to be written; beyond, new ones are dropped and counted. */
  private static final int WAITING_LIMIT = 4096;

  /** From so many on they give way no more. */
  private static final int GIVING_WAY_LIMIT = WAITING_LIMIT / 2;

  /** How long an Event gives way at most. */
  private static final Duration LONGEST_WAY = Duration.ofSeconds(5);

  /** How often it is looked meanwhile whether there is still something to give way to. */
  private static final Duration LOOK = Duration.ofMillis(10);

  /** Events whose repetition is recognised; the longest unused is forgotten first. */
  private static final int REMEMBERED_LIMIT = 4096;

  /** How long the Events that wait may take to be written after the end was announced. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

  private final KubernetesClient client;
  private final PlainWrites writes;
  private final String component;
  private final InstantSource clock;
  private final Pace pace;
  private final BooleanSupplier busy;
  private final Duration longestWay;
  private volatile boolean closing;
  private final BlockingQueue<Note> waiting = new ArrayBlockingQueue<>(WAITING_LIMIT);
  private final AtomicLong dropped = new AtomicLong();
  private final Map<Alike, Written> remembered = new Remembered();
  private final Thread thread;
  private long stamp; // the thread's; of the name of the last Event

  /**
   * What to write. Of the object no more than that: it may be large, and many Events wait at times.
   *
   * @param fieldPath the part of the object; empty for the whole
   */
  private record Note(
      ObjectReference about,
      String type,
      String reason,
      String message,
      String fieldPath,
      Instant time,
      long nanos) {}

  /** Wakes who waits for a note. */
  private static final Note END = new Note(new ObjectReference(), "", "", "", "", Instant.EPOCH, 0);

  private record Alike(String uid, String fieldPath, String type, String reason, String message) {}

  private record Written(Key event, int count) {}

  /** Insertion by use, bounded. */
  private static final class Remembered extends LinkedHashMap<Alike, Written> {
    private static final long serialVersionUID = 1L;

    Remembered() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<Alike, Written> eldest) {
      return size() > REMEMBERED_LIMIT;
    }
  }

  /**
   * Starts writing; these Events give way to nothing.
   *
   * @param client stays the caller's
   * @param component whom the Events name as their source
   * @param clock stamps the Events
   * @param pace at which they are written
   */
  public EventRecorder(KubernetesClient client, String component, InstantSource clock, Pace pace) {
    this(client, component, clock, pace, () -> false);
  }

  /**
   * Starts writing.
   *
   * @param client stays the caller's
   * @param component whom the Events name as their source
   * @param clock stamps the Events
   * @param pace at which they are written
   * @param busy whether there is something to do that is more urgent
   */
  public EventRecorder(
      KubernetesClient client,
      String component,
      InstantSource clock,
      Pace pace,
      BooleanSupplier busy) {
    this(client, component, clock, pace, busy, LONGEST_WAY);
  }

  EventRecorder(
      KubernetesClient client,
      String component,
      InstantSource clock,
      Pace pace,
      BooleanSupplier busy,
      Duration longestWay) {
    this.busy = busy;
    this.longestWay = longestWay;
    this.client = client;
    this.writes = new PlainWrites(client);
    this.component = component;
    this.clock = clock;
    this.pace = pace;
    this.thread = Thread.ofVirtual().name("events").start(this::writeAll);
  }

  /** Takes the Event and returns at once. */
  public void record(Step.Announce announce) {
    record(announce, "");
  }

  /**
   * The same about a part of the object.
   *
   * @param fieldPath such as {@code spec.containers{user-container}}; empty for the whole
   */
  public void record(Step.Announce announce, String fieldPath) {
    HasMetadata about = announce.about();
    ObjectReference reference =
        new ObjectReferenceBuilder()
            .withApiVersion(about.getApiVersion())
            .withKind(about.getKind())
            .withNamespace(about.getMetadata().getNamespace())
            .withName(about.getMetadata().getName())
            .withUid(about.getMetadata().getUid())
            .withResourceVersion(about.getMetadata().getResourceVersion())
            .withFieldPath(fieldPath.isEmpty() ? null : fieldPath)
            .build();
    Note note =
        new Note(
            reference,
            announce.severity().wireName(),
            announce.reason(),
            announce.message(),
            fieldPath,
            clock.instant(),
            System.nanoTime());
    if (!waiting.offer(note)) {
      dropped.incrementAndGet();
    }
  }

  /** Events lost because too many waited. */
  public long dropped() {
    return dropped.get();
  }

  /** Takes no further Event; those that wait are written, if that does not take long. */
  @Override
  public void close() {
    closing = true;
    waiting.offer(END); // if there is no room, nobody waits for it either
    try {
      if (!thread.join(CLOSE_LIMIT)) {
        thread.interrupt();
        thread.join(CLOSE_LIMIT);
      }
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
  }

  private void writeAll() {
    try {
      while (!closing || !waiting.isEmpty()) {
        Note next = waiting.take();
        if (next.equals(END)) {
          continue;
        }
        giveWay(next);
        pace.await();
        try {
          write(next);
        } catch (RuntimeException e) {
          // Whatever it is, an Event is not worth more than this line.
          log.debug("event {} was not written: {}", next.reason, e.toString());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void giveWay(Note note) throws InterruptedException {
    while (!closing
        && waiting.size() < GIVING_WAY_LIMIT
        && System.nanoTime() - note.nanos < longestWay.toNanos()
        && busy.getAsBoolean()) {
      TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
    }
  }

  private void write(Note note) {
    Alike alike =
        new Alike(
            String.valueOf(note.about.getUid()),
            note.fieldPath,
            note.type,
            note.reason,
            note.message);
    Written before = remembered.get(alike);
    if (before == null || !raiseCount(before, note.time)) {
      Event event = event(note);
      writes.create(event);
      remembered.put(alike, new Written(Key.of(event), 1));
    } else {
      remembered.put(alike, new Written(before.event, before.count + 1));
    }
  }

  private boolean raiseCount(Written before, Instant now) {
    String patch =
        "{\"count\":%d,\"lastTimestamp\":\"%s\"}".formatted(before.count + 1, seconds(now));
    // Named by an object, not by a name: fabric8 reads what it patches by name first.
    Event named =
        new EventBuilder()
            .withNewMetadata()
            .withNamespace(before.event.namespace())
            .withName(before.event.name())
            .endMetadata()
            .build();
    try {
      client.resource(named).patch(PatchContext.of(PatchType.JSON_MERGE), patch);
      return true;
    } catch (KubernetesClientException e) {
      return false; // expired: it starts anew
    }
  }

  private Event event(Note note) {
    String namespace = note.about.getNamespace() == null ? "default" : note.about.getNamespace();
    // Two of one pass may be of the same time.
    stamp = Math.max(stamp + 1, ChronoUnit.NANOS.between(Instant.EPOCH, note.time));
    return new EventBuilder()
        .withNewMetadata()
        .withNamespace(namespace)
        .withName(note.about.getName() + "." + Long.toHexString(stamp))
        .endMetadata()
        .withInvolvedObject(note.about)
        .withType(note.type)
        .withReason(note.reason)
        .withMessage(note.message)
        .withNewSource()
        .withComponent(component)
        .endSource()
        .withFirstTimestamp(seconds(note.time))
        .withLastTimestamp(seconds(note.time))
        .withCount(1)
        .withReportingComponent(component)
        .withReportingInstance("")
        .build();
  }

  private static String seconds(Instant now) {
    return now.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
