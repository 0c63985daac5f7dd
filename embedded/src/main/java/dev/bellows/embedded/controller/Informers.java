package dev.bellows.embedded.controller;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.Listing;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceType;
import dev.bellows.embedded.apiserver.Watch;
import dev.bellows.embedded.apiserver.WatchEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows kinds of objects in the {@link Registry} and tells listeners of each change, one kind's
 * changes in order on one thread.
 */
public final class Informers implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Informers.class);

  private final Registry registry;
  private final Map<ResourceType, Informer> informers = new LinkedHashMap<>();
  private boolean started;

  /** Hears of changes; must return quickly, and act on the state and not on the change. */
  @FunctionalInterface
  public interface Listener {
    /**
     * An object is new ({@code before} is null), changed, or gone ({@code after} is null). Both are
     * shared and must not be changed.
     */
    void onChange(@Nullable ObjectNode before, @Nullable ObjectNode after);
  }

  /** Informers that follow nothing yet. */
  public Informers(Registry registry) {
    this.registry = registry;
  }

  /**
   * The cache of a kind, filled from {@link #start} on.
   *
   * @throws IllegalStateException after the start, if only metadata are kept of the kind
   */
  public synchronized Cache cache(ResourceType type) {
    return informer(type, true).cache;
  }

  /**
   * Has every change of a kind told; after the start, first what is there.
   *
   * @throws IllegalStateException after the start, if only metadata are kept of the kind
   */
  public synchronized void listen(ResourceType type, Listener listener) {
    listen(informer(type, true), listener);
  }

  /**
   * As {@link #listen}, for who looks at {@code apiVersion}, {@code kind} and {@code metadata}
   * alone: of a kind of which nobody has asked for more, nothing else is kept or told.
   */
  public synchronized void listenToMetadata(ResourceType type, Listener listener) {
    listen(informer(type, false), listener);
  }

  private void listen(Informer informer, Listener listener) {
    informer.listeners.add(listener);
    if (started) {
      informer.cache.all().forEach(object -> listener.onChange(null, object));
    }
  }

  private Informer informer(ResourceType type, boolean whole) {
    Informer known = informers.get(type);
    if (known != null) {
      if (whole && !known.whole && started) {
        throw new IllegalStateException(
            "only metadata are kept of " + type.resource() + ", which has been started");
      }
      known.whole |= whole;
      return known;
    }
    Informer informer = new Informer(type);
    informer.whole = whole;
    informers.put(type, informer);
    if (started) {
      informer.list();
    }
    return informer;
  }

  /** Fills the caches, tells the listeners what is there, and follows from then on. */
  public synchronized void start() {
    started = true;
    // All caches first: a listener may look at every one of them.
    List<Informer> all = new ArrayList<>(informers.values());
    Map<Informer, Listing> listings = new LinkedHashMap<>();
    for (Informer informer : all) {
      Listing listing = informer.read();
      listing.items().forEach(informer.cache::apply);
      informer.cache.toldUpTo(listing.resourceVersion());
      listings.put(informer, listing);
    }
    listings.forEach(Informer::begin);
  }

  @Override
  public synchronized void close() {
    informers.values().forEach(Informer::close);
  }

  private final class Informer {
    private final ResourceType type;
    private final Cache cache;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private @Nullable Watch watch;
    private boolean closed;

    /** Whether objects are kept with all that they say; settled when the informer starts. */
    private volatile boolean whole;

    Informer(ResourceType type) {
      this.type = type;
      this.cache = new Cache(type);
    }

    Listing read() {
      Listing listing = registry.list(type, null);
      listing.items().forEach(this::strip);
      return listing;
    }

    private void strip(ObjectNode object) {
      if (!whole) {
        object.retain("apiVersion", "kind", "metadata");
      }
    }

    void begin(Listing listing) {
      listing.items().forEach(object -> tell(null, object));
      follow(listing.resourceVersion());
    }

    private synchronized void follow(long since) {
      if (!closed) {
        watch = registry.watch(type, null, since, this::onEvent);
      }
    }

    private void onEvent(WatchEvent event) {
      switch (event.type()) {
        case ADDED, MODIFIED -> {
          strip(event.object());
          // Told even if a write has put it into the cache before: listeners hear only from here.
          Cache.Applied applied = cache.follow(event.object());
          tell(applied.before(), event.object());
        }
        case DELETED -> {
          strip(event.object());
          cache.remove(event.object());
          tell(event.object(), null);
        }
        case ERROR -> {
          LOG.info("the watch of {} fell behind; listing again", type.resource());
          list();
        }
      }
    }

    void list() {
      Listing listing = read();
      for (ObjectNode gone : cache.absentFrom(listing.items())) {
        if (cache.remove(gone)) {
          tell(gone, null);
        }
      }
      for (ObjectNode object : listing.items()) {
        Cache.Applied applied = cache.apply(object);
        tell(applied.before(), object);
      }
      cache.toldUpTo(listing.resourceVersion());
      follow(listing.resourceVersion());
    }

    private void tell(@Nullable ObjectNode before, @Nullable ObjectNode after) {
      for (Listener listener : listeners) {
        try {
          listener.onChange(before, after);
        } catch (RuntimeException e) {
          LOG.error("a listener failed on a change of {}", type.resource(), e);
        }
      }
    }

    synchronized void close() {
      closed = true;
      if (watch != null) {
        watch.close();
      }
    }
  }
}
