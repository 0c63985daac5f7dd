package dev.bellows.controlplane;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.networking.KIngress;
import dev.bellows.api.serving.Service;
import dev.bellows.api.serving.ServiceStatus;
import dev.bellows.core.route.Ingress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A new Revision takes the traffic over step by step. */
class GradualRolloutTest {
  private static final Duration ONE_SECOND = Duration.ofSeconds(1);

  private final Stage stage = new Stage();

  @Test
  void aNewRevisionGetsOnePercentAndThenStepsUntilItHasAll() {
    stage.configure(
        "config-network",
        Map.of(
            "ingress-class", ControlPlaneConfig.BELLOWS_INGRESS_CLASS, "rollout-duration", "10"));
    secondRevisionIsReady();

    assertThat(routed()).isEqualTo("hello-00001 99, hello-00002 1");
    assertThat(told()).isEqualTo("hello-00001 99, hello-00002 1");
    var ready = service().condition("RoutesReady").orElseThrow();
    assertThat(ready.status() + " " + ready.reason()).isEqualTo("Unknown RolloutInProgress");

    // The gateway followed within a second, so a step lasts one: nine of them are left.
    for (int step = 1; step <= 8; step++) {
      stepIsDue();
      assertThat(routed())
          .isEqualTo("hello-00001 %d, hello-00002 %d".formatted(99 - 11 * step, 1 + 11 * step));
    }
    stepIsDue();
    assertThat(routed()).isEqualTo("hello-00002 100");
    assertThat(stage.nextLook).isEmpty();
    assertThat(service().isTrue("Ready")).isTrue();
  }

  @Test
  void theAnnotationOfAServiceCountsMoreThanTheSettingForAll() {
    rollsOutIn("60s");
    secondRevisionIsReady();
    assertThat(routed()).isEqualTo("hello-00001 99, hello-00002 1");
    rollsOutIn("0s"); // and at once it is over
    assertThat(routed()).isEqualTo("hello-00002 100");
    assertThat(service().isTrue("Ready")).isTrue();
  }

  @Test
  void betweenTwoStepsNothingIsWritten() {
    rollsOutIn("60s");
    secondRevisionIsReady();
    stage.world.written.clear();
    stage.after(stage.nextLook.orElseThrow().minus(ONE_SECOND.dividedBy(10)));
    stage.settle();
    assertThat(stage.world.written).isEmpty();
  }

  @Test
  void theNextRevisionTakesFromTheOneThatWasTakingOver() {
    rollsOutIn("60s");
    secondRevisionIsReady();
    for (int step = 0; step < 10; step++) {
      stepIsDue();
    }
    assertThat(routed()).isEqualTo("hello-00001 79, hello-00002 21");
    stage.apply("hello", "dev.local/helloworld:v3");
    stage.settle();
    stage.comesUp("hello-00003", "10.1.0.3:8012");
    assertThat(routed()).isEqualTo("hello-00001 79, hello-00002 20, hello-00003 1");
    stepIsDue();
    assertThat(routed()).isEqualTo("hello-00001 79, hello-00002 18, hello-00003 3");
  }

  @Test
  void theSharesOfADeletedRevisionGoToTheNewest() {
    rollsOutIn("60s");
    secondRevisionIsReady();
    stage.world.remove(
        stage.world.cluster.revisions().find("default", "hello-00001").orElseThrow());
    stage.settle();
    assertThat(routed()).isEqualTo("hello-00002 100");
    assertThat(service().isTrue("Ready")).isTrue();
  }

  @Test
  void aStateThatSomebodySpoiledIsForgotten() {
    rollsOutIn("60s");
    secondRevisionIsReady();
    KIngress ingress = stage.world.cluster.ingresses().find("default", "hello").orElseThrow();
    stage.world.changed(
        ingress,
        found -> {
          found
              .getMetadata()
              .getAnnotations()
              .compute(
                  "networking.internal.knative.dev/rollout",
                  (key, text) -> requireNonNull(text).replace("99", "990"));
          return found;
        });
    stage.settle();
    assertThat(routed()).isEqualTo("hello-00002 100");
  }

  private void secondRevisionIsReady() {
    if (stage.world.cluster.knativeServices().find("default", "hello").isEmpty()) {
      stage.apply("hello", "dev.local/helloworld");
    }
    stage.settle();
    stage.comesUp("hello-00001", "10.1.0.1:8012");
    stage.apply("hello", "dev.local/helloworld:v2");
    stage.settle();
    stage.comesUp("hello-00002", "10.1.0.2:8012");
  }

  private void rollsOutIn(String duration) {
    var found = stage.world.cluster.knativeServices().find("default", "hello");
    stage.world.changed(
        found.orElseGet(() -> stage.apply("hello", "dev.local/helloworld")),
        service -> {
          service
              .getMetadata()
              .getAnnotations()
              .put("serving.knative.dev/rollout-duration", duration);
          return service;
        });
    stage.settle();
  }

  private void stepIsDue() {
    stage.after(stage.nextLook.orElseThrow());
    stage.settle();
  }

  private ServiceStatus service() {
    Service service = stage.world.cluster.knativeServices().find("default", "hello").orElseThrow();
    return service.getStatus();
  }

  private String told() {
    return service().traffic().stream()
        .map(target -> target.revisionName() + " " + target.percent())
        .collect(Collectors.joining(", "));
  }

  private String routed() {
    List<Ingress.Split> splits =
        requireNonNull(stage.routed.get("hello")).rules().getLast().paths().getFirst().splits();
    return splits.stream()
        .map(split -> split.service().name() + " " + split.percent())
        .collect(Collectors.joining(", "));
  }
}
