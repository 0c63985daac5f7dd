package dev.bellows.controlplane;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.controlplane.feed.IngressFeed;
import dev.bellows.controlplane.reconcile.Step;
import dev.bellows.controlplane.reconcile.StepFailed;
import dev.bellows.controlplane.reconcile.StepFailed.Why;
import dev.bellows.controlplane.reconcile.Writer;
import dev.bellows.controlplane.watch.Cluster;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Watched;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * A model of a Kubernetes API in memory: steps are applied to it as the API server would, and what
 * it holds is seen at once. It counts writes; no client and no server take part.
 */
public final class World implements Writer {
  private static final KubernetesSerialization JSON = new KubernetesSerialization();

  public final Cluster cluster = Cluster.empty();

  /** All Secrets in one view, whoever looks for which. */
  public final Watched<Secret> tlsSecrets = cluster.podCertificates();

  public final List<String> written = new ArrayList<>();
  public final List<Step.Announce> announced = new ArrayList<>();
  private final Map<Class<?>, Watched<?>> views = new java.util.LinkedHashMap<>();

  /** Stamps what is created. */
  public Instant now = Instant.parse("2026-03-01T10:00:00Z");

  /** How many more writes are let through before {@link Killed}. */
  public int writesUntilKilled = Integer.MAX_VALUE;

  private long version;
  private long uids;

  /** An empty world. */
  public World() {
    for (Watched<?> view :
        List.of(
            cluster.knativeServices(),
            cluster.configurations(),
            cluster.revisions(),
            cluster.routes(),
            cluster.podAutoscalers(),
            cluster.serverlessServices(),
            cluster.ingresses(),
            cluster.certificates(),
            cluster.domainMappings(),
            cluster.domainClaims(),
            cluster.images(),
            cluster.deployments(),
            cluster.pods(),
            cluster.services(),
            cluster.endpoints(),
            cluster.configMaps(),
            tlsSecrets)) {
      views.put(view.type(), view);
    }
  }

  /** The process ends here, before a write. */
  public static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Is told of everything that another has, as lists tell a process that has just started. */
  public void continues(World other) {
    other.views.values().forEach(view -> view.all().forEach(this::stored));
    now = other.now;
    version = other.version;
    uids = other.uids;
    written.addAll(other.written);
  }

  /** A view of a kind that the cluster's usual ones leave out. */
  public <T extends HasMetadata> Watched<T> watch(Class<T> type) {
    Watched<T> view = new Watched<>(type);
    views.put(type, view);
    return view;
  }

  /** What the feed of a gateway reads. */
  public IngressFeed.Views ingressViews() {
    return new IngressFeed.Views(
        cluster.ingresses(),
        cluster.services(),
        cluster.endpoints(),
        tlsSecrets,
        cluster.serverlessServices(),
        cluster.routes(),
        cluster.knativeServices(),
        cluster.domainMappings());
  }

  /** What a person or another controller creates; not counted. */
  public <T extends HasMetadata> T given(T object) {
    return create(JSON.clone(object));
  }

  /** What has been stored before, with all that the server once filled in. Not counted. */
  public void stored(HasMetadata object) {
    view(object).put(object);
  }

  /** A manifest in YAML. */
  public static <T extends HasMetadata> T parse(Class<T> type, String yaml) {
    return JSON.unmarshal(yaml, type);
  }

  /** What another controller writes; a changed spec raises the generation. Not counted. */
  public <T extends HasMetadata> T changed(T object, UnaryOperator<T> change) {
    T current = view(object).find(Key.of(object)).orElseThrow();
    return put(change.apply(JSON.clone(current)), current);
  }

  /** What a person or the garbage collector removes. Not counted. */
  public void remove(HasMetadata object) {
    view(object).remove(object);
  }

  @Override
  public void apply(Step step) {
    if (!(step instanceof Step.Announce)) {
      if (writesUntilKilled-- == 0) {
        throw new Killed();
      }
      written.add(step.toString());
    }
    switch (step) {
      case Step.Create(HasMetadata object) -> {
        if (view(object).find(Key.of(object)).isPresent()) {
          throw new StepFailed(step, Why.CONFLICT, "exists already", null);
        }
        create(JSON.clone(object));
      }
      case Step.Patch(HasMetadata object, ObjectNode patch) -> patch(step, object, patch);
      case Step.UpdateStatus(CustomResource<?, ?> object, var _) -> updateStatus(object);
      case Step.SetReplicas replicas -> {
        Deployment deployment = cluster.deployments().find(replicas.target()).orElseThrow();
        changed(
            deployment,
            found -> {
              found.getSpec().setReplicas(replicas.replicas());
              return found;
            });
      }
      case Step.Delete(HasMetadata object) -> view(object).remove(object);
      case Step.Announce announce -> announced.add(announce);
    }
  }

  private <T extends HasMetadata> void patch(Step step, T object, ObjectNode patch) {
    T current = view(object).find(Key.of(object)).orElseThrow();
    String version = patch.path("metadata").path("resourceVersion").asText();
    if (!version.equals(current.getMetadata().getResourceVersion())) {
      throw new StepFailed(step, Why.CONFLICT, "stale", null);
    }
    ObjectNode tree = JSON.convertValue(current, ObjectNode.class);
    merge(tree, patch);
    @SuppressWarnings("unchecked") // what was T stays T
    Class<T> type = (Class<T>) object.getClass();
    put(JSON.convertValue(tree, type), current);
  }

  /** RFC 7386. */
  private static void merge(ObjectNode target, ObjectNode patch) {
    patch
        .properties()
        .forEach(field -> {
          JsonNode value = field.getValue();
          if (value.isNull()) {
            target.remove(field.getKey());
          } else if (value instanceof ObjectNode inner
              && target.get(field.getKey()) instanceof ObjectNode outer) {
            merge(outer, inner);
          } else {
            target.set(field.getKey(), value);
          }
        });
  }

  private <S, T, R extends CustomResource<S, T>> void updateStatus(R object) {
    R current = view(object).find(Key.of(object)).orElseThrow();
    R copy = JSON.clone(current);
    copy.setStatus(JSON.clone(object).getStatus());
    put(copy, current);
  }

  private <T extends HasMetadata> T create(T object) {
    object.getMetadata().setUid("uid-" + ++uids);
    object.getMetadata().setCreationTimestamp(now.toString());
    object.getMetadata().setGeneration(1L);
    object.getMetadata().setResourceVersion(String.valueOf(++version));
    view(object).put(object);
    return object;
  }

  private <T extends HasMetadata> T put(T object, T before) {
    object.getMetadata().setResourceVersion(before.getMetadata().getResourceVersion());
    if (JSON.asJson(object).equals(JSON.asJson(before))) {
      return before; // as an API server, which does not write what is the same
    }
    if (!spec(object).equals(spec(before))) {
      object.getMetadata().setGeneration(before.getMetadata().getGeneration() + 1);
    }
    object.getMetadata().setResourceVersion(String.valueOf(++version));
    view(object).put(object);
    return object;
  }

  private static JsonNode spec(HasMetadata object) {
    return JSON.convertValue(object, ObjectNode.class).path("spec");
  }

  @SuppressWarnings("unchecked") // views holds Watched<T> under Class<T>
  private <T extends HasMetadata> Watched<T> view(T object) {
    return (Watched<T>)
        Objects.requireNonNull(views.get(object.getClass()), () -> "no view of " + object);
  }
}
