package dev.bellows.embedded.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.ApiException;
import dev.bellows.embedded.apiserver.DeleteOptions;
import dev.bellows.embedded.apiserver.Patch;
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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Makes a ReplicaSet of each template of a Deployment and moves the pods from one to the next. */
final class DeploymentController implements AutoCloseable {
  private static final String COMPONENT = "deployment-controller";
  private static final int CONCURRENCY = 8;

  private final Registry registry;
  private final Cache deployments;
  private final Cache replicaSets;
  private final EventRecorder events;
  private final Clock clock;
  private final StatusDelay delay;

  /** Whose ReplicaSet was created, which has to be told, or nobody ever hears of it. */
  private final Set<Key> untold = ConcurrentHashMap.newKeySet();

  private final ControllerLoop<Key> loop =
      new ControllerLoop<>("deployments", CONCURRENCY, this::reconcile);

  private record Current(ReplicaSet replicaSet, boolean created) {}

  DeploymentController(Registry registry, Informers informers, EventRecorder events, Clock clock) {
    this.registry = registry;
    this.events = events;
    this.clock = clock;
    this.delay = new StatusDelay(clock);
    deployments = informers.cache(ResourceTypes.DEPLOYMENTS);
    replicaSets = informers.cache(ResourceTypes.REPLICA_SETS);
    informers.listen(
        ResourceTypes.DEPLOYMENTS,
        (before, after) -> {
          if (after != null) {
            loop.enqueue(Key.of(after));
          }
        });
    informers.listen(
        ResourceTypes.REPLICA_SETS,
        (before, after) -> {
          ObjectNode replicaSet = after == null ? before : after;
          if (replicaSet != null) {
            wake(replicaSet);
          }
        });
  }

  private void wake(ObjectNode replicaSet) {
    Optional<JsonNode> owner = Owners.controller(replicaSet);
    if (owner.isPresent()) {
      if (owner.get().path("kind").asText().equals("Deployment")) {
        loop.enqueue(new Key(Key.of(replicaSet).namespace(), owner.get().path("name").asText()));
      }
    } else {
      for (ObjectNode deployment : deployments.inNamespace(Key.of(replicaSet).namespace())) {
        if (Selector.matches(deployment.path("spec").path("selector"), replicaSet)) {
          loop.enqueue(Key.of(deployment));
        }
      }
    }
  }

  void start() {
    loop.start();
  }

  private Optional<Duration> reconcile(Key key) {
    ObjectNode found = deployments.get(key).orElse(null);
    if (found == null || found.path("metadata").hasNonNull("deletionTimestamp")) {
      over(key);
      return Optional.empty();
    }
    Deployment deployment = new Deployment(found);
    List<ReplicaSet> owned = owned(deployment);
    if (deployment.paused() && owned.stream().noneMatch(each -> isCurrent(deployment, each))) {
      return Optional.empty(); // a new template waits until the Deployment is resumed
    }
    Current current = current(deployment, owned);
    List<ReplicaSet> old = owned.stream().filter(each -> !isCurrent(deployment, each)).toList();
    resize(deployment, current.replicaSet(), old);

    List<ReplicaSet> now = owned(deployment);
    ReplicaSet currentNow =
        now.stream()
            .filter(each -> isCurrent(deployment, each))
            .findFirst()
            .orElse(current.replicaSet());
    if (current.created()) {
      untold.add(key);
    }
    boolean created = untold.contains(key);
    DeploymentStatus status =
        new DeploymentStatus(deployment, currentNow, now, created, clock.instant());
    ObjectNode rendered = status.render();
    boolean first = !found.path("status").has("observedGeneration");
    if (!JsonEquality.same(rendered, found.path("status")) && (first || !created)) {
      boolean onTheWay = first && status.isOnTheWay();
      Optional<Duration> wait = delay.before(key, found.path("status"), rendered, onTheWay);
      if (wait.isPresent()) {
        return wait;
      }
    }
    write(deployment, currentNow, rendered);
    over(key);
    forgetHistory(deployment, now);
    return status.lookAgain();
  }

  private void over(Key key) {
    delay.over(key);
    untold.remove(key);
  }

  private static boolean isCurrent(Deployment deployment, ReplicaSet replicaSet) {
    return replicaSet.hash().equals(deployment.hash());
  }

