package dev.bellows.embedded.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.ApiException;
import dev.bellows.embedded.apiserver.DeleteOptions;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceTypes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells people what happened to an object, as Events beside it. Nobody waits for an event: they are
 * written by a thread of their own, which lets others write first, and dropped when too many wait.
 * What happens again raises the count of the first event.
 */
public final class EventRecorder implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventRecorder.class);

  /** Events that may wait to be written, of one or two KiB each; more are dropped. */
  static final int MAX_WAITING = 4096;

  /** When so many wait, they give way to nobody, lest some be dropped. */
  private static final int TOO_MANY_TO_GIVE_WAY = MAX_WAITING / 2;

  /** Of what an Event is about, in its name: an object may be called longer than an Event. */
  private static final int MAX_NAMED = 236;

  /** Events whose count may still be raised. */
  static final int MAX_REMEMBERED = 4096;

  /** How long an event is kept; Kubernetes' default. */
  static final Duration KEPT = Duration.ofHours(1);

  /** Events that are kept, whoever wrote them; of more, the oldest go before their hour is over. */
  static final int MAX_KEPT = 20_000;

  /** So many of those that are kept are written between two looks at how many there are. */
  private static final int LOOKS = 10;

  /**
   * Events wait until nobody has written anything for so long: most tell of a pod that starts, and
   * their writes would stand between the writes that somebody's request waits for.
   */
  static final Duration LULL = Duration.ofMillis(250);

  /** But no longer than this, however busy everybody is. */
  static final Duration LATEST = Duration.ofSeconds(5);

  /** How often it is looked whether others write, while an event waits. */
  private static final Duration LOOK = Duration.ofMillis(25);

  /** What closing waits for the events that still wait. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

  private static final Duration CLEANING_PERIOD = Duration.ofMinutes(10);

  private final Registry registry;
  private final Clock clock;
  private final int maxKept;
  private final Lull lull;

  /** In the order in which they happened; nothing = no more will come. */
  private final BlockingQueue<Optional<Waiting>> waiting = new LinkedBlockingQueue<>();

  private final Thread writer = Thread.ofVirtual().name("events").unstarted(this::run);
  private volatile boolean closed;
  private final Map<Happening, String> written =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Happening, String> eldest) {
          return size() > MAX_REMEMBERED;
        }
      };
  private Instant nextCleaning = Instant.MIN;
  private long lastNamed;
  private int sinceCleaning;

  /** Kubernetes knows two. */
  public enum Type {
    NORMAL("Normal"),
    WARNING("Warning");

    private final String word;

    Type(String word) {
      this.word = word;
    }
  }

  private record Happening(
      String uid, String fieldPath, Type type, String reason, String message, String component) {}

  private record Waiting(Happening happening, ObjectNode about, Instant at, long nanos) {}

  /** A recorder that writes through the registry. */
  public EventRecorder(Registry registry, Clock clock) {
    this(registry, clock, MAX_KEPT);
  }

  EventRecorder(Registry registry, Clock clock, int maxKept) {
    this.registry = registry;
    this.clock = clock;
    this.maxKept = maxKept;
    lull = new Lull(registry::resourceVersion, System::nanoTime, LULL);
    writer.start();
  }

  /** Records that something happened to an object, as one of this cluster's components. */
  public void record(
      ObjectNode object, Type type, String reason, String message, String component) {
    record(object, "", type, reason, message, component);
  }

  /**
   * Records that something happened to a part of an object.
   *
   * @param fieldPath the part, such as {@code spec.containers{user-container}}; empty for the whole
   */
  public void record(
      ObjectNode object,
      String fieldPath,
      Type type,
      String reason,
      String message,
      String component) {
    ObjectNode about = JsonNodeFactory.instance.objectNode();
    JsonNode meta = object.path("metadata");
    about.put("kind", object.path("kind").asText());
    about.put("apiVersion", object.path("apiVersion").asText());
    if (meta.hasNonNull("namespace")) {
      about.put("namespace", meta.path("namespace").asText());
    }
    about.put("name", meta.path("name").asText());
    about.put("uid", meta.path("uid").asText());
    if (!fieldPath.isEmpty()) {
      about.put("fieldPath", fieldPath);
    }
    Happening happening =
        new Happening(about.path("uid").asText(), fieldPath, type, reason, message, component);
    if (closed) {
      LOG.debug("closed, so left is the event {} {}: {}", about.path("name"), reason, message);
    } else if (waiting.size() >= MAX_WAITING) {
      LOG.debug("dropped the event {} {}: {}", about.path("name"), reason, message);
    } else {
      waiting.add(Optional.of(new Waiting(happening, about, clock.instant(), System.nanoTime())));
    }
  }

  private void run() {
    try {
      for (Optional<Waiting> next = waiting.take(); next.isPresent(); next = waiting.take()) {
        giveWay(next.get());
        write(next.get().happening(), next.get().about(), next.get().at());
        lull.goesOn();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void giveWay(Waiting event) throws InterruptedException {
    while (!lull.isNow()
        && System.nanoTime() - event.nanos() < LATEST.toNanos()
        && waiting.size() < TOO_MANY_TO_GIVE_WAY
        && !closed) {
      Thread.sleep(LOOK);
    }
  }

  private void write(Happening happening, ObjectNode about, Instant now) {
    String namespace = about.path("namespace").asText("default");
    try {
      String known = written.get(happening);
      if (known == null || !raise(namespace, known, now)) {
        written.put(happening, create(happening, about, namespace, now));
      }
      sinceCleaning++;
      if (now.isAfter(nextCleaning) || sinceCleaning >= maxKept / LOOKS) {
        sinceCleaning = 0;
        nextCleaning = now.plus(CLEANING_PERIOD);
        clean(now);
      }
    } catch (ApiException e) {
      // Mostly a namespace that is on its way out.
      LOG.debug("event not written: {}", e.getMessage());
    } catch (RuntimeException e) {
      LOG.warn("event not written", e);
    }
  }

  private boolean raise(String namespace, String name, Instant now) {
    if (registry.find(ResourceTypes.EVENTS, namespace, name).isEmpty()) {
      return false;
    }
    registry.edit(
        ResourceTypes.EVENTS,
        namespace,
        name,
        event -> {
          event.put("count", event.path("count").asInt(1) + 1);
          event.put("lastTimestamp", stamp(now));
          return event;
        });
    return true;
  }

  /** As Kubernetes' own components name Events: what they are about, and when. */
  private String name(String about, Instant now) {
    lastNamed = Math.max(lastNamed + 1, now.getEpochSecond() * 1_000_000_000 + now.getNano());
    return about.substring(0, Math.min(about.length(), MAX_NAMED))
        + "."
        + Long.toHexString(lastNamed);
  }

  private String create(Happening happening, ObjectNode about, String namespace, Instant now) {
    ObjectNode event = JsonNodeFactory.instance.objectNode();
    event
        .putObject("metadata")
        .put("name", name(about.path("name").asText(), now))
        .put("namespace", namespace);
    event.set("involvedObject", about);
    event.put("type", happening.type().word);
    event.put("reason", happening.reason());
    event.put("message", happening.message());
    event.put("count", 1);
    event.put("firstTimestamp", stamp(now)).put("lastTimestamp", stamp(now));
    event.putObject("source").put("component", happening.component());
    event.put("reportingComponent", happening.component()).put("reportingInstance", "");
    return Key.of(registry.create(ResourceTypes.EVENTS, event)).name();
  }

  /** Deletes what is older than an hour, whoever wrote it, and the oldest of what is too many. */
  private void clean(Instant now) {
    List<ObjectNode> oldestFirst =
        new ArrayList<>(registry.list(ResourceTypes.EVENTS, null).items());
    // Many happen in one second, which is all that their times tell.
    oldestFirst.sort(
        Comparator.comparing(EventRecorder::last).thenComparingLong(EventRecorder::version));
    int tooMany = oldestFirst.size() - maxKept;
    for (int i = 0; i < oldestFirst.size(); i++) {
      if (i >= tooMany && !last(oldestFirst.get(i)).plus(KEPT).isBefore(now)) {
        return;
      }
      delete(Key.of(oldestFirst.get(i)));
    }
  }

  private void delete(Key key) {
    try {
      registry.delete(ResourceTypes.EVENTS, key.namespace(), key.name(), DeleteOptions.DEFAULT);
    } catch (ApiException e) {
      LOG.debug("event {} is not deleted: {}", key, e.getMessage());
    }
  }

  private static long version(ObjectNode event) {
    return event.path("metadata").path("resourceVersion").asLong();
  }

  private static Instant last(ObjectNode event) {
    String created = event.path("metadata").path("creationTimestamp").asText();
    try {
      return Instant.parse(event.path("lastTimestamp").asText(created));
    } catch (DateTimeParseException e) {
      return Instant.parse(created);
    }
  }

  private static String stamp(Instant now) {
    return now.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** Writes what waits, for two seconds at most. */
  @Override
  public void close() {
    closed = true;
    waiting.add(Optional.empty());
    try {
      writer.join(CLOSE_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    waiting.clear();
    writer.interrupt();
  }
}
