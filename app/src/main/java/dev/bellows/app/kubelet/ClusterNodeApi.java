package dev.bellows.app.kubelet;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.controlplane.reconcile.EventRecorder;
import dev.bellows.controlplane.reconcile.Step;
import dev.bellows.embedded.kubelet.NodeApi;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.net.HttpURLConnection;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A cluster behind an API server. It asks for what a node's own account may do (Node authorizer,
 * admission plugin NodeRestriction) and nothing else.
 *
 * <p>Pods are followed by one watch, resumed for ever; a status is written onto the state that was
 * seen last, and onto the present one if that was too old.
 */
public final class ClusterNodeApi implements NodeApi {
  private static final Logger log = LoggerFactory.getLogger(ClusterNodeApi.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** How often a status may lose against other writers before the pod's worker waits. */
  private static final int WRITE_TRIES = 5;

  /** No periodic replay: a watch that broke lists again, and that tells every difference. */
  private static final long NO_RESYNC = 0;

  /** A kubelet's own {@code syncFrequency}. */
  private static final long LOOK_AGAIN_SECONDS = 60;

  private final KubernetesClient client;
  private final EventRecorder events;
  private final NodeHeartbeat heartbeat;
  private final Map<String, ObjectNode> present = new ConcurrentHashMap<>();

  /**
   * @param client stays the caller's, as do the others
   */
  public ClusterNodeApi(KubernetesClient client, EventRecorder events, NodeHeartbeat heartbeat) {
    this.client = client;
    this.events = events;
    this.heartbeat = heartbeat;
  }

  /** A pod of this node as it was seen last. */
  public Optional<ObjectNode> pod(String namespace, String name) {
    return Optional.ofNullable(present.get(namespace + "/" + name));
  }

  /** The same, if it is still that very pod. */
  public Optional<ObjectNode> presentState(ObjectNode pod) {
    return pod(text(pod, "namespace"), text(pod, "name")).filter(now -> sameUid(now, pod));
  }

  @Override
  public AutoCloseable followPods(
      String node, Consumer<ObjectNode> seen, Consumer<ObjectNode> gone) {
    SharedIndexInformer<Pod> informer =
        client
            .pods()
            .inAnyNamespace()
            .withField("spec.nodeName", node)
            .runnableInformer(NO_RESYNC)
            .addEventHandler(
                new ResourceEventHandler<Pod>() {
                  @Override
                  public void onAdd(Pod pod) {
                    ObjectNode state = tree(pod);
                    present.put(text(state, "namespace") + "/" + text(state, "name"), state);
                    seen.accept(state);
                  }

                  @Override
                  public void onUpdate(Pod before, Pod after) {
                    if (!before.getMetadata().getUid().equals(after.getMetadata().getUid())) {
                      onDelete(before, true);
                    }
                    onAdd(after);
                  }

                  @Override
                  public void onDelete(Pod pod, boolean finalStateUnknown) {
                    ObjectNode state = tree(pod);
                    present.remove(text(state, "namespace") + "/" + text(state, "name"));
                    gone.accept(state);
                  }
                });
    informer.exceptionHandler((started, failure) -> {
      log.warn("the watch of pods broke, resuming: {}", failure.toString());
      return true;
    });
    informer.start();
    return informer::stop;
  }

  private ObjectNode tree(Pod pod) {
    return client.getKubernetesSerialization().convertValue(pod, ObjectNode.class);
  }

  @Override
  public Optional<ObjectNode> writeStatus(ObjectNode pod, UnaryOperator<ObjectNode> change) {
    String path = path("pods", text(pod, "namespace"), text(pod, "name"));
    ObjectNode state = pod;
    for (int tried = 1; ; tried++) {
      ObjectNode wanted = change.apply(state.deepCopy());
      try {
        return Optional.of(parse(client.raw(path + "/status", "PUT", wanted)));
      } catch (KubernetesClientException e) {
        if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
          return Optional.empty();
        }
        if (e.getCode() != HttpURLConnection.HTTP_CONFLICT || tried == WRITE_TRIES) {
          throw e;
        }
      }
      Optional<ObjectNode> now = find(path).filter(found -> sameUid(found, pod));
      if (now.isEmpty()) {
        return Optional.empty();
      }
      state = now.get();
    }
  }

