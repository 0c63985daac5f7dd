package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.store.Change;
import dev.bellows.embedded.store.Entry;
import dev.bellows.embedded.store.Feed;
import dev.bellows.embedded.store.Key;
import dev.bellows.embedded.store.ObjectStore;
import dev.bellows.embedded.store.Snapshot;
import dev.bellows.embedded.store.StoreException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The objects of the embedded cluster as the API sees them: every rule of the API holds here, in
 * process as over HTTP. Safe for use by any number of threads; calls block until the write is
 * durable, so they belong on virtual threads or threads of one's own, never on an event loop.
 *
 * <p>Objects handed in are copied, objects handed out are the caller's own. The namespace of a
 * cluster-scoped object is the empty string.
 */
public final class Registry {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final ObjectStore store;
  private final WritePath writes;
  private final Catalogs catalogs;

  private Registry(ObjectStore store, Catalogs catalogs, WritePath writes) {
    this.store = store;
    this.catalogs = catalogs;
    this.writes = writes;
  }

  /**
   * A registry over a store.
   *
   * @param clock what creation and deletion are stamped with
   * @param admission looks at every write, in this order
   */
  public static Registry open(
      ObjectStore store, InstantSource clock, List<AdmissionStep> admission) {
    Catalogs catalogs = new Catalogs(store);
    List<AdmissionStep> steps = new ArrayList<>();
    steps.add(new ServiceAccountAdmission(store));
    steps.add(new PriorityAdmission());
    steps.addAll(admission);
    return new Registry(store, catalogs, new WritePath(store, catalogs, clock, List.copyOf(steps)));
  }

  /**
   * Whether webhooks are asked about writes of Bellows' own parts, as they are at first. While
   * everything starts they should not be: a webhook that is not there yet, or will never be, would
   * keep its own server from being started.
   */
  public void letWebhooksReviewParts(boolean review) {
    writes.letWebhooksReviewParts(review);
  }

  /**
   * Brings CustomResourceDefinitions to the given state: creates what is missing, updates what
   * differs.
   */
  public void install(List<ObjectNode> definitions) {
    WriteOptions options = WriteOptions.by("bellows-installer");
    for (ObjectNode definition : definitions) {
      String name = ObjectMeta.of(definition.deepCopy()).name();
      Optional<ObjectNode> present = find(ResourceTypes.CUSTOM_RESOURCE_DEFINITIONS, "", name);
      if (present.isEmpty()) {
        create(ResourceTypes.CUSTOM_RESOURCE_DEFINITIONS, definition, options);
      } else if (differs(present.get(), definition)) {
        writes.edit(
            ResourceTypes.CUSTOM_RESOURCE_DEFINITIONS,
            Subresource.NONE,
            "",
            name,
            old -> {
              old.set("spec", definition.path("spec").deepCopy());
              Json.child(Json.child(old, "metadata"), "labels")
                  .setAll((ObjectNode) definition.path("metadata").path("labels").deepCopy());
              return old;
            },
            options);
      }
    }
  }

  private static boolean differs(ObjectNode present, ObjectNode definition) {
    ObjectNode wanted = definition.deepCopy();
    new DefinitionRules().complete(wanted);
    return !Json.same(present.path("spec"), wanted.path("spec"))
        || !Json.same(
            present.path("metadata").path("labels"), wanted.path("metadata").path("labels"));
  }

  /**
   * The kind of a group and plural, custom ones included.
   *
   * @throws ApiException 404 if it is not served
   */
  public ResourceType type(String group, String plural) {
    return catalogs.now().find(group, plural).orElseThrow(ApiException::noSuchResource).type();
  }

  /** Every kind that is served at the moment. */
  public List<ResourceType> types() {
    return catalogs.now().all().stream().map(Resource::type).toList();
  }

  /**
   * An object.
   *
   * @throws ApiException 404 if it is not there
   */
  public ObjectNode get(ResourceType type, String namespace, String name) {
    return find(type, namespace, name).orElseThrow(() -> ApiException.notFound(type, name));
  }

  /** An object, if it is there. */
  public Optional<ObjectNode> find(ResourceType type, String namespace, String name) {
    return store
        .get(new Key(type.resource(), namespace, name))
        .map(entry -> Json.read(entry.value()));
  }

  /** All objects of a kind, in one namespace or (null) in all. */
  public Listing list(ResourceType type, @Nullable String namespace) {
    Snapshot snapshot = store.list(type.resource(), namespace);
    return new Listing(
        snapshot.revision(),
        snapshot.entries().stream().map(entry -> Json.read(entry.value())).toList());
  }

  /**
   * Creates an object; {@code metadata.generateName} may stand for the name.
   *
   * @return what was stored
   * @throws ApiException 409 if the name is taken, 422 if the object is not valid, 404 if its
   *     namespace does not exist
   */
  public ObjectNode create(ResourceType type, ObjectNode object) {
    return create(type, object, WriteOptions.by(WriteOptions.SELF));
  }

  /** As {@link #create(ResourceType, ObjectNode)}, with options. */
  public ObjectNode create(ResourceType type, ObjectNode object, WriteOptions options) {
    return writes.create(type, object.deepCopy(), options);
  }

  /**
   * Replaces an object, all but its status.
   *
   * @return what is stored now
   * @throws ApiException 409 if {@code metadata.resourceVersion} is not the present one, 404 if the
   *     object is gone, 422 if it is not valid
   */
  public ObjectNode update(ResourceType type, ObjectNode object) {
    return update(type, object, WriteOptions.by(WriteOptions.SELF));
  }

