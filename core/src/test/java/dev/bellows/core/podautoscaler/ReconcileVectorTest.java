package dev.bellows.core.podautoscaler;

import static dev.bellows.core.podautoscaler.Seen.NOW;
import static dev.bellows.core.podautoscaler.Seen.TARGET;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.core.condition.Condition;
import dev.bellows.core.golden.Golden;
import dev.bellows.core.golden.Golden.Agrees;
import dev.bellows.core.golden.Golden.Disagrees;
import dev.bellows.core.golden.Golden.Verdict;
import dev.bellows.core.kpa.DeciderStatus;
import dev.bellows.core.kpa.MetricSpec;
import dev.bellows.core.kpa.Recorded;
import dev.bellows.core.revision.Protocol;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Recorded passes over pod autoscalers. */
class ReconcileVectorTest {
  @Test
  void reconcilesAsRecorded() {
    Golden.replay("reconcile", ReconcileVectorTest::judge);
  }

  private static Verdict judge(JsonNode recorded) {
    JsonNode out = recorded.path("out");
    Observed before = observed(recorded.path("in"));
    int probes = 0;
    Plan plan = PodAutoscalerPlan.plan(before, NOW);
    if (plan instanceof Plan.AskActivator) {
      probes = 1;
      plan =
          PodAutoscalerPlan.plan(
              before.answered(Seen.activator(recorded.path("in").path("probe").asText())), NOW);
    }
    if (!(plan instanceof Plan.Proceed proceed)) {
      return new Disagrees("asks twice");
    }
    Observed after = Seen.after(before, proceed);
    Map<String, String> expected = new TreeMap<>();
    Map<String, String> actual = new TreeMap<>();
    expected.put("error", out.path("error").asText());
    actual.put("error", Boolean.toString(proceed.failure().isPresent()));
    expected.put("probes", out.path("probes").asText());
    actual.put("probes", Integer.toString(probes));
    expected.put("scaling", PaVectorTest.Written.of(out).toString());
    actual.put("scaling", PaVectorTest.Written.of(proceed.steps()).toString());
    Observed.Sks sks = after.sks().orElseThrow();
    expected.put("sks", out.path("sks").toString());
    actual.put(
        "sks",
        "{\"action\":\"%s\",\"mode\":\"%s\",\"numActivators\":%d}"
            .formatted(
                sksAction(proceed), sks.spec().mode().wireName(), sks.spec().numActivators()));
    if (!out.path("metric").isNull()) {
      expected.put("metric", out.path("metric").toString());
      actual.put("metric", metric(proceed, after.metric().orElseThrow().spec()));
    }
    status(out.path("status"), proceed.status(), expected, actual);
    if (!expected.equals(actual)) {
      actual.entrySet().removeAll(new TreeMap<>(expected).entrySet());
      expected.keySet().retainAll(actual.keySet());
      return new Disagrees("expected " + expected + ", got " + actual);
    }
    JsonNode decider = out.path("decider");
    if (decider.isNull()) {
      return Recorded.compare(before.decider(), after.decider());
    }
    Verdict spec =
        Recorded.compareDecider(decider.path("spec"), after.decider().orElseThrow().spec());
    return spec instanceof Agrees
        ? Recorded.compare(
            new DeciderStatus(decider.path("desiredScale").asInt(), decider.path("ebc").asInt()),
            after.decider().orElseThrow().status())
        : spec;
  }

  private static void status(
      JsonNode recorded,
      PodAutoscalerStatus status,
      Map<String, String> expected,
      Map<String, String> actual) {
    for (var condition : recorded.path("conditions").properties()) {
      JsonNode each = condition.getValue();
      expected.put(
          condition.getKey(),
          each.path("status").asText()
              + " "
              + each.path("reason").asText()
              + " "
              + each.path("message").asText());
    }
    for (Condition condition : status.conditions().list()) {
      actual.put(
          condition.type(),
          condition.status().wireName() + " " + condition.reason() + " " + condition.message());
    }
    expected.put("desired", recorded.path("desiredScale").toString());
    actual.put("desired", text(status.desiredScale()));
    expected.put("actual", recorded.path("actualScale").toString());
    actual.put("actual", text(status.actualScale()));
    expected.put(
        "services",
        recorded.path("serviceName").asText() + " " + recorded.path("metricsServiceName").asText());
    actual.put("services", status.serviceName() + " " + status.metricsServiceName());
  }

