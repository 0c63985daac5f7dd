package dev.bellows.controlplane.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bellows.api.serving.Route;
import dev.bellows.controlplane.reconcile.StepFailed.Why;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Watched;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One small loop runs every reconciler. */
class ControllerTest {
  private static final Key A = new Key("n", "a");
  private final Watched<Deployment> kind = new Watched<>(Deployment.class);
  private final List<Step> written = new CopyOnWriteArrayList<>();
  private final List<Key> passes = new CopyOnWriteArrayList<>();
  private Function<Key, Outcome> answer = key -> Outcome.done();
  private volatile boolean frozen;
  private final Controller<Deployment> controller =
      new Controller<>(
          new Reconciler() {
            @Override
            public String name() {
              return "test-controller";
            }

            @Override
            public Outcome reconcile(Key key) {
              passes.add(key);
              return answer.apply(key);
            }
          },
          kind,
          written::add,
          type -> type.equals(Deployment.class) ? Optional.of(kind) : Optional.empty(),
          () -> frozen ? 0 : System.nanoTime());

  @AfterEach
  void stop() {
    controller.close();
  }

  @Test
  void everyChangeOfAnObjectGivesItAPass() {
    controller.start(2);
    kind.put(deployment("a", "1"));
    await().untilAsserted(() -> assertThat(passes).containsExactly(A));
    kind.put(deployment("a", "2"));
    await().untilAsserted(() -> assertThat(passes).containsExactly(A, A));
  }

  @Test
  void aPassDoesNotFollowFromTheStatusThatTheOneBeforeHasWritten() {
    kind.put(withStatus("3", 0));
    answer =
        key -> {
          if (key.equals(A) && passes.size() == 1) {
            OwnWrites.changed(withStatus("7", 1), "7");
          }
          return Outcome.done();
        };
    controller.start(1);
    await().untilAsserted(() -> assertThat(passes).containsExactly(A));
    kind.put(withStatus("7", 1));
    controller.wakeSoon(new Key("n", "later"));
    await().untilAsserted(() -> assertThat(passes).containsExactly(A, new Key("n", "later")));

    kind.put(withStatus("9", 2)); // somebody else's
    await().untilAsserted(() -> assertThat(passes).containsExactly(A, new Key("n", "later"), A));
  }

  @Test
  void whatIsOnlyInterimIsWrittenWhenNothingMoreHasComeForAWhile() {
    List<Boolean> waited = new CopyOnWriteArrayList<>();
    answer =
        key -> {
          waited.add(Interim.waits());
          return Outcome.done();
        };
    kind.put(deployment("a", "1"));
    controller.start(1);
    await().untilAsserted(() -> assertThat(waited).containsExactly(true, false));
    assertThat(passes).containsExactly(A, A);

    kind.put(deployment("a", "2"));
    await().untilAsserted(() -> assertThat(waited).containsExactly(true, false, true, false));
  }

  @Test
  void whatIsOnlyInterimGetsNoPassOfItsOwnOnceSomethingFinalIsSaid() {
    answer =
        key -> {
          if (passes.stream().filter(key::equals).count() == 1) {
            assertThat(Interim.waits()).isTrue();
          }
          return Outcome.done();
        };
    kind.put(deployment("a", "1"));
    controller.start(1);
    await().untilAsserted(() -> assertThat(passes).containsExactly(A));
    controller.wake(A);
    await().untilAsserted(() -> assertThat(passes).containsExactly(A, A));
    Key last = new Key("n", "last");
    controller.wakeAfter(last, Interim.LONGEST.multipliedBy(2));
    await().untilAsserted(() -> assertThat(passes).containsExactly(A, A, last, last));
  }

  @Test
  void nothingIsLeftOutWhereNobodyWouldComeBackToIt() {
    assertThat(Interim.waits()).isFalse();
  }

  @Test
  void aChildsChangeWakesItsController() {
    Watched<ConfigMap> children = new Watched<>(ConfigMap.class);
    controller.wakeControllerOf(children);
    controller.start(1);
    children.put(child("Deployment", "apps/v1", "a"));
    children.put(child("ReplicaSet", "apps/v1", "other-kind"));
    children.put(child("Deployment", "example.com/v1", "other-group"));
    controller.wakeSoon(new Key("n", "last"));
    await().untilAsserted(() -> assertThat(passes).containsExactly(A, new Key("n", "last")));
  }

