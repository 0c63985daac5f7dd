package dev.bellows.it.contract;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/**
 * What every client library does to follow a collection: list it, watch from there, take the watch
 * up again where it ended, and list again when that is refused. It believes the server, so that an
 * event that is told twice shows.
 */
final class Informer implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofMillis(2);

  private final Api api;
  private final String path;
  private final Map<String, JsonNode> present = new ConcurrentSkipListMap<>();
  private final Map<String, List<String>> lives = new ConcurrentHashMap<>();
  private final Thread thread;
  private String version = "";
  private volatile Optional<Throwable> failure = Optional.empty();
  private volatile boolean over;

  Informer(Api api, String path) {
    this.api = api;
    this.path = path;
    this.thread = Thread.ofVirtual().name("informer").start(this::run);
  }

  /** The version of every object that is there, by name. */
  Map<String, String> versions() {
    failure.ifPresent(cause -> {
      throw new IllegalStateException("the informer has ended", cause);
    });
    Map<String, String> versions = new TreeMap<>();
    present.forEach((name, object) -> versions.put(name, version(object)));
    return versions;
  }

  /**
   * All that was told of an object, by its uid: {@code added}, {@code changed}, {@code deleted}.
   */
  List<String> life(String uid) {
    return lives.getOrDefault(uid, List.of());
  }

  private void run() {
    while (!over) {
      try {
        if (version.isEmpty()) {
          list();
        } else {
          watch();
        }
      } catch (UncheckedIOException e) {
        LockSupport.parkNanos(PAUSE.toNanos()); // nobody listens just now
      } catch (InterruptedException e) {
        return;
      } catch (AssertionError | RuntimeException e) {
        failure = Optional.of(e);
        return;
      }
    }
  }

  private void list() {
    Reply list = api.get(path).is(200);
    Set<String> gone = new HashSet<>(present.keySet());
    for (JsonNode item : list.at("/items")) {
      gone.remove(name(item));
      JsonNode before = present.get(name(item));
      if (before != null && !uid(before).equals(uid(item))) {
        deleted(before);
        before = null;
      }
      if (before == null) {
        put("added", item);
      } else if (!version(before).equals(version(item))) {
        put("changed", item);
      }
    }
    gone.forEach(name -> deleted(present.get(name)));
    version = list.resourceVersion();
  }

  private void watch() throws InterruptedException {
    String query = "?watch=true&allowWatchBookmarks=true&resourceVersion=" + version;
    try (Watching watch = api.watch(path + query)) {
      watch.tell(event -> {
        switch (event.type()) {
          case "ADDED" -> put("added", event.object());
          case "MODIFIED" -> put("changed", event.object());
          case "DELETED" -> deleted(event.object());
          default -> {} // a bookmark has nothing but the version
        }
        version = event.type().equals("ERROR") ? "" : event.resourceVersion();
      });
    }
  }

  private void put(String event, JsonNode object) {
    note(object, event + " " + version(object));
    present.put(name(object), object);
  }

  private void deleted(JsonNode object) {
    note(object, "deleted");
    present.remove(name(object));
  }

  private void note(JsonNode object, String event) {
    lives.computeIfAbsent(uid(object), none -> new CopyOnWriteArrayList<>()).add(event);
  }

  private static String name(JsonNode object) {
    return object.at("/metadata/name").asText();
  }

  private static String uid(JsonNode object) {
    return object.at("/metadata/uid").asText();
  }

  private static String version(JsonNode object) {
    return object.at("/metadata/resourceVersion").asText();
  }

  @Override
  public void close() {
    over = true;
    thread.interrupt();
  }
}
