package dev.bellows.embedded.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.ApiException;
import dev.bellows.embedded.apiserver.DeleteOptions;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceType;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.controller.ControllerLoop;
import dev.bellows.embedded.controller.Informers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Deletes what has lost its owners, and does what the two propagation finalizers ask for: {@code
 * foregroundDeletion} (dependents first) and {@code orphan} (dependents stay). The rules are those
 * of the Kubernetes documentation, "Garbage Collection".
 *
 * <p>The graph tells where to look; every decision is made on the objects as they are now.
 */
final class GarbageCollector implements AutoCloseable {
  private static final String FOREGROUND = "foregroundDeletion";
  private static final String ORPHAN = "orphan";
  private static final int CONCURRENCY = 16;

  // Own no one, are owned by no one, and change all the time.
  private static final Set<ResourceType> LEFT_OUT =
      Set.of(ResourceTypes.EVENTS, ResourceTypes.LEASES);

  private final Registry registry;
  private final Informers informers;
  private final OwnerGraph graph = new OwnerGraph();
  private final Set<ResourceType> followed = new HashSet<>();
  private final ControllerLoop<String> loop =
      new ControllerLoop<>("garbage", CONCURRENCY, this::reconcile);

  GarbageCollector(Registry registry, Informers informers) {
    this.registry = registry;
    this.informers = informers;
    informers.listenToMetadata(
        ResourceTypes.CUSTOM_RESOURCE_DEFINITIONS, (before, after) -> followNewKinds());
    followNewKinds();
  }

  private void followNewKinds() {
    for (ResourceType type : registry.types()) {
      boolean isNew;
      synchronized (followed) {
        isNew = !LEFT_OUT.contains(type) && followed.add(type);
      }
      if (isNew) {
        informers.listenToMetadata(type, (before, after) -> onChange(type, before, after));
      }
    }
  }

  void start() {
    loop.start();
  }

  private void onChange(
      ResourceType type, @Nullable ObjectNode before, @Nullable ObjectNode after) {
    if (after == null) {
      if (before != null) {
        OwnerGraph.Item gone = OwnerGraph.item(type, before);
        graph.remove(gone.uid());
        graph.dependents(gone.uid()).forEach(dependent -> loop.enqueue(dependent.uid()));
        gone.owners().forEach(loop::enqueue); // one may wait for its last dependent
      }
      return;
    }
    OwnerGraph.Item item = OwnerGraph.item(type, after);
    graph.put(item);
    boolean held = hasFinalizer(after, FOREGROUND) || hasFinalizer(after, ORPHAN);
    boolean lost = item.owners().stream().anyMatch(owner -> graph.find(owner).isEmpty());
    if ((isDeleting(after) && held) || lost) {
      loop.enqueue(item.uid());
    }
    if (isDeleting(after)) {
      item.owners().forEach(loop::enqueue);
    }
  }

  private Optional<Duration> reconcile(String uid) {
    Optional<OwnerGraph.Item> item = graph.find(uid);
    Optional<ObjectNode> found = item.flatMap(this::live);
    if (item.isEmpty() || found.isEmpty()) {
      return Optional.empty();
    }
    ObjectNode object = found.get();
    if (!isDeleting(object)) {
      collect(item.get(), object);
    } else if (hasFinalizer(object, ORPHAN)) {
      for (OwnerGraph.Item dependent : graph.dependents(uid)) {
        removeOwners(dependent, uid::equals);
      }
      removeFinalizer(item.get(), ORPHAN);
    } else if (hasFinalizer(object, FOREGROUND)) {
      deleteDependentsFirst(item.get());
    }
    return Optional.empty();
  }

  /** The object itself, not another of the same name. */
  private Optional<ObjectNode> live(OwnerGraph.Item item) {
    return registry
        .find(item.type(), item.key().namespace(), item.key().name())
        .filter(object -> uid(object).equals(item.uid()));
  }

  private void deleteDependentsFirst(OwnerGraph.Item owner) {
    boolean blocked = false;
    for (OwnerGraph.Item dependent : graph.dependents(owner.uid())) {
      Optional<ObjectNode> object = live(dependent);
      if (object.isEmpty()) {
        continue;
      }
      blocked |= blocks(object.get(), owner.uid());
      if (!isDeleting(object.get())) {
        delete(dependent, DeleteOptions.Propagation.FOREGROUND);
      }
    }
    if (!blocked) {
      removeFinalizer(owner, FOREGROUND);
    }
  }