  /** As {@link #update(ResourceType, ObjectNode)}, with options. */
  public ObjectNode update(ResourceType type, ObjectNode object, WriteOptions options) {
    return writes.replace(type, Subresource.NONE, object.deepCopy(), options);
  }

  /**
   * Replaces an object's status and nothing else.
   *
   * @return what is stored now
   * @throws ApiException as {@link #update(ResourceType, ObjectNode)}
   */
  public ObjectNode updateStatus(ResourceType type, ObjectNode object) {
    return updateStatus(type, object, WriteOptions.by(WriteOptions.SELF));
  }

  /** As {@link #updateStatus(ResourceType, ObjectNode)}, with options. */
  public ObjectNode updateStatus(ResourceType type, ObjectNode object, WriteOptions options) {
    return writes.replace(type, Subresource.STATUS, object.deepCopy(), options);
  }

  /**
   * Removes the hold that a namespace has on itself: what its emptier does last. Takes {@code
   * spec.finalizers} from the object given.
   */
  public ObjectNode finalizeNamespace(ObjectNode namespace) {
    return writes.replace(
        ResourceTypes.NAMESPACES,
        Subresource.FINALIZE,
        namespace.deepCopy(),
        WriteOptions.by("namespace-controller"));
  }

  /**
   * Changes an object. Tried again by itself when another write comes between, unless the patch
   * names a resourceVersion.
   *
   * @return what is stored now
   * @throws ApiException 404, 409, 422 as for an update; 400 if the patch cannot be applied
   */
  public ObjectNode patch(ResourceType type, String namespace, String name, Patch patch) {
    return patch(type, namespace, name, patch, WriteOptions.by(WriteOptions.SELF));
  }

  /** As {@link #patch(ResourceType, String, String, Patch)}, with options. */
  public ObjectNode patch(
      ResourceType type, String namespace, String name, Patch patch, WriteOptions options) {
    return writes.patch(type, Subresource.NONE, namespace, name, patch, options).object();
  }

  /** Changes an object's status and nothing else; otherwise as {@code patch}. */
  public ObjectNode patchStatus(ResourceType type, String namespace, String name, Patch patch) {
    return writes
        .patch(type, Subresource.STATUS, namespace, name, patch, WriteOptions.by(WriteOptions.SELF))
        .object();
  }

  /**
   * Reads, changes and writes an object until no other write comes between.
   *
   * @param change is given a copy of the present object, may change it in place, and returns what
   *     is to be; called again after a conflict
   */
  public ObjectNode edit(
      ResourceType type, String namespace, String name, UnaryOperator<ObjectNode> change) {
    return writes.edit(
        type, Subresource.NONE, namespace, name, change, WriteOptions.by(WriteOptions.SELF));
  }

  /** As {@link #edit}, for the status alone. */
  public ObjectNode editStatus(
      ResourceType type, String namespace, String name, UnaryOperator<ObjectNode> change) {
    return writes.edit(
        type, Subresource.STATUS, namespace, name, change, WriteOptions.by(WriteOptions.SELF));
  }

  /**
   * Deletes an object, or marks it for deletion while finalizers or a pod's grace hold it.
   *
   * @return its last or present state
   * @throws ApiException 404 if it is not there, 409 if a precondition does not hold
   */
  public ObjectNode delete(
      ResourceType type, String namespace, String name, DeleteOptions options) {
    return writes
        .delete(type, namespace, name, options, WriteOptions.by(WriteOptions.SELF))
        .object();
  }

  /**
   * Tells every change of a kind after {@code since}, in order, on a virtual thread of the watch's
   * own. An exception of {@code sink} ends the watch. {@code metadata.managedFields} are left out:
   * no controller asks who owns which field.
   *
   * @param namespace one namespace, or null for all
   * @param since a resourceVersion from a {@link Listing} or an object
   * @throws ApiException 410 if the history after {@code since} is no longer kept
   */
  public Watch watch(
      ResourceType type, @Nullable String namespace, long since, Consumer<WatchEvent> sink) {
    Feed feed = follow(type, since);
    Thread.ofVirtual().name("watch-" + type.resource()).start(() -> pump(feed, namespace, sink));
    return feed::close;
  }

  /** Of the latest write, whatever it was of. */
  public long resourceVersion() {
    return store.revision();
  }

  /** The committed changes of a kind, as bytes. */
  Feed follow(ResourceType type, long since) {
    try {
      return store.follow(type.resource(), since);
    } catch (StoreException.Gone e) {
      throw ApiException.expired(e.getMessage());
    }
  }

  ObjectStore store() {
    return store;
  }

  Catalog catalog() {
    return catalogs.now();
  }

  WritePath writes() {
    return writes;
  }

  private static void pump(Feed feed, @Nullable String namespace, Consumer<WatchEvent> sink) {
    try (feed) {
      while (!feed.isClosed()) {
        for (Change change : feed.next(PATIENCE)) {
          Entry entry = change.entry();
          if (feed.isClosed()) {
            return;
          }
          if (namespace == null || namespace.equals(entry.key().namespace())) {
            sink.accept(
                new WatchEvent(type(change), Json.read(FieldOwners.without(entry.value()))));
          }
        }
      }
    } catch (StoreException.Gone e) {
      sink.accept(
          new WatchEvent(WatchEvent.Type.ERROR, ApiException.expired(e.getMessage()).status()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static WatchEvent.Type type(Change change) {
    return switch (change) {
      case Change.Added added -> WatchEvent.Type.ADDED;
      case Change.Modified modified -> WatchEvent.Type.MODIFIED;
      case Change.Removed removed -> WatchEvent.Type.DELETED;
    };
  }
}