  @Test
  void aPassWaitsUntilTheViewShowsWhatTheOneBeforeHasWritten() {
    frozen = true; // nobody loses patience
    kind.put(deployment("a", "1"));
    answer =
        key -> {
          if (passes.size() == 1) {
            OwnWrites.changed(deployment("a", "7"), "7");
            OwnWrites.created(deployment("child", "8"), "8");
          }
          return Outcome.done();
        };
    controller.start(1);
    await().untilAsserted(() -> assertThat(passes).containsExactly(A));

    kind.put(deployment("a", "6"));
    kind.put(deployment("a", "7"));
    controller.wake(new Key("n", "other"));
    await().untilAsserted(() -> assertThat(passes).containsExactly(A, new Key("n", "other")));

    kind.put(deployment("child", "8"));
    controller.wake(A);
    await().untilAsserted(() -> assertThat(passes.stream().filter(A::equals)).hasSize(2));
  }

  @Test
  void aPassThatHadToWaitHappensAsSoonAsTheViewShowsTheStatusThatTheOneBeforeHasWritten() {
    frozen = true; // nobody looks again by himself
    kind.put(withStatus("3", 0));
    answer =
        key -> {
          if (passes.size() == 1) {
            OwnWrites.changed(withStatus("7", 1), "7");
          }
          return Outcome.done();
        };
    controller.start(1);
    await().untilAsserted(() -> assertThat(passes).containsExactly(A));
    controller.wake(A);
    controller.wake(new Key("n", "other"));
    await().untilAsserted(() -> assertThat(passes).containsExactly(A, new Key("n", "other")));

    kind.put(withStatus("7", 1));
    await().untilAsserted(() -> assertThat(passes.stream().filter(A::equals)).hasSize(2));
  }

  @Test
  void aPassThatMetALaterStateIsRepeatedOnceTheViewShowsOne() {
    frozen = true; // nobody loses patience
    kind.put(deployment("a", "4"));
    answer =
        key -> {
          if (passes.size() == 1) {
            OwnWrites.changedBefore(deployment("a", "4"));
            OwnWrites.existedBefore(deployment("child", "0"));
          }
          return Outcome.done();
        };
    controller.start(1);
    await().untilAsserted(() -> assertThat(passes).containsExactly(A));

    kind.put(deployment("a", "5"));
    controller.wake(A);
    controller.wake(new Key("n", "other"));
    await().untilAsserted(() -> assertThat(passes).containsExactly(A, new Key("n", "other")));

    kind.put(deployment("child", "3"));
    controller.wake(A);
    await().untilAsserted(() -> assertThat(passes.stream().filter(A::equals)).hasSize(2));
  }

  @Test
  void aPassThatNeverSeesWhatWasWrittenHappensAllTheSame() {
    answer =
        key -> {
          if (passes.size() == 1) {
            OwnWrites.created(deployment("child", "8"), "8");
          }
          return Outcome.done();
        };
    kind.put(deployment("a", "1"));
    controller.start(1);
    await().untilAsserted(() -> assertThat(passes).containsExactly(A));
    controller.wake(A);
    await().untilAsserted(() -> assertThat(passes).containsExactly(A, A));
  }

  @Test
  void nobodyWaitsForWhatIsGone() {
    frozen = true;
    answer =
        key -> {
          OwnWrites.changed(deployment("gone", "8"), "8");
          return Outcome.done();
        };
    kind.put(deployment("a", "1"));
    controller.start(1);
    await().untilAsserted(() -> assertThat(passes).containsExactly(A));
    controller.wake(A);
    await().untilAsserted(() -> assertThat(passes).containsExactly(A, A));
  }

  @Test
  void aFailureIsToldByAnEventAndTriedAgain() {
    AtomicInteger tries = new AtomicInteger();
    answer = key -> tries.incrementAndGet() < 3 ? new Outcome.Failed("no luck") : Outcome.done();
    kind.put(deployment("a", "1"));
    controller.start(1);
    await().untilAsserted(() -> assertThat(passes).hasSize(3));
    assertThat(written)
        .extracting(Step::toString)
        .containsOnly("Announce InternalError about Deployment n/a: no luck")
        .hasSize(2);
  }

