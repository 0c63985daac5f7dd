package dev.bellows.controlplane.reconcile.podautoscaler;

import static dev.bellows.controlplane.reconcile.podautoscaler.Board.ID;
import static dev.bellows.controlplane.reconcile.podautoscaler.Board.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.autoscaling.Metric;
import dev.bellows.api.autoscaling.PodAutoscaler;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.networking.ServerlessService;
import dev.bellows.controlplane.reconcile.Controller;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Step;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.core.kpa.DeciderSpec;
import dev.bellows.core.kpa.DeciderStatus;
import dev.bellows.core.podautoscaler.ProbeAnswer;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class PodAutoscalerReconcilerTest {
  private final Board board = new Board();

  @Test
  void makesServicesThenMetricAndDeciderAndThenRests() {
    board.podAutoscaler(Map.of("autoscaling.knative.dev/metric", "concurrency"));
    board.deployment(1);

    board.reconcile();
    assertThat(board.writes()).containsExactly("Create", "UpdateStatus");
    ServerlessService sks = board.serverlessServices.find(KEY).orElseThrow();
    assertThat(sks.getSpec().mode()).isEqualTo("Proxy");
    assertThat(sks.getSpec().numActivators()).isEqualTo(3);
    assertThat(sks.getMetadata().getOwnerReferences().getFirst().getUid()).isEqualTo("pa-1");
    assertThat(sks.getMetadata().getAnnotations())
        .doesNotContainKey("autoscaling.knative.dev/metric");
    assertThat(board.deciders.specs).isEmpty();

    board.services(true);
    board.reconcile();
    Metric metric = board.metrics.find(KEY).orElseThrow();
    assertThat(metric.getSpec().stableWindow()).isEqualTo(60_000_000_000L);
    assertThat(metric.getSpec().scrapeTarget()).isEqualTo("rev-private");
    assertThat(deciderSpec().targetValue()).isEqualTo(7.0);
    assertThat(pa().getStatus().condition("Active").orElseThrow().reason()).isEqualTo("Queued");

    // A last pass: now the pod is there.
    board.readyPod("pod-1");
    board.reconcile();
    board.written.clear();
    board.reconcile();
    assertThat(board.written).isEmpty();
    assertThat(pa().getStatus().actualScale()).isEqualTo(1);
    assertThat(pa().getStatus().isTrue("ScaleTargetInitialized")).isTrue();
  }

  @Test
  void activatorsAreCountedForTheFirstPodsBeforeTheyAreReady() {
    board.podAutoscaler(Map.of("autoscaling.knative.dev/min-scale", "20"));
    board.deployment(1);
    board.reconcile();
    assertThat(activators()).isEqualTo(5); // (20 · 10 + 211) / 100

    board.services(true);
    board.deciders.status = new DeciderStatus(20, -1);
    board.reconcile();
    assertThat(activators()).as("while pods are on their way").isEqualTo(5);
    for (int i = 0; i < 20; i++) {
      board.readyPod("pod-" + i);
    }
    board.reconcile();
    assertThat(board.written)
        .filteredOn(step -> step instanceof Step.Patch)
        .as("changes of the ServerlessService")
        .isEmpty();

    board.noPods();
    board.deciders.status = new DeciderStatus(DeciderStatus.UNDECIDED, -1);
    board.reconcile();
    assertThat(activators()).as("when none is known to come").isEqualTo(3);
  }

  private int activators() {
    return board.serverlessServices.find(KEY).orElseThrow().getSpec().numActivators();
  }

  @Test
  void fromZeroThePodsAreOrderedBeforeAnythingElseIsWritten() {
    scaledToZero();

    board.deciders.status = new DeciderStatus(3, -1);
    board.reconcile();

    assertThat(board.written.getFirst())
        .isEqualTo(
            new Step.SetReplicas("apps/v1", "Deployment", new Key("ns", "rev-deployment"), 3));
    assertThat(board.asked).isEmpty();
  }

  @Test
  void theLastPodGoesWhenTheActivatorAnsweredAtTheRevisionsAddress() {
    running();
    board.publicEndpoints("127.0.0.9", 8012);

    board.deciders.status = new DeciderStatus(0, -1);
    board.at("61S");
    board.reconcile();
    assertThat(pa().getStatus().condition("Active").orElseThrow().reason()).isEqualTo("NoTraffic");
    board.services(true);
    board.at("100S");
    board.reconcile();

    assertThat(board.asked).containsExactly(URI.create("http://127.0.0.9:8012//healthz"));
    assertThat(board.deployments.all().iterator().next().getSpec().getReplicas()).isZero();
    assertThat(board.reconciler.gauges())
        .singleElement()
        .satisfies(gauges -> assertThat(gauges.requested()).isZero());
  }

  @Test
  void whereNoActivatorAnswersThePodStaysAndTheAskingGoesOnElsewhere() {
    running();
    board.publicEndpoints("127.0.0.9", 8012);
    board.activator = ProbeAnswer.NO_ACTIVATOR;
    board.deciders.status = new DeciderStatus(0, -1);
    board.at("61S");
    board.reconcile();
    board.at("100S");

    try (Controller<PodAutoscaler> controller =
        new Controller<>(
            board.reconciler,
            board.podAutoscalers,
            board,
            type -> Optional.empty(),
            System::nanoTime)) {
      board.reconciler.watch(controller);
      assertThat(board.reconcile()).isEqualTo(Outcome.done());
      assertThat(board.deployments.all().iterator().next().getSpec().getReplicas()).isEqualTo(1);

      board.activator = ProbeAnswer.ACTIVATOR;
      controller.start(1);
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> board.deployments.all().iterator().next().getSpec().getReplicas() == 0);
    } finally {
      board.reconciler.close();
    }
  }

  @Test
  void aPassWithinTheWatchsDelayPlansOnWhatWasWritten() {
    scaledToZero();
    board.deciders.status = new DeciderStatus(1, -1);
    board.watchLags = true;
    board.reconcile();
    assertThat(board.writes()).contains("UpdateStatus");
    board.written.clear();

    board.at("5000S");
    board.reconcile();

    assertThat(board.writes()).doesNotContain("UpdateStatus");
  }

  @Test
  void aServerlessServiceThatIsBeingChangedStaysReady() {
    running();
    ServerlessService sks = board.serverlessServices.find(KEY).orElseThrow();
    sks.getMetadata().setGeneration(7L);

    board.reconcile();

    assertThat(pa().getStatus().isTrue("SKSReady")).isTrue();
    assertThat(board.written).isEmpty();
  }

  @Test
  void aPodAutoscalerOfAnotherClassIsNoneOfOurs() {
    board.podAutoscaler(Map.of("autoscaling.knative.dev/class", "hpa.autoscaling.knative.dev"));

    assertThat(board.reconcile()).isEqualTo(Outcome.done());
    assertThat(board.written).isEmpty();
  }

  @Test
  void nobodyDecidesForAPodAutoscalerThatIsGone() {
    running();
    board.podAutoscalers.remove(pa());

    board.reconcile();

    assertThat(board.deciders.specs).isEmpty();
    assertThat(board.reconciler.gauges()).isEmpty();
  }

  @Test
  void aChangedConfigurationReachesTheDecider() {
    running();
    SystemConfig before = board.config;
    board.config =
        switch (before.with("config-autoscaler", Map.of("max-scale-up-rate", "5"))) {
          case SystemConfig.Change.Accepted(SystemConfig good) -> good;
          case SystemConfig.Change.Refused(String message) -> throw new AssertionError(message);
        };

    try (Controller<PodAutoscaler> controller =
        new Controller<>(
            board.reconciler,
            board.podAutoscalers,
            board,
            type -> Optional.empty(),
            System::nanoTime)) {
      board.reconciler.watch(controller);
      controller.start(1);
      board.reconciler.settingsChanged(before, board.config);
      Awaitility.await().until(() -> deciderSpec().maxScaleUpRate() == 5);
    } finally {
      board.reconciler.close();
    }
  }

  private void running() {
    board.podAutoscaler(Map.of());
    board.deployment(1);
    board.reconcile();
    board.services(false);
    board.readyPod("pod-1");
    board.deciders.status = new DeciderStatus(1, 10);
    board.reconcile();
    board.reconcile();
    assertThat(pa().getStatus().isTrue("Active")).isTrue();
    board.written.clear();
  }

  private void scaledToZero() {
    running();
    board.publicEndpoints("127.0.0.9", 8012);
    board.deciders.status = new DeciderStatus(0, -1);
    board.at("61S");
    board.reconcile();
    board.services(true);
    board.at("200S");
    board.reconcile();
    board.noPods();
    board.reconcile();
    assertThat(pa().getStatus().isFalse("Active")).isTrue();
    board.written.clear();
    board.asked.clear();
  }

  private DeciderSpec deciderSpec() {
    return board.deciders.find(ID).orElseThrow().spec();
  }

  private PodAutoscaler pa() {
    return board.podAutoscalers.find(KEY).orElseThrow();
  }
}