  private List<ReplicaSet> owned(Deployment deployment) {
    List<ReplicaSet> owned = new ArrayList<>();
    replicaSets.ownedBy(deployment.uid()).forEach(each -> owned.add(new ReplicaSet(each)));
    JsonNode selector = deployment.spec().path("selector");
    for (ObjectNode each : replicaSets.orphansIn(Key.of(deployment.node()).namespace())) {
      if (Selector.matches(selector, each)) {
        ObjectNode adopted = each.deepCopy();
        Owners.setController(adopted, deployment.node());
        owned.add(new ReplicaSet(store(registry.update(ResourceTypes.REPLICA_SETS, adopted))));
      }
    }
    owned.removeIf(ReplicaSet::isDeleting);
    owned.sort(ReplicaSet.BY_AGE);
    return owned;
  }

  private ObjectNode store(ObjectNode replicaSet) {
    replicaSets.apply(replicaSet);
    return replicaSet;
  }

  private Current current(Deployment deployment, List<ReplicaSet> owned) {
    long newest = owned.stream().mapToLong(ReplicaSet::revision).max().orElse(0);
    for (ReplicaSet each : owned) {
      if (isCurrent(deployment, each)) {
        // An old template that came back (rollout undo) counts as the newest revision.
        return new Current(
            each.revision() < newest ? annotate(deployment, each, newest + 1) : each, false);
      }
    }
    int others = owned.stream().mapToInt(ReplicaSet::replicas).sum();
    int room =
        deployment.recreates()
            ? (others == 0 ? deployment.replicas() : 0)
            : deployment.replicas() + deployment.maxSurge() - others;
    int size = Math.clamp((long) room, 0, deployment.replicas());
    ReplicaSet created =
        new ReplicaSet(
            store(
                registry.create(
                    ResourceTypes.REPLICA_SETS, newReplicaSet(deployment, size, newest + 1))));
    if (size > 0) {
      tellSize(deployment, created.name(), 0, size);
    }
    return new Current(created, true);
  }

  private static ObjectNode newReplicaSet(Deployment deployment, int size, long revision) {
    String hash = deployment.hash();
    Key key = Key.of(deployment.node());
    JsonNode template = deployment.spec().path("template");
    ObjectNode replicaSet = JsonNodeFactory.instance.objectNode();
    replicaSet.put("apiVersion", "apps/v1").put("kind", "ReplicaSet");
    ObjectNode meta = replicaSet.putObject("metadata");
    meta.put("name", key.name() + "-" + hash).put("namespace", key.namespace());
    ObjectNode labels = meta.putObject("labels");
    labels.setAll(labels(template));
    labels.put(PodTemplate.HASH_LABEL, hash);
    ObjectNode annotations = meta.putObject("annotations");
    copyAnnotations(deployment, annotations);
    annotations
        .put(ReplicaSet.REVISION, Long.toString(revision))
        .put(ReplicaSet.DESIRED_REPLICAS, Integer.toString(deployment.replicas()))
        .put(
            ReplicaSet.MAX_REPLICAS,
            Integer.toString(deployment.replicas() + deployment.maxSurge()));
    Owners.setController(replicaSet, deployment.node());
    ObjectNode spec = replicaSet.putObject("spec");
    spec.put("replicas", size);
    JsonNode minReady = deployment.spec().path("minReadySeconds");
    if (!minReady.isMissingNode()) {
      spec.set("minReadySeconds", minReady);
    }
    ObjectNode selector = deployment.spec().path("selector").deepCopy();
    selector.withObjectProperty("matchLabels").put(PodTemplate.HASH_LABEL, hash);
    spec.set("selector", selector);
    ObjectNode hashed = template.deepCopy();
    hashed
        .withObjectProperty("metadata")
        .withObjectProperty("labels")
        .put(PodTemplate.HASH_LABEL, hash);
    spec.set("template", hashed);
    return replicaSet;
  }

  private static ObjectNode labels(JsonNode template) {
    return template.path("metadata").path("labels") instanceof ObjectNode labels
        ? labels.deepCopy()
        : JsonNodeFactory.instance.objectNode();
  }

  private static void copyAnnotations(Deployment deployment, ObjectNode to) {
    for (Map.Entry<String, JsonNode> each :
        deployment.node().path("metadata").path("annotations").properties()) {
      if (!each.getKey().equals("kubectl.kubernetes.io/last-applied-configuration")
          && !each.getKey().startsWith("deployment.kubernetes.io/")) {
        to.set(each.getKey(), each.getValue());
      }
    }
  }

