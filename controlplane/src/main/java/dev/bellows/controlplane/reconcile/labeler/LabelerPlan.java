package dev.bellows.controlplane.reconcile.labeler;

import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.Route;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Finalizers;
import dev.bellows.controlplane.reconcile.Plan;
import dev.bellows.controlplane.reconcile.Step;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.core.condition.ConditionSet;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Decides what Configurations and Revisions say about one Route. */
final class LabelerPlan {
  static final String FINALIZER = "routes.serving.knative.dev";

  private LabelerPlan() {}

  static Plan plan(Seen seen, References references, Instant now) {
    Route route = seen.route();
    String name = route.getMetadata().getName();
    boolean ending = Children.isBeingDeleted(route);
    List<Step> steps = new ArrayList<>();
    if (!ending) {
      steps.addAll(Finalizers.added(route, Route::new, FINALIZER));
    }
    boolean mayRemove = ending || isSettled(route);
    for (Configuration each : seen.configurations()) {
      boolean wanted =
          !ending && references.configurations().contains(each.getMetadata().getName());
      if (wanted || mayRemove) {
        Map<String, String> annotations = new LinkedHashMap<>(Children.annotations(each));
        setRoutes(annotations, routes(each, name, wanted));
        steps.addAll(patched(each, Configuration::new, Children.labels(each), annotations));
      }
    }
    for (Revision each : seen.revisions()) {
      boolean wanted = !ending && references.revisions().contains(each.getMetadata().getName());
      // Taken away only from one that is active: a pending one has yet to be led to.
      boolean active = WellKnown.ACTIVE.equals(Children.labels(each).get(WellKnown.ROUTING_STATE));
      if (wanted || (mayRemove && active)) {
        steps.addAll(revision(each, routes(each, name, wanted), now));
      }
    }
    if (ending) {
      steps.addAll(Finalizers.removed(route, Route::new, FINALIZER));
    }
    return Plan.of(steps);
  }

  /** Whether what the Route says of its traffic is about its present spec, and final. */
  private static boolean isSettled(Route route) {
    var status = route.getStatus();
    return status != null
        && Objects.equals(status.observedGeneration(), route.getMetadata().getGeneration())
        && (status.isTrue(ConditionSet.READY) || status.isFalse(ConditionSet.READY));
  }

  private static Set<String> routes(HasMetadata object, String route, boolean wanted) {
    Set<String> routes = new TreeSet<>();
    String list = Children.annotations(object).get(WellKnown.ROUTES);
    if (list != null && !list.isEmpty()) {
      routes.addAll(List.of(list.split(",", -1)));
    }
    if (wanted) {
      routes.add(route);
    } else {
      routes.remove(route);
    }
    return routes;
  }

  private static void setRoutes(Map<String, String> annotations, Set<String> routes) {
    if (routes.isEmpty()) {
      annotations.remove(WellKnown.ROUTES);
    } else {
      annotations.put(WellKnown.ROUTES, String.join(",", routes));
    }
  }

  private static List<Step> revision(Revision revision, Set<String> routes, Instant now) {
    Map<String, String> labels = new LinkedHashMap<>(Children.labels(revision));
    Map<String, String> annotations = new LinkedHashMap<>(Children.annotations(revision));
    setRoutes(annotations, routes);
    String state = routes.isEmpty() ? WellKnown.RESERVE : WellKnown.ACTIVE;
    if (!state.equals(labels.put(WellKnown.ROUTING_STATE, state))) {
      annotations.put(
          WellKnown.ROUTING_STATE_MODIFIED, now.truncatedTo(ChronoUnit.SECONDS).toString());
    }
    return patched(revision, Revision::new, labels, annotations);
  }

  private static <S, T, R extends CustomResource<S, T>> List<Step> patched(
      R seen, Supplier<R> copy, Map<String, String> labels, Map<String, String> annotations) {
    ObjectMeta metadata =
        new ObjectMetaBuilder(seen.getMetadata())
            .withLabels(labels)
            .withAnnotations(annotations)
            .build();
    if (metadata.equals(seen.getMetadata())) {
      return List.of();
    }
    R wanted = copy.get();
    wanted.setMetadata(metadata);
    wanted.setSpec(seen.getSpec());
    wanted.setStatus(seen.getStatus());
    return Step.patch(seen, wanted).stream().toList();
  }
}
