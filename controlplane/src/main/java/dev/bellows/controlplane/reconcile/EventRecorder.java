package dev.bellows.controlplane.reconcile;

import dev.bellows.controlplane.watch.Key;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
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
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes Events in the background, so that no pass waits for one. An Event that says the same as an
 * earlier one raises that one's count instead.
 */
public final class EventRecorder implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(EventRecorder.class);

  /** Events that wait to be written; beyond, new ones are dropped and counted. */
  private static final int WAITING_LIMIT = 1000;

  /** Events whose repetition is recognised; the longest unused is forgotten first. */
  private static final int REMEMBERED_LIMIT = 4096;

  /** How long the Event that is being written may take after the end was announced. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

  private final KubernetesClient client;
  private final PlainWrites writes;
  private final String component;
  private final InstantSource clock;
  private final Pace pace;
  private final BlockingQueue<Note> waiting = new ArrayBlockingQueue<>(WAITING_LIMIT);
  private final AtomicLong dropped = new AtomicLong();
  private final Map<Alike, Written> remembered = new Remembered();
  private final Thread thread;

  /** What to write, and the part of the object that it is about; empty for the whole. */
  private record Note(Step.Announce announce, String fieldPath) {}

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
   * Starts writing.
   *
   * @param client stays the caller's
   * @param component whom the Events name as their source
   * @param clock stamps the Events
   * @param pace at which they are written
   */
  public EventRecorder(KubernetesClient client, String component, InstantSource clock, Pace pace) {
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
    if (!waiting.offer(new Note(announce, fieldPath))) {
      dropped.incrementAndGet();
    }
  }

  /** Events lost because too many waited. */
  public long dropped() {
    return dropped.get();
  }

  /** Ends the writing; what still waits is lost. */
  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(CLOSE_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void writeAll() {
    try {
      while (true) {
        Note next = waiting.take();
        pace.await();
        try {
          write(next);
        } catch (RuntimeException e) {
          // Whatever it is, an Event is not worth more than this line.
          log.debug("event {} was not written: {}", next.announce.reason(), e.toString());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(Note note) {
    Step.Announce announce = note.announce;
    HasMetadata about = announce.about();
    Alike alike =
        new Alike(
            String.valueOf(about.getMetadata().getUid()),
            note.fieldPath,
            announce.severity().wireName(),
            announce.reason(),
            announce.message());
    Written before = remembered.get(alike);
    Instant now = clock.instant();
    if (before == null || !raiseCount(before, now)) {
      Event event = event(note, now);
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

  private Event event(Note note, Instant now) {
    Step.Announce announce = note.announce;
    HasMetadata about = announce.about();
    String aboutNamespace = about.getMetadata().getNamespace();
    String namespace = aboutNamespace == null ? "default" : aboutNamespace;
    long stamp = ChronoUnit.NANOS.between(Instant.EPOCH, now);
    return new EventBuilder()
        .withNewMetadata()
        .withNamespace(namespace)
        .withName(about.getMetadata().getName() + "." + Long.toHexString(stamp))
        .endMetadata()
        .withNewInvolvedObject()
        .withApiVersion(about.getApiVersion())
        .withKind(about.getKind())
        .withNamespace(aboutNamespace)
        .withName(about.getMetadata().getName())
        .withUid(about.getMetadata().getUid())
        .withResourceVersion(about.getMetadata().getResourceVersion())
        .withFieldPath(note.fieldPath.isEmpty() ? null : note.fieldPath)
        .endInvolvedObject()
        .withType(announce.severity().wireName())
        .withReason(announce.reason())
        .withMessage(announce.message())
        .withNewSource()
        .withComponent(component)
        .endSource()
        .withFirstTimestamp(seconds(now))
        .withLastTimestamp(seconds(now))
        .withCount(1)
        .withReportingComponent(component)
        .withReportingInstance("")
        .build();
  }

  private static String seconds(Instant now) {
    return now.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