  @Test
  void aStaleViewIsTriedAgainInSilence() {
    AtomicInteger tries = new AtomicInteger();
    answer =
        key -> {
          if (tries.incrementAndGet() == 1) {
            throw new StepFailed(
                new Step.Create(deployment("b", "1")), Why.CONFLICT, "exists", null);
          }
          return Outcome.done();
        };
    kind.put(deployment("a", "1"));
    controller.start(1);
    await().untilAsserted(() -> assertThat(passes).hasSize(2));
    assertThat(written).isEmpty();
  }

  @Test
  void whoMeetsALaterStateOftenDoesNotWaitLongerEachTime() {
    answer =
        key -> {
          if (passes.size() < 20) {
            throw new StepFailed(
                new Step.Create(deployment("b", "1")), Why.CONFLICT, "exists", null);
          }
          return Outcome.done();
        };
    kind.put(deployment("a", "1"));
    controller.start(1);
    // Twice as long each time, the last alone would be 43 minutes.
    await().atMost(Duration.ofMinutes(2)).untilAsserted(() -> assertThat(passes).hasSize(20));
  }

  @Test
  void aStatusThatCannotBeWrittenIsToldEvenIfOthersWereQuicker() {
    AtomicInteger tries = new AtomicInteger();
    answer =
        key -> {
          if (tries.incrementAndGet() == 1) {
            throw new StepFailed(
                new Step.UpdateStatus(new Route(), false), Why.CONFLICT, "changed meanwhile", null);
          }
          return Outcome.done();
        };
    kind.put(deployment("a", "1"));
    controller.start(1);
    await().untilAsserted(() -> assertThat(passes).hasSize(2));
    assertThat(written)
        .extracting(Step::toString)
        .containsExactly(
            "Announce UpdateFailed about Deployment n/a: Failed to update status for \"a\": changed"
                + " meanwhile");
  }

  @Test
  void aBugInOnePassDoesNotEndTheWorker() {
    answer =
        key -> {
          if (key.equals(A)) {
            throw new IllegalStateException("a bug, thrown on purpose by this test");
          }
          return Outcome.done();
        };
    controller.start(1);
    controller.wake(A);
    controller.wake(new Key("n", "b"));
    await().untilAsserted(() -> assertThat(passes).contains(new Key("n", "b")));
  }

  @Test
  void aPassThatAsksToLookAgainIsWokenByTheClock() {
    AtomicInteger tries = new AtomicInteger();
    answer =
        key ->
            tries.incrementAndGet() == 1
                ? new Outcome.LookAgain(Duration.ofMillis(1))
                : Outcome.done();
    controller.start(1);
    controller.wake(A);
    await().untilAsserted(() -> assertThat(passes).hasSize(2));
  }

  @Test
  void workersWorkOnDifferentKeysAtOnceButNeverOnTheSame() throws InterruptedException {
    CountDownLatch both = new CountDownLatch(2);
    answer =
        key -> {
          both.countDown();
          try {
            assertThat(both.await(10, TimeUnit.SECONDS)).isTrue();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return Outcome.done();
        };
    controller.start(2);
    controller.wake(A);
    controller.wake(A);
    controller.wake(new Key("n", "b"));
    assertThat(both.await(10, TimeUnit.SECONDS)).isTrue();
  }

  private static Deployment deployment(String name, String version) {
    return new DeploymentBuilder()
        .withNewMetadata()
        .withNamespace("n")
        .withName(name)
        .withResourceVersion(version)
        .endMetadata()
        .build();
  }

  private static Deployment withStatus(String version, int replicas) {
    return new DeploymentBuilder(deployment("a", version))
        .editMetadata()
        .withGeneration(1L)
        .endMetadata()
        .withNewStatus()
        .withReplicas(replicas)
        .endStatus()
        .build();
  }

  private static ConfigMap child(String ownerKind, String ownerVersion, String owner) {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withNamespace("n")
        .withName("child-of-" + owner)
        .addNewOwnerReference()
        .withApiVersion(ownerVersion)
        .withKind(ownerKind)
        .withName(owner)
        .withUid(owner)
        .withController(true)
        .endOwnerReference()
        .endMetadata()
        .build();
  }
}
