package dev.bellows.embedded.workload;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.ApiException;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceType;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.controller.ControllerLoop;
import dev.bellows.embedded.controller.Informers;
import dev.bellows.embedded.controller.Key;
import java.time.Duration;
import java.util.Optional;

/**
 * Keeps in every namespace what pods rely on: the ServiceAccount {@code default}, and the ConfigMap
 * {@code kube-root-ca.crt} with the certificate that the API is trusted by.
 */
final class NamespaceContents implements AutoCloseable {
  private static final String ACCOUNT = "default";
  private static final String AUTHORITY = "kube-root-ca.crt";

  private final Registry registry;
  private final String authorityPem;
  private final ControllerLoop<Key> loop =
      new ControllerLoop<>("namespace-contents", 2, this::reconcile);

  NamespaceContents(Registry registry, Informers informers, String authorityPem) {
    this.registry = registry;
    this.authorityPem = authorityPem;
    informers.listen(
        ResourceTypes.NAMESPACES,
        (before, after) -> {
          if (before == null && after != null) {
            loop.enqueue(Key.of(after));
          }
        });
    comesBack(informers, ResourceTypes.SERVICE_ACCOUNTS, ACCOUNT);
    comesBack(informers, ResourceTypes.CONFIG_MAPS, AUTHORITY);
  }

  private void comesBack(Informers informers, ResourceType type, String name) {
    informers.listenToMetadata(
        type,
        (before, after) -> {
          if (after == null && before != null && Key.of(before).name().equals(name)) {
            loop.enqueue(new Key("", Key.of(before).namespace()));
          }
        });
  }

  /** Fills the namespaces that are there before it returns, so that pods can be made in them. */
  void start() {
    for (ObjectNode namespace : registry.list(ResourceTypes.NAMESPACES, null).items()) {
      fill(Key.of(namespace));
    }
    loop.start();
  }

  private Optional<Duration> reconcile(Key namespace) {
    fill(namespace);
    return Optional.empty();
  }

  private void fill(Key namespace) {
    Optional<ObjectNode> found = registry.find(ResourceTypes.NAMESPACES, "", namespace.name());
    if (found.isEmpty() || found.get().path("metadata").hasNonNull("deletionTimestamp")) {
      return;
    }
    make(ResourceTypes.SERVICE_ACCOUNTS, object(namespace, ACCOUNT));
    ObjectNode authority = object(namespace, AUTHORITY);
    authority.putObject("data").put("ca.crt", authorityPem);
    Optional<ObjectNode> present =
        registry.find(ResourceTypes.CONFIG_MAPS, namespace.name(), AUTHORITY);
    if (present.isEmpty()) {
      make(ResourceTypes.CONFIG_MAPS, authority);
    } else if (!present.get().path("data").equals(authority.path("data"))) {
      // A data directory whose certificates have been made anew.
      registry.edit(
          ResourceTypes.CONFIG_MAPS,
          namespace.name(),
          AUTHORITY,
          old -> old.set("data", authority.path("data")));
    }
  }

  private static ObjectNode object(Key namespace, String name) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    object.putObject("metadata").put("name", name).put("namespace", namespace.name());
    return object;
  }

  private void make(ResourceType type, ObjectNode object) {
    Key key = Key.of(object);
    if (registry.find(type, key.namespace(), key.name()).isPresent()) {
      return;
    }
    try {
      registry.create(type, object);
    } catch (ApiException e) {
      // Someone else made it, or the namespace is going by now.
      if (!e.reason().equals("AlreadyExists") && e.code() != 403 && e.code() != 404) {
        throw e;
      }
    }
  }

  @Override
  public void close() {
    loop.close();
  }
}
