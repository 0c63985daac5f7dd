package dev.bellows.embedded.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.ApiException;
import dev.bellows.embedded.apiserver.DeleteOptions;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceType;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.controller.Cache;
import dev.bellows.embedded.controller.ControllerLoop;
import dev.bellows.embedded.controller.Informers;
import dev.bellows.embedded.controller.JsonEquality;
import dev.bellows.embedded.controller.Key;
import dev.bellows.embedded.controller.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the Endpoints of every Service that selects pods, and the EndpointSlices of every Service:
 * made from its pods, or mirrored from Endpoints that somebody else writes (Kubernetes' endpoints,
 * endpointslice and endpointslicemirroring controllers in one, since all three say the same).
 */
public final class EndpointsController implements AutoCloseable {
  private static final int CONCURRENCY = 8;
  private static final String MANAGED_BY = "endpoints.kubernetes.io/managed-by";
  private static final String OURS = "endpoint-controller";
  private static final String SLICES_OF_PODS = "endpointslice-controller.k8s.io";
  private static final String SLICES_MIRRORED = "endpointslicemirroring-controller.k8s.io";
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final Registry registry;
  private final Cache services;
  private final Cache.Index servicesByLabel;
  private final Cache.Index podsByLabel;
  private final Cache endpoints;
  private final Cache slices;
  private final Cache.Index slicesByService;
  private final ControllerLoop<Key> loop =
      new ControllerLoop<>("endpoints", CONCURRENCY, this::reconcile);

  /** A controller that does nothing before {@link #start}; the informers are the caller's. */
  public EndpointsController(Registry registry, Informers informers) {
    this.registry = registry;
    services = informers.cache(ResourceTypes.SERVICES);
    servicesByLabel = services.indexBy(service -> firstOf(selector(service)).stream().toList());
    podsByLabel = informers.cache(ResourceTypes.PODS).indexBy(EndpointsController::labels);
    endpoints = informers.cache(ResourceTypes.ENDPOINTS);
    slices = informers.cache(ResourceTypes.ENDPOINT_SLICES);
    slicesByService =
        slices.indexBy(slice ->
            List.of(
                slice
                    .path("metadata")
                    .path("labels")
                    .path(EndpointSlices.SERVICE_NAME)
                    .asText("")));
    informers.listen(ResourceTypes.SERVICES, this::enqueueItself);
    informers.listen(ResourceTypes.ENDPOINTS, this::enqueueItself);
    informers.listen(ResourceTypes.PODS, this::enqueueServicesOf);
  }

  /** Begins to work. */
  public void start() {
    loop.start();
  }

  @Override
  public void close() {
    loop.close();
  }

  private void enqueueItself(@Nullable ObjectNode before, @Nullable ObjectNode after) {
    ObjectNode known = after == null ? before : after;
    if (known != null) {
      loop.enqueue(Key.of(known));
    }
  }

  private void enqueueServicesOf(@Nullable ObjectNode before, @Nullable ObjectNode after) {
    ObjectNode known = after == null ? before : after;
    if (known == null) {
      return;
    }
    if (after != null) {
      enqueueSelecting(after);
    }
    if (before != null && (after == null || !labels(before).equals(labels(after)))) {
      enqueueSelecting(before);
    }
  }

  private void enqueueSelecting(ObjectNode pod) {
    String namespace = Key.of(pod).namespace();
    for (String label : labels(pod)) {
      for (ObjectNode service : servicesByLabel.get(namespace, label)) {
        if (selects(service, pod)) {
          loop.enqueue(Key.of(service));
        }
      }
    }
  }

  /** A pod's labels, each as {@code key=value}. */
  private static List<String> labels(ObjectNode pod) {
    return written(pod.path("metadata").path("labels")).toList();
  }

  private static JsonNode selector(ObjectNode service) {
    return service.path("spec").path("selector");
  }

  /** One of the labels that a selector asks for, in the same form: who lacks it is not selected. */
  private static Optional<String> firstOf(JsonNode selector) {
    return written(selector).findFirst();
  }

  private static Stream<String> written(JsonNode labels) {
    return labels.properties().stream()
        .map(label -> label.getKey() + "=" + label.getValue().asText());
  }

  private static boolean selects(ObjectNode service, ObjectNode pod) {
    return Selector.matchesMap(selector(service), pod);
  }

  private Optional<Duration> reconcile(Key key) {
    Optional<ObjectNode> service = services.get(key);
    if (service.isEmpty()
        || service.get().path("spec").path("type").asText().equals("ExternalName")) {
      endpoints
          .get(key)
          .filter(
              found -> found.path("metadata").path("labels").path(MANAGED_BY).asText().equals(OURS))
          .ifPresent(found -> delete(ResourceTypes.ENDPOINTS, found));
      writeSlices(key, List.of(), SLICES_OF_PODS, JSON.objectNode());
      if (service.isEmpty()) {
        writeSlices(key, List.of(), SLICES_MIRRORED, JSON.objectNode());
      }
      return Optional.empty();
    }
    Optional<String> selected = firstOf(selector(service.get()));
    if (selected.isEmpty()) {
      Optional<ObjectNode> written = endpoints.get(key);
      writeSlices(
          key,
          written.map(found -> EndpointSlices.of(found.path("subsets"))).orElse(List.of()),
          SLICES_MIRRORED,
          written.orElse(service.get()));
      writeSlices(key, List.of(), SLICES_OF_PODS, service.get());
      return Optional.empty();
    }
    ArrayNode subsets =
        EndpointSubsets.of(
            service.get(),
            podsByLabel.get(key.namespace(), selected.get()).stream()
                .filter(pod -> selects(service.get(), pod))
                .toList());
    writeEndpoints(key, service.get(), subsets);
    writeSlices(key, EndpointSlices.of(subsets), SLICES_OF_PODS, service.get());
    writeSlices(key, List.of(), SLICES_MIRRORED, service.get());
    return Optional.empty();
  }

