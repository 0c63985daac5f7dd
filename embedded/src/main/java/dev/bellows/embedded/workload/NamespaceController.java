package dev.bellows.embedded.workload;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.ApiException;
import dev.bellows.embedded.apiserver.DeleteOptions;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceType;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.controller.ControllerLoop;
import dev.bellows.embedded.controller.Informers;
import dev.bellows.embedded.controller.Key;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Empties a namespace that is being deleted, then lets it go. Makes those every cluster has. */
final class NamespaceController implements AutoCloseable {
  private static final List<String> EVERY_CLUSTER_HAS =
      List.of("default", "kube-system", "kube-public", "kube-node-lease");

  /** How often to look whether the content has gone: finalizers and graces take their time. */
  private static final Duration LOOK_AGAIN = Duration.ofMillis(200);

  private final Registry registry;
  private final Clock clock;
  private final ControllerLoop<Key> loop = new ControllerLoop<>("namespaces", 2, this::reconcile);

  NamespaceController(Registry registry, Informers informers, Clock clock) {
    this.registry = registry;
    this.clock = clock;
    informers.listen(
        ResourceTypes.NAMESPACES,
        (before, after) -> {
          if (after != null && after.path("metadata").hasNonNull("deletionTimestamp")) {
            loop.enqueue(Key.of(after));
          }
        });
  }

  void start() {
    for (String name : EVERY_CLUSTER_HAS) {
      if (registry.find(ResourceTypes.NAMESPACES, "", name).isEmpty()) {
        ObjectNode namespace = JsonNodeFactory.instance.objectNode();
        namespace.putObject("metadata").put("name", name);
        registry.create(ResourceTypes.NAMESPACES, namespace);
      }
    }
    loop.start();
  }

  private Optional<Duration> reconcile(Key key) {
    Optional<ObjectNode> namespace = registry.find(ResourceTypes.NAMESPACES, "", key.name());
    if (namespace.isEmpty() || !namespace.get().path("metadata").hasNonNull("deletionTimestamp")) {
      return Optional.empty();
    }
    NamespaceRemains remains = deleteContent(key.name());
    if (!remains.isEmpty()) {
      tell(key, remains);
      return Optional.of(LOOK_AGAIN);
    }
    ObjectNode empty = namespace.get();
    empty.withObjectProperty("spec").putArray("finalizers");
    empty.withObjectProperty("metadata").remove("resourceVersion");
    registry.finalizeNamespace(empty);
    return Optional.empty();
  }

  private void tell(Key key, NamespaceRemains remains) {
    registry.editStatus(
        ResourceTypes.NAMESPACES,
        "",
        key.name(),
        namespace -> {
          remains.tell(namespace.withObjectProperty("status"), clock.instant());
          return namespace;
        });
  }

  /** Deletes what is there; answers what is still left. */
  private NamespaceRemains deleteContent(String namespace) {
    NamespaceRemains remains = new NamespaceRemains();
    for (ResourceType type : registry.types()) {
      if (!type.namespaced()) {
        continue;
      }
      for (ObjectNode object : registry.list(type, namespace).items()) {
        if (object.path("metadata").hasNonNull("deletionTimestamp")) {
          remains.add(type, object);
        } else {
          try {
            registry.delete(
                type,
                namespace,
                Key.of(object).name(),
                DeleteOptions.DEFAULT.withPropagation(DeleteOptions.Propagation.BACKGROUND));
            registry
                .find(type, namespace, Key.of(object).name())
                .ifPresent(left -> remains.add(type, left));
          } catch (ApiException e) {
            if (e.code() != 404) {
              throw e;
            }
          }
        }
      }
    }
    return remains;
  }

  @Override
  public void close() {
    loop.close();
  }
}
