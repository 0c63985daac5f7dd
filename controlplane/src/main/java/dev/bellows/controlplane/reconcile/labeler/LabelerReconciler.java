package dev.bellows.controlplane.reconcile.labeler;

import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.Route;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Controller;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Reconciler;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.controlplane.reconcile.Writer;
import dev.bellows.controlplane.watch.Change;
import dev.bellows.controlplane.watch.Cluster;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Watched;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Keeps Configurations and Revisions labelled with the Routes that lead to them. */
public final class LabelerReconciler implements Reconciler {
  private final Cluster cluster;
  private final Writer writer;
  private final InstantSource clock;
  private final Watched.Index<Configuration> configurationsByRoute;
  private final Watched.Index<Revision> revisionsByRoute;
  private final Watched.Index<Route> routesByConfiguration;

  /** To be made before the views are filled: it adds indexes to them. */
  public LabelerReconciler(Cluster cluster, Writer writer, InstantSource clock) {
    this.cluster = cluster;
    this.writer = writer;
    this.clock = clock;
    this.configurationsByRoute = cluster.configurations().indexBy(LabelerReconciler::routes);
    this.revisionsByRoute = cluster.revisions().indexBy(LabelerReconciler::routes);
    this.routesByConfiguration =
        cluster
            .routes()
            .indexBy(route ->
                route.getSpec().traffic().stream()
                    .flatMap(target -> Optional.ofNullable(target.configurationName()).stream())
                    .map(name -> key(route, name))
                    .toList());
  }

  @Override
  public String name() {
    return "labeler-controller";
  }

  /** What wakes a Route besides its own changes: a new Revision that is about to be led to. */
  public void watch(Controller<Route> controller) {
    controller.takeTime(); // a Route's first status is written meanwhile
    cluster
        .configurations()
        .onChange(change -> {
          if (!(change instanceof Change.Updated<Configuration>(var before, var after))
              || !sameMarks(before, after)
              || !latestCreated(before).equals(latestCreated(after))) {
            wake(controller, Key.of(change.object()).name(), change.object());
          }
        });
    cluster
        .revisions()
        .onChange(change -> {
          if (change instanceof Change.Updated<Revision>(var before, var after)
              && sameMarks(before, after)) {
            return;
          }
          String configuration = Children.labels(change.object()).get(WellKnown.CONFIGURATION);
          if (configuration != null) {
            wake(controller, configuration, change.object());
          }
        });
  }

  private static boolean sameMarks(HasMetadata before, HasMetadata after) {
    return Objects.equals(before.getMetadata().getUid(), after.getMetadata().getUid())
        && Children.labels(before).equals(Children.labels(after))
        && Children.annotations(before).equals(Children.annotations(after));
  }

  private static Optional<String> latestCreated(Configuration configuration) {
    return Optional.ofNullable(configuration.getStatus())
        .map(status -> status.latestCreatedRevisionName());
  }

  private void wake(Controller<Route> controller, String configuration, HasMetadata near) {
    routesByConfiguration
        .get(key(near, configuration))
        .forEach(route -> controller.wakeSoon(Key.of(route)));
  }

  @Override
  public Outcome reconcile(Key key) {
    Optional<Route> route = cluster.routes().find(key);
    if (route.isEmpty()) {
      return Outcome.done();
    }
    String namespace = key.namespace();
    References references =
        References.of(
            route.get(),
            name -> cluster.configurations().find(namespace, name),
            name -> cluster.revisions().find(namespace, name));
    Seen seen =
        new Seen(
            route.get(),
            both(
                references.configurations(),
                name -> cluster.configurations().find(namespace, name),
                configurationsByRoute.get(key.toString())),
            both(
                references.revisions(),
                name -> cluster.revisions().find(namespace, name),
                revisionsByRoute.get(key.toString())));
    return LabelerPlan.plan(seen, references, clock.instant()).applyWith(writer);
  }

  private static <T extends HasMetadata> List<T> both(
      Set<String> names, Function<String, Optional<T>> find, List<T> labelled) {
    Set<Key> known = new LinkedHashSet<>();
    List<T> result = new ArrayList<>();
    names.stream().sorted().map(find).flatMap(Optional::stream).forEach(result::add);
    result.forEach(each -> known.add(Key.of(each)));
    labelled.stream().filter(each -> !known.contains(Key.of(each))).forEach(result::add);
    return result;
  }

  private static List<String> routes(HasMetadata object) {
    String list = Children.annotations(object).get(WellKnown.ROUTES);
    return list == null || list.isEmpty()
        ? List.of()
        : Arrays.stream(list.split(",", -1)).map(name -> key(object, name)).toList();
  }

  private static String key(HasMetadata near, String name) {
    return new Key(Key.of(near).namespace(), name).toString();
  }
}
