package dev.bellows.embedded.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.ApiException;
import dev.bellows.embedded.apiserver.DeleteOptions;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.controller.Cache;
import dev.bellows.embedded.controller.ControllerLoop;
import dev.bellows.embedded.controller.EventRecorder;
import dev.bellows.embedded.controller.Informers;
import dev.bellows.embedded.controller.JsonEquality;
import dev.bellows.embedded.controller.Key;
import dev.bellows.embedded.controller.Owners;
import dev.bellows.embedded.controller.Selector;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Keeps as many pods of a ReplicaSet as it asks for. */
final class ReplicaSetController implements AutoCloseable {
  private static final String COMPONENT = "replicaset-controller";

  /** Pods created or deleted in one pass; upstream's burst. */
  private static final int BURST = 500;

  private static final int CONCURRENCY = 16;

  private final Registry registry;
  private final Cache replicaSets;
  private final Cache pods;
  private final EventRecorder events;
  private final Clock clock;
  private final StatusDelay delay;
  private final ControllerLoop<Key> loop =
      new ControllerLoop<>("replicasets", CONCURRENCY, this::reconcile);

  ReplicaSetController(Registry registry, Informers informers, EventRecorder events, Clock clock) {
    this.registry = registry;
    this.events = events;
    this.clock = clock;
    this.delay = new StatusDelay(clock);
    replicaSets = informers.cache(ResourceTypes.REPLICA_SETS);
    pods = informers.cache(ResourceTypes.PODS);
    informers.listen(
        ResourceTypes.REPLICA_SETS,
        (before, after) -> {
          if (after != null) {
            loop.enqueue(Key.of(after));
          }
        });
    informers.listen(
        ResourceTypes.PODS,
        (before, after) -> {
          wake(before);
          wake(after);
        });
  }

  private void wake(@Nullable ObjectNode pod) {
    if (pod == null) {
      return;
    }
    Optional<JsonNode> owner = Owners.controller(pod);
    if (owner.isPresent()) {
      if (owner.get().path("kind").asText().equals("ReplicaSet")) {
        loop.enqueue(new Key(Key.of(pod).namespace(), owner.get().path("name").asText()));
      }
    } else {
      // A pod that nobody manages: whoever selects it may take it.
      for (ObjectNode replicaSet : replicaSets.inNamespace(Key.of(pod).namespace())) {
        if (Selector.matches(replicaSet.path("spec").path("selector"), pod)) {
          loop.enqueue(Key.of(replicaSet));
        }
      }
    }
  }

  void start() {
    loop.start();
  }

  private Optional<Duration> reconcile(Key key) throws InterruptedException {
    ObjectNode replicaSet = replicaSets.get(key).orElse(null);
    if (replicaSet == null || replicaSet.path("metadata").hasNonNull("deletionTimestamp")) {
      delay.over(key);
      return Optional.empty();
    }
    List<ObjectNode> active = new ArrayList<>();
    for (ObjectNode pod : mine(replicaSet)) {
      if (Pods.isActive(pod)) {
        active.add(pod);
      }
    }
    int wanted = replicaSet.path("spec").path("replicas").asInt(1);
    Optional<ApiException> failure = Optional.empty();
    if (active.size() < wanted) {
      failure = create(replicaSet, Math.min(wanted - active.size(), BURST));
    } else if (active.size() > wanted) {
      active.sort(Pods.deletionOrder());
      delete(replicaSet, active.subList(0, Math.min(active.size() - wanted, BURST)));
    }
    Optional<Duration> again = writeStatus(replicaSet, failure);
    if (failure.isPresent()) {
      throw failure.get();
    }
    return again;
  }

  private List<ObjectNode> mine(ObjectNode replicaSet) {
    String uid = replicaSet.path("metadata").path("uid").asText();
    List<ObjectNode> mine = new ArrayList<>(pods.ownedBy(uid));
    JsonNode selector = replicaSet.path("spec").path("selector");
    for (ObjectNode pod : pods.orphansIn(Key.of(replicaSet).namespace())) {
      if (Pods.isActive(pod) && Selector.matches(selector, pod)) {
        mine.add(adopt(replicaSet, pod));
      }
    }
    return mine;
  }

  private ObjectNode adopt(ObjectNode replicaSet, ObjectNode pod) {
    ObjectNode owned = pod.deepCopy();
    Owners.setController(owned, replicaSet);
    ObjectNode stored = registry.update(ResourceTypes.PODS, owned);
    pods.apply(stored);
    return stored;
  }

  /** Creates pods in doubling batches, so that a template that is refused is refused once. */
  private Optional<ApiException> create(ObjectNode replicaSet, int count)
      throws InterruptedException {
    ObjectNode pod = PodTemplate.pod(replicaSet);
    int left = count;
    for (int batch = 1; left > 0; batch = Math.min(2 * batch, left)) {
      Optional<ApiException> failure = createAtOnce(replicaSet, pod, Math.min(batch, left));
      if (failure.isPresent()) {
        events.record(
            replicaSet,
            EventRecorder.Type.WARNING,
            "FailedCreate",
            "Error creating: " + failure.get().getMessage(),
            COMPONENT);
        return failure;
      }
      left -= batch;
    }
    return Optional.empty();
  }