  private static String text(OptionalInt value) {
    return value.isPresent() ? Integer.toString(value.getAsInt()) : "null";
  }

  private static String sksAction(Plan.Proceed plan) {
    for (ScalingStep step : plan.steps()) {
      if (step instanceof ScalingStep.CreateSks) {
        return "create";
      }
      if (step instanceof ScalingStep.UpdateSks) {
        return "update";
      }
    }
    return "none";
  }

  private static String metric(Plan.Proceed plan, MetricSpec spec) {
    String action = "none";
    for (ScalingStep step : plan.steps()) {
      if (step instanceof ScalingStep.CreateMetric) {
        action = "create";
      }
      if (step instanceof ScalingStep.UpdateMetric) {
        action = "update";
      }
    }
    return "{\"action\":\"%s\",\"stableWindowMs\":%d,\"panicWindowMs\":%d,\"scrapeTarget\":\"%s\"}"
        .formatted(
            action,
            spec.stableWindow().toMillis(),
            spec.panicWindow().toMillis(),
            spec.scrapeTarget());
  }

  private static Observed observed(JsonNode recorded) {
    JsonNode pa = recorded.path("pa");
    Seen seen = new Seen();
    seen.settings = Recorded.settings(recorded.path("config"), pa);
    seen.progressDeadline = Duration.ofMillis(recorded.path("progressDeadlineMs").asLong());
    PodAutoscalerStatus active = Seen.status(pa, pa.path("scaleTargetInitialized").asBoolean());
    // Service names are recorded only after the pass; before it they were those of the services.
    JsonNode sks = recorded.path("sks");
    seen.status =
        new PodAutoscalerStatus(
            1,
            active.conditions(),
            sks.path("serviceName").asText(""),
            sks.path("privateServiceName").asText(""),
            number(pa.path("desiredScale")),
            number(pa.path("actualScale")),
            "");
    seen.sks = sks.isNull() ? Optional.empty() : Optional.of(sks(sks));
    JsonNode decider = recorded.path("decider");
    seen.decider =
        decider.isNull()
            ? Optional.empty()
            : Optional.of(
                new Observed.Decider(
                    seen.settings.deciderSpec(),
                    new DeciderStatus(
                        decider.path("desiredScale").asInt(), decider.path("ebc").asInt())));
    MetricSpec wanted = seen.settings.metricSpec("rev-private");
    seen.metric =
        switch (recorded.path("metric").asText()) {
          case "absent" -> Optional.empty();
          case "same" -> Optional.of(new Observed.Metric(true, wanted));
          default ->
              Optional.of(
                  new Observed.Metric(
                      true,
                      new MetricSpec(
                          wanted.stableWindow().plusSeconds(1),
                          wanted.panicWindow(),
                          wanted.scrapeTarget())));
        };
    JsonNode pods = recorded.path("pods");
    seen.pods =
        new PodCounts(
            pods.path("ready").asInt(),
            pods.path("notReady").asInt(),
            pods.path("pending").asInt(),
            pods.path("terminating").asInt());
    seen.replicas = number(recorded.path("replicas"));
    return seen.observed();
  }

  private static Observed.Sks sks(JsonNode sks) {
    return new Observed.Sks(
        true,
        new SksSpec(
            SksMode.of(sks.path("mode").asText()),
            TARGET,
            Protocol.HTTP1,
            sks.path("numActivators").asInt()),
        sks.path("privateServiceName").asText(),
        sks.path("serviceName").asText(),
        sks.path("ready").asBoolean(),
        "K8s Service is not ready",
        Seen.proxyingSince(sks));
  }

  private static OptionalInt number(JsonNode node) {
    return node.isNumber() ? OptionalInt.of(node.asInt()) : OptionalInt.empty();
  }
}