  private void writeEndpoints(Key key, ObjectNode service, ArrayNode subsets) {
    ObjectNode labels = labelsOf(service);
    labels.put(MANAGED_BY, OURS);
    if (service.path("spec").path("clusterIP").asText().equals("None")) {
      labels.put("service.kubernetes.io/headless", "");
    }
    Optional<ObjectNode> present = endpoints.get(key);
    if (present.isEmpty()) {
      ObjectNode wanted = JSON.objectNode();
      wanted
          .putObject("metadata")
          .put("name", key.name())
          .put("namespace", key.namespace())
          .set("labels", labels);
      wanted.set("subsets", subsets);
      endpoints.apply(registry.create(ResourceTypes.ENDPOINTS, wanted));
      return;
    }
    if (sameSubsets(present.get().path("subsets"), subsets)
        && JsonEquality.same(present.get().path("metadata").path("labels"), labels)) {
      return;
    }
    endpoints.apply(
        registry.edit(
            ResourceTypes.ENDPOINTS,
            key.namespace(),
            key.name(),
            found -> {
              found.withObjectProperty("metadata").set("labels", labels);
              found.set("subsets", subsets);
              return found;
            }));
  }

  // No subsets at all is stored as their absence by some writers and as [] by others.
  private static boolean sameSubsets(JsonNode present, ArrayNode wanted) {
    return (present.isEmpty() && wanted.isEmpty()) || JsonEquality.same(present, wanted);
  }

  private void writeSlices(Key key, List<ObjectNode> wanted, String managedBy, ObjectNode owner) {
    List<ObjectNode> present = new ArrayList<>();
    for (ObjectNode slice : slicesByService.get(key.namespace(), key.name())) {
      JsonNode labels = slice.path("metadata").path("labels");
      if (labels.path(EndpointSlices.MANAGED_BY).asText().equals(managedBy)) {
        present.add(slice);
      }
    }
    present.sort(Comparator.comparing(slice -> Key.of(slice).name()));
    for (int i = 0; i < wanted.size(); i++) {
      if (i < present.size()) {
        change(present.get(i), wanted.get(i));
      } else {
        create(key, wanted.get(i), managedBy, owner);
      }
    }
    for (int i = wanted.size(); i < present.size(); i++) {
      delete(ResourceTypes.ENDPOINT_SLICES, present.get(i));
    }
  }

  private void create(Key key, ObjectNode content, String managedBy, ObjectNode owner) {
    ObjectNode slice = content.deepCopy();
    ObjectNode metadata = slice.putObject("metadata");
    metadata.put("generateName", key.name() + "-").put("namespace", key.namespace());
    ObjectNode labels = labelsOf(owner);
    labels.remove(MANAGED_BY);
    labels.put(EndpointSlices.SERVICE_NAME, key.name());
    labels.put(EndpointSlices.MANAGED_BY, managedBy);
    metadata.set("labels", labels);
    metadata
        .putArray("ownerReferences")
        .addObject()
        .put("apiVersion", "v1")
        .put("kind", managedBy.equals(SLICES_MIRRORED) ? "Endpoints" : "Service")
        .put("name", key.name())
        .put("uid", owner.path("metadata").path("uid").asText())
        .put("controller", true)
        .put("blockOwnerDeletion", true);
    slices.apply(registry.create(ResourceTypes.ENDPOINT_SLICES, slice));
  }

  private void change(ObjectNode present, ObjectNode wanted) {
    if (JsonEquality.same(present.path("endpoints"), wanted.path("endpoints"))
        && JsonEquality.same(present.path("ports"), wanted.path("ports"))) {
      return;
    }
    Key key = Key.of(present);
    slices.apply(
        registry.edit(
            ResourceTypes.ENDPOINT_SLICES,
            key.namespace(),
            key.name(),
            found -> {
              found.set("endpoints", wanted.path("endpoints"));
              found.set("ports", wanted.path("ports"));
              return found;
            }));
  }

  private void delete(ResourceType type, ObjectNode object) {
    Key key = Key.of(object);
    try {
      // The watch takes it out of the cache.
      registry.delete(type, key.namespace(), key.name(), DeleteOptions.DEFAULT);
    } catch (ApiException e) {
      if (e.code() != 404) {
        throw e;
      }
    }
  }

  private static ObjectNode labelsOf(ObjectNode object) {
    return object.path("metadata").path("labels") instanceof ObjectNode labels
        ? labels.deepCopy()
        : JSON.objectNode();
  }
}