  private ReplicaSet annotate(Deployment deployment, ReplicaSet replicaSet, long revision) {
    ObjectNode patch = JsonNodeFactory.instance.objectNode();
    ObjectNode annotations = patch.putObject("metadata").putObject("annotations");
    copyAnnotations(deployment, annotations);
    annotations.put(ReplicaSet.REVISION, Long.toString(revision));
    return patch(deployment, replicaSet, patch);
  }

  private ReplicaSet patch(Deployment deployment, ReplicaSet replicaSet, ObjectNode patch) {
    return new ReplicaSet(
        store(
            registry.patch(
                ResourceTypes.REPLICA_SETS,
                Key.of(deployment.node()).namespace(),
                replicaSet.name(),
                new Patch.Merge(patch))));
  }

  private void resize(Deployment deployment, ReplicaSet current, List<ReplicaSet> old) {
    List<ReplicaSet> all = new ArrayList<>(old);
    all.add(current);
    Map<String, Integer> sizes = Rollout.plan(deployment, current, old);
    String desired = Integer.toString(deployment.replicas());
    String most = Integer.toString(deployment.replicas() + deployment.maxSurge());
    for (ReplicaSet each : all) {
      int size = sizes.getOrDefault(each.name(), each.replicas());
      boolean sized = size != each.replicas();
      boolean stale =
          each.replicas() > 0
              && !(each.annotation(ReplicaSet.DESIRED_REPLICAS).equals(desired)
                  && each.annotation(ReplicaSet.MAX_REPLICAS).equals(most));
      if (!sized && !stale) {
        continue;
      }
      ObjectNode patch = JsonNodeFactory.instance.objectNode();
      patch
          .putObject("metadata")
          .putObject("annotations")
          .put(ReplicaSet.DESIRED_REPLICAS, desired)
          .put(ReplicaSet.MAX_REPLICAS, most);
      patch.putObject("spec").put("replicas", size);
      patch(deployment, each, patch);
      if (sized) {
        tellSize(deployment, each.name(), each.replicas(), size);
      }
    }
  }

  private void tellSize(Deployment deployment, String replicaSet, int before, int after) {
    events.record(
        deployment.node(),
        EventRecorder.Type.NORMAL,
        "ScalingReplicaSet",
        "Scaled %s replica set %s from %d to %d"
            .formatted(after > before ? "up" : "down", replicaSet, before, after),
        COMPONENT);
  }

  private void write(Deployment deployment, ReplicaSet current, ObjectNode status) {
    Key key = Key.of(deployment.node());
    try {
      String revision = Long.toString(current.revision());
      JsonNode annotations = deployment.node().path("metadata").path("annotations");
      if (!JsonEquality.same(status, deployment.status())
          || !annotations.path(ReplicaSet.REVISION).asText().equals(revision)) {
        // By the status, so that the annotation does not count as a wish of the user's.
        deployments.apply(
            registry.editStatus(
                ResourceTypes.DEPLOYMENTS,
                key.namespace(),
                key.name(),
                present -> {
                  present.set("status", status);
                  present
                      .withObjectProperty("metadata")
                      .withObjectProperty("annotations")
                      .put(ReplicaSet.REVISION, revision);
                  return present;
                }));
      }
    } catch (ApiException e) {
      if (e.code() != 404) {
        throw e;
      }
    }
  }

  /** Deletes the oldest empty ReplicaSets beyond the limit, once the rollout is through. */
  private void forgetHistory(Deployment deployment, List<ReplicaSet> all) {
    List<ReplicaSet> empty =
        all.stream()
            .filter(each -> !isCurrent(deployment, each))
            .filter(each -> each.replicas() == 0 && each.present() == 0)
            .sorted(Comparator.comparingLong(ReplicaSet::revision))
            .toList();
    int surplus = empty.size() - deployment.historyLimit();
    for (ReplicaSet each : empty.subList(0, Math.max(0, surplus))) {
      try {
        registry.delete(
            ResourceTypes.REPLICA_SETS,
            Key.of(deployment.node()).namespace(),
            each.name(),
            DeleteOptions.DEFAULT);
      } catch (ApiException e) {
        if (e.code() != 404) {
          throw e;
        }
      }
    }
  }

  @Override
  public void close() {
    loop.close();
  }
}
