package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.ApiException;
import dev.bellows.embedded.apiserver.DeleteOptions;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceType;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.controller.EventRecorder;
import dev.bellows.embedded.controller.Informers;
import dev.bellows.embedded.controller.Key;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** The cluster in our own process. */
public final class RegistryNodeApi implements NodeApi {
  private static final String COMPONENT = "kubelet";

  private final Registry registry;
  private final Informers informers;
  private final EventRecorder events;
  private final TokenIssuer tokens;

  /** Answers TokenRequests. */
  public interface TokenIssuer {
    /** The request for an account's token, with its status. */
    ObjectNode issue(String namespace, String account, ObjectNode request);
  }

  /**
   * A kubelet's view of the registry.
   *
   * @param informers shared with the controllers, started or not
   * @param tokens makes the tokens of pods' accounts
   */
  public RegistryNodeApi(
      Registry registry, Informers informers, EventRecorder events, TokenIssuer tokens) {
    this.registry = registry;
    this.informers = informers;
    this.events = events;
    this.tokens = tokens;
  }

  @Override
  public AutoCloseable followPods(
      String node, Consumer<ObjectNode> present, Consumer<ObjectNode> gone) {
    AtomicBoolean open = new AtomicBoolean(true);
    informers.listen(
        ResourceTypes.PODS,
        (before, after) -> {
          ObjectNode pod = after == null ? before : after;
          if (!open.get()
              || pod == null
              || !pod.path("spec").path("nodeName").asText().equals(node)) {
            return;
          }
          (after == null ? gone : present).accept(pod);
        });
    return () -> open.set(false);
  }

  @Override
  public Optional<ObjectNode> writeStatus(ObjectNode pod, UnaryOperator<ObjectNode> change) {
    Key key = Key.of(pod);
    try {
      return Optional.of(
          registry.editStatus(
              ResourceTypes.PODS,
              key.namespace(),
              key.name(),
              present -> {
                if (!uid(present).equals(uid(pod))) {
                  throw ApiException.notFound(ResourceTypes.PODS, key.name());
                }
                return change.apply(present);
              }));
    } catch (ApiException e) {
      if (e.code() == 404) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static String uid(ObjectNode pod) {
    return pod.path("metadata").path("uid").asText();
  }

  @Override
  public void finishDeletion(ObjectNode pod) {
    Key key = Key.of(pod);
    try {
      registry.delete(
          ResourceTypes.PODS,
          key.namespace(),
          key.name(),
          DeleteOptions.DEFAULT.withGrace(0).ifUid(uid(pod)));
    } catch (ApiException e) {
      if (e.code() != 404 && e.code() != 409) {
        throw e;
      }
    }
  }

  @Override
  public Optional<ObjectNode> configMap(String namespace, String name) {
    return registry.find(ResourceTypes.CONFIG_MAPS, namespace, name);
  }

  @Override
  public Optional<ObjectNode> secret(String namespace, String name) {
    return registry.find(ResourceTypes.SECRETS, namespace, name);
  }

  @Override
  public AutoCloseable followConfiguration(ConfigurationListener listener) {
    AtomicBoolean open = new AtomicBoolean(true);
    for (ResourceType type : List.of(ResourceTypes.CONFIG_MAPS, ResourceTypes.SECRETS)) {
      informers.listenToMetadata(
          type,
          (before, after) -> {
            ObjectNode changed = after == null ? before : after;
            if (open.get() && changed != null) {
              Key key = Key.of(changed);
              listener.onChange(key.namespace(), key.name());
            }
          });
    }
    return () -> open.set(false);
  }

  @Override
  public ObjectNode token(String namespace, String account, ObjectNode request) {
    return tokens.issue(namespace, account, request);
  }

  @Override
  public void event(
      ObjectNode pod, String container, boolean warning, String reason, String message) {
    events.record(
        pod,
        container.isEmpty() ? "" : "spec.containers{" + container + "}",
        warning ? EventRecorder.Type.WARNING : EventRecorder.Type.NORMAL,
        reason,
        message,
        COMPONENT);
  }

  @Override
  public void register(ObjectNode node) {
    String name = Key.of(node).name();
    if (registry.find(ResourceTypes.NODES, "", name).isEmpty()) {
      registry.create(ResourceTypes.NODES, node);
    }
    registry.editStatus(
        ResourceTypes.NODES,
        "",
        name,
        present -> {
          present.set("status", node.path("status").deepCopy());
          return present;
        });
  }
}