  private Optional<ApiException> createAtOnce(ObjectNode replicaSet, ObjectNode pod, int count)
      throws InterruptedException {
    if (count == 1) {
      return createOne(replicaSet, pod);
    }
    // Together, so that they share the store's fsync.
    try (ExecutorService together = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Optional<ApiException>>> results = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        results.add(together.submit(() -> createOne(replicaSet, pod)));
      }
      Optional<ApiException> first = Optional.empty();
      for (Future<Optional<ApiException>> result : results) {
        Optional<ApiException> failure = result.get();
        first = first.or(() -> failure);
      }
      return first;
    } catch (ExecutionException e) {
      throw new IllegalStateException("creating pods of " + Key.of(replicaSet), e.getCause());
    }
  }

  private Optional<ApiException> createOne(ObjectNode replicaSet, ObjectNode pod) {
    try {
      ObjectNode created = registry.create(ResourceTypes.PODS, pod);
      pods.apply(created);
      events.record(
          replicaSet,
          EventRecorder.Type.NORMAL,
          "SuccessfulCreate",
          "Created pod: " + Key.of(created).name(),
          COMPONENT);
      return Optional.empty();
    } catch (ApiException e) {
      return Optional.of(e);
    }
  }

  private void delete(ObjectNode replicaSet, List<ObjectNode> surplus) throws InterruptedException {
    try (ExecutorService together = Executors.newVirtualThreadPerTaskExecutor()) {
      for (ObjectNode pod : surplus) {
        together.execute(() -> deleteOne(replicaSet, pod));
      }
    }
  }

  private void deleteOne(ObjectNode replicaSet, ObjectNode pod) {
    Key key = Key.of(pod);
    try {
      ObjectNode deleted =
          registry.delete(
              ResourceTypes.PODS,
              key.namespace(),
              key.name(),
              DeleteOptions.DEFAULT.ifUid(pod.path("metadata").path("uid").asText()));
      ObjectNode leaving = deleted.deepCopy();
      ObjectNode meta = leaving.withObjectProperty("metadata");
      if (!meta.hasNonNull("deletionTimestamp")) {
        // It is gone already. Until the watch says so, count it as leaving.
        meta.put("deletionTimestamp", clock.instant().truncatedTo(ChronoUnit.SECONDS).toString());
      }
      pods.apply(leaving);
      events.record(
          replicaSet,
          EventRecorder.Type.NORMAL,
          "SuccessfulDelete",
          "Deleted pod: " + key.name(),
          COMPONENT);
    } catch (ApiException e) {
      if (e.code() != 404 && e.code() != 409) {
        throw e;
      }
      // Gone, or another pod of that name: the watch will tell.
    }
  }

  private Optional<Duration> writeStatus(ObjectNode replicaSet, Optional<ApiException> failure) {
    Instant now = clock.instant();
    JsonNode spec = replicaSet.path("spec");
    Duration minReady = Duration.ofSeconds(spec.path("minReadySeconds").asLong(0));
    int replicas = 0;
    int labelled = 0;
    int ready = 0;
    int available = 0;
    Optional<Instant> next = Optional.empty();
    String uid = replicaSet.path("metadata").path("uid").asText();
    JsonNode labels = spec.path("template").path("metadata").path("labels");
    for (ObjectNode pod : pods.ownedBy(uid)) {
      if (!Pods.isActive(pod)) {
        continue;
      }
      replicas++;
      labelled += Selector.matchesMap(labels, pod) ? 1 : 0;
      ready += Pods.isReady(pod) ? 1 : 0;
      if (Pods.isAvailable(pod, minReady, now)) {
        available++;
      } else {
        Optional<Instant> at = Pods.availableAt(pod, minReady);
        next = next.isEmpty() || (at.isPresent() && at.get().isBefore(next.get())) ? at : next;
      }
    }
    ObjectNode status = JsonNodeFactory.instance.objectNode();
    status.put("replicas", replicas);
    putUnlessZero(status, "fullyLabeledReplicas", labelled);
    putUnlessZero(status, "readyReplicas", ready);
    putUnlessZero(status, "availableReplicas", available);
    status.put("observedGeneration", replicaSet.path("metadata").path("generation").asLong(0));
    failure.ifPresent(why -> status.set("conditions", failed(replicaSet, why, now)));
    Key key = Key.of(replicaSet);
    if (JsonEquality.same(status, replicaSet.path("status"))) {
      delay.over(key);
    } else {
      JsonNode stored = replicaSet.path("status");
      boolean onTheWay =
          replicas > stored.path("replicas").asInt()
              && status.path("conditions").equals(stored.path("conditions"));
      Optional<Duration> wait = delay.before(key, stored, status, onTheWay);
      if (wait.isPresent()) {
        return wait;
      }
      try {
        replicaSets.apply(
            registry.editStatus(
                ResourceTypes.REPLICA_SETS,
                key.namespace(),
                key.name(),
                present -> {
                  present.set("status", status);
                  return present;
                }));
      } catch (ApiException e) {
        if (e.code() != 404) {
          throw e;
        }
      }
    }
    return next.map(at -> Duration.between(now, at).plusMillis(1));
  }

  private static ArrayNode failed(ObjectNode replicaSet, ApiException why, Instant now) {
    for (JsonNode condition : replicaSet.path("status").path("conditions")) {
      if (condition.path("message").asText().equals(why.getMessage())) {
        return (ArrayNode) replicaSet.path("status").path("conditions").deepCopy();
      }
    }
    ArrayNode conditions = JsonNodeFactory.instance.arrayNode();
    conditions
        .addObject()
        .put("type", "ReplicaFailure")
        .put("status", "True")
        .put("lastTransitionTime", now.truncatedTo(ChronoUnit.SECONDS).toString())
        .put("reason", "FailedCreate")
        .put("message", why.getMessage());
    return conditions;
  }

  private static void putUnlessZero(ObjectNode status, String field, int count) {
    if (count != 0) {
      status.put(field, count);
    }
  }

  @Override
  public void close() {
    loop.close();
  }
}
