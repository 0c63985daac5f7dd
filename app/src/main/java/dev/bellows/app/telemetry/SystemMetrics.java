package dev.bellows.app.telemetry;

import dev.bellows.controlplane.reconcile.podautoscaler.PodGauges;
import dev.bellows.controlplane.scaling.Decider;
import dev.bellows.controlplane.scaling.RevisionGauges;
import dev.bellows.dataplane.activator.Activator;
import dev.bellows.dataplane.gateway.Gateway;
import dev.bellows.dataplane.telemetry.Attributes;
import dev.bellows.dataplane.telemetry.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * What the rooms count, under upstream's names (autoscaling spec §7, data-plane spec §6); what
 * upstream does not have is named {@code bellows.}
 */
public final class SystemMetrics {
  private static final String AUTOSCALER = "knative.dev/serving/pkg/autoscaler";
  private static final String ACTIVATOR = "knative.dev/serving/pkg/activator";
  private static final String GATEWAY = "dev.bellows/gateway";

  private final List<Metric> page = new ArrayList<>();

  /** The decisions of every Revision. */
  public SystemMetrics decisions(List<RevisionGauges> all) {
    gauge(
        "kn.revision.pods.desired",
        "Pods the autoscaler wants.",
        "{item}",
        all,
        g -> g.desiredPods());
    gauge(
        "kn.revision.capacity.excess",
        "Requests at once beyond the target burst capacity that the pods could take.",
        "{concurrency}",
        all,
        g -> g.excessBurstCapacity());
    gauge("kn.revision.panic.mode", "1 in panic mode.", "", all, g -> g.panicMode());
    for (String metric : List.of("concurrency", "rps")) {
      List<RevisionGauges> of =
          all.stream()
              .filter(g -> g.metric().name().toLowerCase(Locale.ROOT).equals(metric))
              .toList();
      String name = "kn.revision." + metric;
      String unit = metric.equals("rps") ? "{request}/s" : "{concurrency}";
      gauge(name + ".stable", "Load over the stable window.", unit, of, RevisionGauges::stable);
      gauge(name + ".panic", "Load over the panic window.", unit, of, RevisionGauges::panic);
      gauge(name + ".target", "Load aimed at per pod.", unit, of, RevisionGauges::target);
    }
    return this;
  }

  /** The pods of every Revision. */
  public SystemMetrics pods(List<PodGauges> all) {
    podGauge("requested", "Pods asked of the cluster.", all, PodGauges::requested);
    podGauge("count", "Pods that are ready.", all, g -> g.pods().ready());
    podGauge("not_ready.count", "Pods that are not ready.", all, g -> g.pods().notReady());
    podGauge("pending.count", "Pods that do not run yet.", all, g -> g.pods().pending());
    podGauge("terminating.count", "Pods that are ending.", all, g -> g.pods().terminating());
    return this;
  }

  /** What the gateway counted. */
  public SystemMetrics gateway(Gateway.Counts counts) {
    page.add(
        Metric.counter(
            GATEWAY,
            "bellows.gateway.requests",
            "Requests at the gateway, by what became of them.",
            "{request}",
            List.of(
                outcome("forwarded", counts.forwarded()),
                outcome("not_routed", counts.notRouted()),
                outcome("unavailable", counts.unavailable()),
                outcome("unreachable", counts.unreachable()))));
    page.add(
        Metric.counter(
            GATEWAY,
            "bellows.gateway.retries",
            "Times another address was tried because one could not be reached.",
            "{retry}",
            List.of(new Metric.Point(Attributes.NONE, (double) counts.retried()))));
    return this;
  }

  /** What the activator counted. */
  public SystemMetrics activator(Activator.Counts counts) {
    page.add(
        Metric.gauge(
            ACTIVATOR,
            "kn.revision.request.concurrency",
            "Requests at once at the activator, as last reported.",
            "{request}",
            counts.revisions().stream()
                .map(each ->
                    new Metric.Point(
                        about(
                            each.revision().id().namespace(),
                            each.revision().service(),
                            each.revision().configuration(),
                            each.revision().id().name()),
                        each.concurrency()))
                .toList()));
    revisionGauge(
        "kn.revision.request.queued",
        "Requests that wait at the activator.",
        counts,
        Activator.RevisionCounts::queued);
    revisionGauge(
        "kn.revision.request.active",
        "Requests that the activator has sent on.",
        counts,
        Activator.RevisionCounts::active);
    Attributes peer = Attributes.of("peer", "autoscaler");
    page.add(
        Metric.gauge(
            ACTIVATOR,
            "kn.activator.stats.conn.reachable",
            "1 while the activator's reports reach the autoscaler.",
            "{reachable}",
            peer,
            counts.autoscalerReachable() ? 1 : 0));
    page.add(
        Metric.counter(
            ACTIVATOR,
            "kn.activator.stats.conn.errors",
            "Times the connection to the autoscaler was lost or refused.",
            "{error}",
            List.of(new Metric.Point(peer, (double) counts.autoscalerErrors()))));
    return this;
  }

  private void revisionGauge(
      String name,
      String help,
      Activator.Counts counts,
      ToDoubleFunction<Activator.RevisionCounts> value) {
    page.add(
        Metric.gauge(
            ACTIVATOR,
            name,
            help,
            "{request}",
            counts.revisions().stream()
                .map(each ->
                    new Metric.Point(
                        Attributes.of(
                            "k8s.namespace.name", each.revision().id().namespace(),
                            "kn.revision.name", each.revision().id().name()),
                        value.applyAsDouble(each)))
                .toList()));
  }

  /** All of it. */
  public List<Metric> metrics() {
    return List.copyOf(page);
  }

  private void gauge(
      String name,
      String help,
      String unit,
      List<RevisionGauges> all,
      ToDoubleFunction<RevisionGauges> value) {
    List<Metric.Point> points = new ArrayList<>();
    for (RevisionGauges each : all) {
      Decider decider = each.decider();
      points.add(
          new Metric.Point(
              about(
                  decider.id().namespace(),
                  decider.service(),
                  decider.configuration(),
                  decider.revision()),
              value.applyAsDouble(each)));
    }
    page.add(Metric.gauge(AUTOSCALER, name, help, unit, points));
  }

  private void podGauge(
      String name, String help, List<PodGauges> all, ToDoubleFunction<PodGauges> value) {
    page.add(
        Metric.gauge(
            AUTOSCALER,
            "kn.revision.pods." + name,
            help,
            "{pod}",
            all.stream()
                .map(each ->
                    new Metric.Point(
                        about(
                            each.subject().id().namespace(),
                            each.subject().service(),
                            each.subject().configuration(),
                            each.subject().revision()),
                        value.applyAsDouble(each)))
                .toList()));
  }

  private static Attributes about(
      String namespace, String service, String configuration, String revision) {
    return Attributes.of(
        "k8s.namespace.name", namespace,
        "kn.configuration.name", configuration,
        "kn.revision.name", revision,
        "kn.service.name", service);
  }

  private static Metric.Point outcome(String outcome, long count) {
    return new Metric.Point(Attributes.of("outcome", outcome), (double) count);
  }
}