  @Override
  public void finishDeletion(ObjectNode pod) {
    ObjectNode options = JSON.createObjectNode();
    options.put("apiVersion", "v1").put("kind", "DeleteOptions").put("gracePeriodSeconds", 0);
    options.putObject("preconditions").put("uid", text(pod, "uid"));
    try {
      client.raw(path("pods", text(pod, "namespace"), text(pod, "name")), "DELETE", options);
    } catch (KubernetesClientException e) {
      // Gone, or another pod has its name: either way it is no more.
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND
          && e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
    }
  }

  @Override
  public Optional<ObjectNode> configMap(String namespace, String name) {
    return needed(path("configmaps", namespace, name));
  }

  @Override
  public Optional<ObjectNode> secret(String namespace, String name) {
    return needed(path("secrets", namespace, name));
  }

  private Optional<ObjectNode> needed(String path) {
    try {
      return find(path);
    } catch (KubernetesClientException e) {
      // Also 403: the authorizer may not know yet that this pod is ours.
      throw new Unavailable("cannot read " + path + ": " + e.getMessage(), e);
    }
  }

  private Optional<ObjectNode> find(String path) {
    try {
      return Optional.of(parse(client.raw(path, "GET", null)));
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * A node may read the ConfigMaps and Secrets of its pods, and cannot follow all of a kind; so
   * those that volumes are made of are looked at again from time to time, as kubelets do.
   */
  @Override
  public AutoCloseable followConfiguration(ConfigurationListener listener) {
    ScheduledExecutorService again =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("look-at-volumes").daemon().factory());
    Future<?> _ =
        again.scheduleWithFixedDelay(
            () -> present.values().forEach(pod -> tellOfVolumes(pod, listener)),
            LOOK_AGAIN_SECONDS,
            LOOK_AGAIN_SECONDS,
            TimeUnit.SECONDS);
    return again::shutdownNow;
  }

  private static void tellOfVolumes(ObjectNode pod, ConfigurationListener listener) {
    Set<String> names = new HashSet<>();
    for (JsonNode volume : pod.path("spec").path("volumes")) {
      volume.findValues("configMap").forEach(each -> names.add(each.path("name").asText()));
      volume
          .findValues("secret")
          .forEach(each -> names.add(each.path("secretName").asText(each.path("name").asText())));
    }
    names.forEach(name -> listener.onChange(text(pod, "namespace"), name));
  }

  @Override
  public ObjectNode token(String namespace, String account, ObjectNode request) {
    return parse(
        client.raw(path("serviceaccounts", namespace, account) + "/token", "POST", request));
  }

  @Override
  public void event(
      ObjectNode pod, String container, boolean warning, String reason, String message) {
    Pod about =
        new PodBuilder()
            .withNewMetadata()
            .withNamespace(text(pod, "namespace"))
            .withName(text(pod, "name"))
            .withUid(text(pod, "uid"))
            .withResourceVersion(text(pod, "resourceVersion"))
            .endMetadata()
            .build();
    events.record(
        new Step.Announce(
            about, warning ? Step.Severity.WARNING : Step.Severity.NORMAL, reason, message),
        container.isEmpty() ? "" : "spec.containers{" + container + "}");
  }

  @Override
  public void register(ObjectNode node) {
    heartbeat.begin(node);
  }

  private static String path(String plural, String namespace, String name) {
    return "/api/v1/namespaces/" + namespace + "/" + plural + "/" + name;
  }

  private static String text(ObjectNode object, String field) {
    return object.path("metadata").path(field).asText();
  }

  private static boolean sameUid(ObjectNode one, ObjectNode other) {
    return text(one, "uid").equals(text(other, "uid"));
  }

  private static ObjectNode parse(String json) {
    try {
      return JSON.readValue(json, ObjectNode.class);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an API server answers in JSON", e);
    }
  }
}
