package dev.bellows.embedded.controller;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.ResourceType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The present objects of one kind, as a watch tells them, with an index by managing owner.
 *
 * <p>Writers hand the answer to their write in ({@link #apply}), so that a controller sees its own
 * writes at once and does not, say, create a second pod because the watch has not told of the
 * first. Versions decide which state is newer. Safe for any number of threads; objects handed out
 * are shared and must not be changed.
 */
public final class Cache {
  private final ResourceType type;
  private final Map<Key, ObjectNode> objects = new HashMap<>();
  private final Map<String, Set<Key>> byOwner = new HashMap<>();
  private final Map<String, Set<Key>> byNamespace = new HashMap<>();
  private final List<Index> indexes = new ArrayList<>();

  /** What happened up to this version the watch has told. */
  private long told;

  Cache(ResourceType type) {
    this.type = type;
  }

  /** The kind. */
  public ResourceType type() {
    return type;
  }

  /** An object, if it is there. */
  public synchronized Optional<ObjectNode> get(Key key) {
    return Optional.ofNullable(objects.get(key));
  }

  /** Every object. */
  public synchronized List<ObjectNode> all() {
    return List.copyOf(objects.values());
  }

  /** The objects of a namespace. */
  public synchronized List<ObjectNode> inNamespace(String namespace) {
    return pick(byNamespace.getOrDefault(namespace, Set.of()));
  }

  /** The objects whose managing owner has this UID. */
  public synchronized List<ObjectNode> ownedBy(String uid) {
    return pick(byOwner.getOrDefault(uid, Set.of()));
  }

  /** The objects of a namespace that nobody manages. */
  public synchronized List<ObjectNode> orphansIn(String namespace) {
    return pick(
        byOwner.getOrDefault("", Set.of()).stream()
            .filter(key -> key.namespace().equals(namespace))
            .collect(Collectors.toSet()));
  }

  /**
   * Keeps the objects findable by values taken from them.
   *
   * @param values pure; the values of one object, none if it is not to be found
   */
  public synchronized Index indexBy(Function<ObjectNode, List<String>> values) {
    Index index = new Index(values);
    indexes.add(index);
    objects.forEach(index::add);
    return index;
  }

  /** Finds the objects of a namespace by a value taken from them. */
  public final class Index {
    private final Function<ObjectNode, List<String>> values;
    private final Map<Key, Set<Key>> byValue = new HashMap<>();

    private Index(Function<ObjectNode, List<String>> values) {
      this.values = values;
    }

    /** The objects of a namespace that have this value, in no particular order. */
    public List<ObjectNode> get(String namespace, String value) {
      synchronized (Cache.this) {
        return pick(byValue.getOrDefault(new Key(namespace, value), Set.of()));
      }
    }

    private void add(Key key, ObjectNode object) {
      for (String value : values.apply(object)) {
        byValue
            .computeIfAbsent(new Key(key.namespace(), value), any -> new LinkedHashSet<>())
            .add(key);
      }
    }

    private void remove(Key key, ObjectNode object) {
      for (String value : values.apply(object)) {
        drop(byValue, new Key(key.namespace(), value), key);
      }
    }
  }

  private List<ObjectNode> pick(Set<Key> keys) {
    List<ObjectNode> picked = new ArrayList<>(keys.size());
    for (Key key : keys) {
      ObjectNode object = objects.get(key);
      if (object != null) {
        picked.add(object);
      }
    }
    return picked;
  }

  /**
   * Takes a state over unless a newer one is known, or the object is known to be gone: the answer
   * to a write may come after the watch has told of the deletion that followed it. Who owns which
   * field is taken off it: nobody here asks, and of a large object it is the larger part.
   *
   * @return the state that was known before, and whether the new one was taken
   */
  public synchronized Applied apply(ObjectNode object) {
    Key key = Key.of(object);
    ObjectNode known = objects.get(key);
    if (version(object) <= (known == null ? told : version(known))) {
      return new Applied(known, false);
    }
    if (known != null) {
      unindex(key, known);
    }
    if (object.path("metadata") instanceof ObjectNode metadata) {
      metadata.remove("managedFields");
    }
    objects.put(key, object);
    byNamespace.computeIfAbsent(key.namespace(), any -> new LinkedHashSet<>()).add(key);
    byOwner.computeIfAbsent(Owners.controllerUid(object), any -> new LinkedHashSet<>()).add(key);
    indexes.forEach(index -> index.add(key, object));
    return new Applied(known, true);
  }

  /** As {@link #apply}, of what the watch tells. */
  synchronized Applied follow(ObjectNode object) {
    Applied applied = apply(object);
    toldUpTo(version(object));
    return applied;
  }

  /** The watch, or a list, has told of everything up to this version. */
  synchronized void toldUpTo(long version) {
    told = Math.max(told, version);
  }

  /** Forgets an object that the watch tells is gone, unless what is known is newer. */
  synchronized boolean remove(ObjectNode last) {
    Key key = Key.of(last);
    toldUpTo(version(last));
    ObjectNode known = objects.get(key);
    if (known == null || version(known) > version(last)) {
      return false;
    }
    objects.remove(key);
    unindex(key, known);
    return true;
  }

  /** The objects that are known and not among these: what a missed deletion left. */
  synchronized List<ObjectNode> absentFrom(List<ObjectNode> listed) {
    Set<Key> present = new HashSet<>();
    listed.forEach(object -> present.add(Key.of(object)));
    return objects.entrySet().stream()
        .filter(entry -> !present.contains(entry.getKey()))
        .map(Map.Entry::getValue)
        .toList();
  }

  private void unindex(Key key, ObjectNode known) {
    drop(byNamespace, key.namespace(), key);
    drop(byOwner, Owners.controllerUid(known), key);
    indexes.forEach(index -> index.remove(key, known));
  }

  private static <K> void drop(Map<K, Set<Key>> index, K at, Key key) {
    Set<Key> keys = index.get(at);
    if (keys != null) {
      keys.remove(key);
      if (keys.isEmpty()) {
        index.remove(at);
      }
    }
  }

  private static long version(ObjectNode object) {
    return object.path("metadata").path("resourceVersion").asLong(0);
  }

  /**
   * What became of a state that was handed in.
   *
   * @param before the state known until then, null if there was none
   * @param taken false if it was older than what is known
   */
  public record Applied(@Nullable ObjectNode before, boolean taken) {}
}
