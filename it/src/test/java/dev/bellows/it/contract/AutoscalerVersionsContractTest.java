package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;

/** HorizontalPodAutoscalers in the version in which they are stored, and in their first one. */
class AutoscalerVersionsContractTest extends ContractTest {
  private String first() {
    return path("autoscaling/v1", "horizontalpodautoscalers");
  }

  private String second() {
    return path("autoscaling/v2", "horizontalpodautoscalers");
  }

  private static ObjectNode autoscaler(String name, String rest) {
    return Wire.object(
        "{metadata: {name: '%s'}, spec: {scaleTargetRef: {apiVersion: 'apps/v1', kind:"
            + " 'Deployment', name: 'nobody'}, maxReplicas: 3, %s}}",
        name, rest);
  }

  private static final String CPU_AND_MEMORY =
      "metrics: [{type: 'Resource', resource: {name: 'cpu', target: {type: 'Utilization',"
          + " averageUtilization: 50}}}, {type: 'Resource', resource: {name: 'memory', target:"
          + " {type: 'AverageValue', averageValue: '10Mi'}}}]";

  @Test
  void theFirstVersionsShareOfCpuIsAMetricOfTheSecond() {
    String name = unique("hpa");
    Reply made = api.post(first(), autoscaler(name, "targetCPUUtilizationPercentage: 70")).is(201);
    assertThat(made.text("/apiVersion")).isEqualTo("autoscaling/v1");
    assertThat(made.at("/spec/minReplicas").asInt()).isEqualTo(1);
    assertThat(made.at("/spec/targetCPUUtilizationPercentage").asInt()).isEqualTo(70);
    assertThat(made.at("/spec").has("metrics")).isFalse();
    Reply other = api.get(second() + "/" + name).is(200);
    assertThat(other.at("/spec/metrics"))
        .isEqualTo(
            Wire.value(
                "[{type: 'Resource', resource: {name: 'cpu', target: {type: 'Utilization',"
                    + " averageUtilization: 70}}}]"));
  }

  @Test
  void whatTheFirstVersionCannotSayStandsInAnnotations() {
    String name = unique("hpa");
    api.post(second(), autoscaler(name, CPU_AND_MEMORY)).is(201);
    Reply shown = api.get(first() + "/" + name).is(200);
    assertThat(shown.at("/spec/targetCPUUtilizationPercentage").asInt()).isEqualTo(50);
    assertThat(
            shown
                .at("/metadata/annotations")
                .path("autoscaling.alpha.kubernetes.io/metrics")
                .asText())
        .isEqualTo(
            "[{\"type\":\"Resource\",\"resource\":{\"name\":\"memory\","
                + "\"targetAverageValue\":\"10Mi\"}}]");
  }

  @Test
  void aRoundTripByTheFirstVersionLosesNothing() {
    String name = unique("hpa");
    api.post(second(), autoscaler(name, CPU_AND_MEMORY)).is(201);
    ObjectNode shown = api.get(first() + "/" + name).is(200).json();
    ((ObjectNode) shown.path("metadata")).remove("resourceVersion");
    ((ObjectNode) shown.path("spec")).put("maxReplicas", 5);
    api.put(first() + "/" + name, shown).is(200);
    Reply after = api.get(second() + "/" + name).is(200);
    assertThat(after.at("/spec/maxReplicas").asInt()).isEqualTo(5);
    assertThat(after.at("/spec/metrics")).hasSize(2);
    assertThat(after.at("/spec/metrics").findValuesAsText("name"))
        .containsExactlyInAnyOrder("cpu", "memory");
    assertThat(after.at("/metadata/annotations").toString()).doesNotContain("autoscaling.alpha");
  }

  @Test
  void theFirstVersionIsPatchedInItsOwnWords() {
    String name = unique("hpa");
    api.post(first(), autoscaler(name, "targetCPUUtilizationPercentage: 70")).is(201);
    for (String kind : new String[] {Api.MERGE_PATCH, Api.STRATEGIC_PATCH}) {
      api.patch(kind, first() + "/" + name, "{spec: {targetCPUUtilizationPercentage: 40}}").is(200);
    }
    api.patch(
            Api.JSON_PATCH,
            first() + "/" + name,
            "[{op: 'test', path: '/spec/targetCPUUtilizationPercentage', value: 40}, {op:"
                + " 'replace', path: '/spec/maxReplicas', value: 7}]")
        .is(200);
    Reply after = api.get(second() + "/" + name).is(200);
    assertThat(after.at("/spec/metrics/0/resource/target/averageUtilization").asInt())
        .isEqualTo(40);
    assertThat(after.at("/spec/maxReplicas").asInt()).isEqualTo(7);
  }

  @Test
  void theFirstVersionIsAppliedInItsOwnWords() {
    String name = unique("hpa");
    ObjectNode wanted = autoscaler(name, "targetCPUUtilizationPercentage: 70");
    wanted.put("apiVersion", "autoscaling/v1").put("kind", "HorizontalPodAutoscaler");
    api.apply("me", first() + "/" + name, wanted).is(201);
    assertThat(
            api.apply("me", first() + "/" + name, wanted)
                .is(200)
                .at("/spec/targetCPUUtilizationPercentage")
                .asInt())
        .isEqualTo(70);
  }

  @Test
  void aFieldOfTheSecondVersionIsUnknownInTheFirst() {
    api.post(first() + "?fieldValidation=Strict", autoscaler(unique("hpa"), "metrics: []"))
        .refusesSaying(400, "BadRequest", "unknown field \"spec.metrics\"");
  }

  @Test
  void bothVersionsAreWatchedAndListed() {
    String name = unique("hpa");
    api.post(first(), autoscaler(name, "targetCPUUtilizationPercentage: 70")).is(201);
    Reply list = api.get(first()).is(200);
    assertThat(list.text("/apiVersion")).isEqualTo("autoscaling/v1");
    assertThat(list.names()).contains(name);
    try (Watching watching =
        api.watch(first() + "?watch=true&fieldSelector=metadata.name%3D" + name)) {
      assertThat(watching.next().object().path("apiVersion").asText()).isEqualTo("autoscaling/v1");
    }
  }

  @Test
  void aBareAutoscalerAimsAtFourFifthsOfTheCpu() {
    String name = unique("hpa");
    Reply made = api.post(second(), autoscaler(name, "minReplicas: 1")).is(201);
    assertThat(made.at("/spec/metrics/0/resource/target/averageUtilization").asInt()).isEqualTo(80);
    assertThat(made.at("/spec").has("behavior")).isFalse();
  }

  @Test
  void aBehaviorIsCompleted() {
    String name = unique("hpa");
    Reply made =
        api.post(
                second(),
                autoscaler(name, "behavior: {scaleDown: {stabilizationWindowSeconds: 10}}"))
            .is(201);
    assertThat(made.at("/spec/behavior"))
        .isEqualTo(
            Wire.value(
                "{scaleUp: {stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: [{type:"
                    + " 'Pods', value: 4, periodSeconds: 15}, {type: 'Percent', value: 100,"
                    + " periodSeconds: 15}]}, scaleDown: {stabilizationWindowSeconds: 10,"
                    + " selectPolicy: 'Max', policies: [{type: 'Percent', value: 100,"
                    + " periodSeconds: 15}]}}"));
  }
}
