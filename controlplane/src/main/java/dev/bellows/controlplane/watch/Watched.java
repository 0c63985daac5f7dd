package dev.bellows.controlplane.watch;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All objects of one kind, as last seen. One writer at a time (the informer's thread) puts and
 * removes; anyone reads, without a lock. As many objects are held as the API server holds.
 *
 * <p>Objects are shared: whoever wants to change one copies it first.
 *
 * @param <T> the kind
 */
public final class Watched<T extends HasMetadata> {
  private final Class<T> type;
  private final Map<Key, T> objects = new ConcurrentHashMap<>();
  private final List<Index<T>> indexes = new CopyOnWriteArrayList<>();
  private final List<Consumer<? super Change<T>>> listeners = new CopyOnWriteArrayList<>();
  private final Index<T> byController;

  /** An empty view of {@code type}; {@link Informers} fills it. */
  public Watched(Class<T> type) {
    this.type = type;
    this.byController =
        indexBy(object ->
            object.getMetadata().getOwnerReferences().stream()
                .filter(owner -> Boolean.TRUE.equals(owner.getController()))
                .map(OwnerReference::getUid)
                .toList());
  }

  /** The kind that is seen here. */
  public Class<T> type() {
    return type;
  }

  /** The object of that name, if there is one. */
  public Optional<T> find(String namespace, String name) {
    return find(new Key(namespace, name));
  }

  /** The object of that key, if there is one. */
  public Optional<T> find(Key key) {
    return Optional.ofNullable(objects.get(key));
  }

  /** Every object, in no particular order; a live view. */
  public Collection<T> all() {
    return objects.values();
  }

  /** The objects whose controlling owner has that uid, in no particular order. */
  public List<T> controlledBy(String uid) {
    return byController.get(uid);
  }

  /**
   * Keeps the objects findable by values taken from them. To be called before anything is put.
   *
   * @param values pure; the values of one object, none if it is not to be found
   */
  public Index<T> indexBy(Function<T, ? extends Collection<String>> values) {
    Index<T> index = new Index<>(values);
    indexes.add(index);
    return index;
  }

  /** Keeps the objects findable by the value of one label. */
  public Index<T> indexByLabel(String label) {
    return indexBy(object -> {
      Map<String, String> labels = object.getMetadata().getLabels();
      String value = labels == null ? null : labels.get(label);
      return value == null ? List.of() : List.of(value);
    });
  }

  /**
   * Tells {@code listener} of every change, after it can be seen here, in the informer's thread.
   */
  public void onChange(Consumer<? super Change<T>> listener) {
    listeners.add(listener);
  }

  /** An object is there; told on only if its resource version is new. */
  public void put(T object) {
    T before = objects.put(Key.of(object), object);
    for (Index<T> index : indexes) {
      index.replace(before, object);
    }
    if (before == null) {
      tell(new Change.Added<>(object));
    } else if (!Objects.equals(
        before.getMetadata().getResourceVersion(), object.getMetadata().getResourceVersion())) {
      tell(new Change.Updated<>(before, object));
    }
  }

  /** An object is gone. */
  public void remove(T object) {
    T before = objects.remove(Key.of(object));
    if (before != null) {
      for (Index<T> index : indexes) {
        index.remove(before);
      }
      tell(new Change.Removed<>(object));
    }
  }

  private void tell(Change<T> change) {
    for (Consumer<? super Change<T>> listener : listeners) {
      listener.accept(change);
    }
  }

  /**
   * Finds objects by a value taken from them.
   *
   * @param <T> the kind
   */
  public static final class Index<T extends HasMetadata> {
    private final Function<T, ? extends Collection<String>> values;
    private final Map<String, Map<Key, T>> byValue = new ConcurrentHashMap<>();

    private Index(Function<T, ? extends Collection<String>> values) {
      this.values = values;
    }

    /** The objects that have this value, in no particular order. */
    public List<T> get(String value) {
      Map<Key, T> found = byValue.get(value);
      return found == null ? List.of() : List.copyOf(found.values());
    }

    private void replace(@Nullable T before, T after) {
      Collection<String> now = values.apply(after);
      if (before != null) {
        for (String value : values.apply(before)) {
          if (!now.contains(value)) {
            removeFrom(value, before);
          }
        }
      }
      for (String value : now) {
        byValue.computeIfAbsent(value, v -> new ConcurrentHashMap<>()).put(Key.of(after), after);
      }
    }

    private void remove(T object) {
      for (String value : values.apply(object)) {
        removeFrom(value, object);
      }
    }

    private void removeFrom(String value, T object) {
      byValue.computeIfPresent(
          value,
          (v, found) -> {
            found.remove(Key.of(object));
            return found.isEmpty() ? null : found;
          });
    }
  }
}
