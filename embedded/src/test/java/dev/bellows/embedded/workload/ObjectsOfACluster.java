package dev.bellows.embedded.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.bellows.embedded.apiserver.AdmissionStep;
import dev.bellows.embedded.apiserver.ApiException;
import dev.bellows.embedded.apiserver.DeleteOptions;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceType;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.controller.EventRecorder;
import dev.bellows.embedded.controller.Informers;
import dev.bellows.embedded.controller.Key;
import dev.bellows.embedded.kubelet.RegistryNodeApi;
import dev.bellows.embedded.store.DataDirectory;
import dev.bellows.embedded.store.ObjectStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;

/** A registry with the workload controllers, and what a test says to it. */
public final class ObjectsOfACluster implements AutoCloseable {
  private static final YAMLMapper YAML = new YAMLMapper();

  /** Tokens that say whose they are, and are good for nothing. */
  public static final RegistryNodeApi.TokenIssuer TOKENS =
      (namespace, account, request) -> {
        request.putObject("status").put("token", "token of " + namespace + "/" + account);
        return request;
      };

  private final DataDirectory directory;
  private final ObjectStore store;
  public final Registry registry;
  public final Informers informers;
  public final EventRecorder events;
  private final WorkloadControllers controllers;

  public ObjectsOfACluster(Path home, Clock clock, AdmissionStep... steps) {
    directory = DataDirectory.claim(home);
    store = ObjectStore.open(directory);
    registry = Registry.open(store, clock, List.of(steps));
    informers = new Informers(registry);
    events = new EventRecorder(registry, clock);
    controllers = new WorkloadControllers(registry, informers, events, clock, "a certificate");
  }

  public ObjectsOfACluster start() {
    informers.start();
    controllers.start();
    return this;
  }

  public static ObjectNode yaml(String text) {
    try {
      return (ObjectNode) YAML.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public ObjectNode create(ResourceType type, String text) {
    return registry.create(type, yaml(text));
  }

  public List<ObjectNode> list(ResourceType type) {
    return registry.list(type, "default").items();
  }

  public List<ObjectNode> pods() {
    return list(ResourceTypes.PODS);
  }

  public ObjectNode get(ResourceType type, String name) {
    return registry.get(type, "default", name);
  }

  /** What a kubelet would say of a pod that runs well. */
  public void markReady(ObjectNode pod, String ip, Instant since) {
    registry.editStatus(
        ResourceTypes.PODS,
        "default",
        Key.of(pod).name(),
        present -> {
          ObjectNode status = present.withObjectProperty("status");
          status.put("phase", "Running").put("podIP", ip);
          status.putArray("podIPs").addObject().put("ip", ip);
          status
              .putArray("conditions")
              .addObject()
              .put("type", "Ready")
              .put("status", "True")
              .put("lastTransitionTime", since.toString());
          return present;
        });
  }

  /** What a kubelet does with pods whose deletion was asked for. */
  public void finishDeletions() {
    for (ObjectNode pod : pods()) {
      if (Pods.isDeleting(pod)) {
        try {
          registry.delete(
              ResourceTypes.PODS,
              "default",
              Key.of(pod).name(),
              DeleteOptions.DEFAULT.withGrace(0));
        } catch (ApiException e) {
          if (e.code() != 404) {
            throw e;
          }
        }
      }
    }
  }

  /** The condition of a type, as {@code Status Reason}; empty if there is none. */
  public static String condition(ObjectNode object, String type) {
    for (JsonNode condition : object.path("status").path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition.path("status").asText() + " " + condition.path("reason").asText();
      }
    }
    return "";
  }

  @Override
  public void close() {
    controllers.close();
    events.close();
    informers.close();
    store.close();
    directory.close();
  }
}