  private static boolean blocks(ObjectNode dependent, String owner) {
    for (JsonNode reference : dependent.path("metadata").path("ownerReferences")) {
      if (reference.path("uid").asText().equals(owner)) {
        return reference.path("blockOwnerDeletion").asBoolean(false);
      }
    }
    return false;
  }

  private void collect(OwnerGraph.Item item, ObjectNode object) {
    List<String> absent = new ArrayList<>();
    List<String> waiting = new ArrayList<>();
    boolean held = false;
    for (JsonNode reference : object.path("metadata").path("ownerReferences")) {
      Optional<ObjectNode> owner = owner(item, reference);
      String uid = reference.path("uid").asText();
      if (owner.isEmpty()) {
        absent.add(uid);
      } else if (isDeleting(owner.get()) && hasFinalizer(owner.get(), FOREGROUND)) {
        waiting.add(uid);
      } else {
        held = true;
      }
    }
    if (absent.isEmpty() && waiting.isEmpty()) {
      return;
    }
    if (held) {
      List<String> useless = new ArrayList<>(absent);
      useless.addAll(waiting);
      removeOwners(item, useless::contains);
    } else if (!waiting.isEmpty()) {
      delete(item, DeleteOptions.Propagation.FOREGROUND);
    } else if (hasFinalizer(object, ORPHAN)) {
      delete(item, DeleteOptions.Propagation.ORPHAN);
    } else if (hasFinalizer(object, FOREGROUND)) {
      delete(item, DeleteOptions.Propagation.FOREGROUND);
    } else {
      delete(item, DeleteOptions.Propagation.BACKGROUND);
    }
  }

  /** The owner that a reference means: its namespace is the dependent's own, or none. */
  private Optional<ObjectNode> owner(OwnerGraph.Item dependent, JsonNode reference) {
    String apiVersion = reference.path("apiVersion").asText();
    String group =
        apiVersion.indexOf('/') < 0 ? "" : apiVersion.substring(0, apiVersion.indexOf('/'));
    for (ResourceType type : registry.types()) {
      if (type.group().equals(group) && type.kind().equals(reference.path("kind").asText())) {
        return registry
            .find(
                type,
                type.namespaced() ? dependent.key().namespace() : "",
                reference.path("name").asText())
            .filter(owner -> uid(owner).equals(reference.path("uid").asText()));
      }
    }
    return Optional.empty();
  }

  private void delete(OwnerGraph.Item item, DeleteOptions.Propagation propagation) {
    unlessGone(() ->
        registry.delete(
            item.type(),
            item.key().namespace(),
            item.key().name(),
            DeleteOptions.DEFAULT.ifUid(item.uid()).withPropagation(propagation)));
  }

  private void removeOwners(OwnerGraph.Item item, Predicate<String> useless) {
    edit(
        item,
        meta -> {
          if (meta.get("ownerReferences") instanceof ArrayNode owners) {
            removeIf(owners, owner -> useless.test(owner.path("uid").asText()));
            if (owners.isEmpty()) {
              meta.remove("ownerReferences");
            }
          }
        });
  }

  private void removeFinalizer(OwnerGraph.Item item, String finalizer) {
    edit(
        item,
        meta -> {
          if (meta.get("finalizers") instanceof ArrayNode finalizers) {
            removeIf(finalizers, each -> each.asText().equals(finalizer));
          }
        });
  }

  private static void removeIf(ArrayNode array, Predicate<JsonNode> condition) {
    for (int i = array.size() - 1; i >= 0; i--) {
      if (condition.test(array.get(i))) {
        array.remove(i);
      }
    }
  }

  private void edit(OwnerGraph.Item item, Consumer<ObjectNode> change) {
    unlessGone(() ->
        registry.edit(
            item.type(),
            item.key().namespace(),
            item.key().name(),
            object -> {
              if (uid(object).equals(item.uid())) {
                change.accept(object.withObjectProperty("metadata"));
              }
              return object;
            }));
  }

  private static void unlessGone(Runnable write) {
    try {
      write.run();
    } catch (ApiException e) {
      // 409: another object of that name has taken its place.
      if (e.code() != 404 && e.code() != 409) {
        throw e;
      }
    }
  }

  private static String uid(ObjectNode object) {
    return object.path("metadata").path("uid").asText();
  }

  private static boolean isDeleting(ObjectNode object) {
    return object.path("metadata").hasNonNull("deletionTimestamp");
  }

  private static boolean hasFinalizer(ObjectNode object, String finalizer) {
    for (JsonNode each : object.path("metadata").path("finalizers")) {
      if (each.asText().equals(finalizer)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() {
    loop.close();
  }
}
