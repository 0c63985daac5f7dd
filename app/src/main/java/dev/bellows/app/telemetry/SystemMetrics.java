package dev.bellows.app.telemetry;

import dev.bellows.controlplane.reconcile.podautoscaler.PodGauges;
import dev.bellows.controlplane.scaling.Decider;
import dev.bellows.controlplane.scaling.RevisionGauges;
import dev.bellows.dataplane.activator.Activator;
import dev.bellows.dataplane.gateway.Gateway;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * What the rooms count, under upstream's names with {@code _} for {@code .} (autoscaling spec §7,
 * data-plane spec §6); what upstream does not have is named {@code bellows_}.
 */
public final class SystemMetrics {
  private final MetricSnapshots.Builder page = MetricSnapshots.builder();

  /** The decisions of every Revision. */
  public SystemMetrics decisions(List<RevisionGauges> all) {
    gauge("kn_revision_pods_desired", "Pods the autoscaler wants.", all, g -> g.desiredPods());
    gauge(
        "kn_revision_capacity_excess",
        "Requests at once beyond the target burst capacity that the pods could take.",
        all,
        g -> g.excessBurstCapacity());
    gauge("kn_revision_panic_mode", "1 in panic mode.", all, g -> g.panicMode());
    for (String metric : List.of("concurrency", "rps")) {
      List<RevisionGauges> of =
          all.stream()
              .filter(g -> g.metric().name().toLowerCase(Locale.ROOT).equals(metric))
              .toList();
      String name = "kn_revision_" + metric;
      gauge(name + "_stable", "Load over the stable window.", of, RevisionGauges::stable);
      gauge(name + "_panic", "Load over the panic window.", of, RevisionGauges::panic);
      gauge(name + "_target", "Load aimed at per pod.", of, RevisionGauges::target);
    }
    return this;
  }

  /** The pods of every Revision. */
  public SystemMetrics pods(List<PodGauges> all) {
    podGauge("requested", "Pods asked of the cluster.", all, PodGauges::requested);
    podGauge("count", "Pods that are ready.", all, g -> g.pods().ready());
    podGauge("not_ready_count", "Pods that are not ready.", all, g -> g.pods().notReady());
    podGauge("pending_count", "Pods that do not run yet.", all, g -> g.pods().pending());
    podGauge("terminating_count", "Pods that are ending.", all, g -> g.pods().terminating());
    return this;
  }

  /** What the gateway counted. */
  public SystemMetrics gateway(Gateway.Counts counts) {
    CounterSnapshot.Builder requests =
        CounterSnapshot.builder()
            .name("bellows_gateway_requests")
            .help("Requests at the gateway, by what became of them.");
    requests.dataPoint(outcome("forwarded", counts.forwarded()));
    requests.dataPoint(outcome("not_routed", counts.notRouted()));
    requests.dataPoint(outcome("unavailable", counts.unavailable()));
    requests.dataPoint(outcome("unreachable", counts.unreachable()));
    page.metricSnapshot(requests.build());
    page.metricSnapshot(
        CounterSnapshot.builder()
            .name("bellows_gateway_retries")
            .help("Times another address was tried because one could not be reached.")
            .dataPoint(CounterDataPointSnapshot.builder().value((double) counts.retried()).build())
            .build());
    return this;
  }

  /** What the activator counted. */
  public SystemMetrics activator(Activator.Counts counts) {
    revisionGauge(
        "kn_revision_request_concurrency",
        "Requests at once at the activator, as last reported.",
        counts,
        Activator.RevisionCounts::concurrency);
    revisionGauge(
        "kn_revision_request_queued",
        "Requests that wait at the activator.",
        counts,
        Activator.RevisionCounts::queued);
    revisionGauge(
        "kn_revision_request_active",
        "Requests that the activator has sent on.",
        counts,
        Activator.RevisionCounts::active);
    return process(
        "kn_activator_stats_conn_reachable",
        "1 while the activator's reports reach the autoscaler.",
        counts.autoscalerReachable() ? 1 : 0);
  }

  private void revisionGauge(
      String name,
      String help,
      Activator.Counts counts,
      ToDoubleFunction<Activator.RevisionCounts> value) {
    GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(name).help(help);
    for (Activator.RevisionCounts each : counts.revisions()) {
      gauge.dataPoint(
          GaugeDataPointSnapshot.builder()
              .labels(
                  labels(
                      each.revision().id().namespace(),
                      each.revision().service(),
                      each.revision().configuration(),
                      each.revision().id().name()))
              .value(value.applyAsDouble(each))
              .build());
    }
    page.metricSnapshot(gauge.build());
  }

  /** A gauge of the whole process. */
  public SystemMetrics process(String name, String help, double value) {
    page.metricSnapshot(
        GaugeSnapshot.builder()
            .name(name)
            .help(help)
            .dataPoint(GaugeDataPointSnapshot.builder().value(value).build())
            .build());
    return this;
  }

  /** The page. */
  public MetricSnapshots snapshots() {
    return page.build();
  }

  private void gauge(
      String name, String help, List<RevisionGauges> all, ToDoubleFunction<RevisionGauges> value) {
    GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(name).help(help);
    for (RevisionGauges each : all) {
      Decider decider = each.decider();
      gauge.dataPoint(
          GaugeDataPointSnapshot.builder()
              .labels(
                  labels(
                      decider.id().namespace(),
                      decider.service(),
                      decider.configuration(),
                      decider.revision()))
              .value(value.applyAsDouble(each))
              .build());
    }
    page.metricSnapshot(gauge.build());
  }

  private void podGauge(
      String name, String help, List<PodGauges> all, ToDoubleFunction<PodGauges> value) {
    GaugeSnapshot.Builder gauge =
        GaugeSnapshot.builder().name("kn_revision_pods_" + name).help(help);
    for (PodGauges each : all) {
      gauge.dataPoint(
          GaugeDataPointSnapshot.builder()
              .labels(
                  labels(
                      each.subject().id().namespace(),
                      each.subject().service(),
                      each.subject().configuration(),
                      each.subject().revision()))
              .value(value.applyAsDouble(each))
              .build());
    }
    page.metricSnapshot(gauge.build());
  }

  private static Labels labels(
      String namespace, String service, String configuration, String revision) {
    return Labels.of(
        "k8s_namespace_name",
        namespace,
        "kn_configuration_name",
        configuration,
        "kn_revision_name",
        revision,
        "kn_service_name",
        service);
  }

  private static CounterDataPointSnapshot outcome(String outcome, long count) {
    return CounterDataPointSnapshot.builder()
        .labels(Labels.of("outcome", outcome))
        .value((double) count)
        .build();
  }
}
