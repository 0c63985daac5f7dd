package dev.bellows.controlplane;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.route.Ingress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A kill before any write of a rollout: who comes next goes on where it was. */
class KilledRolloutTest {
  private static final String NEWEST = "hello-00002";
  private static final int SECONDS = 30;
  private static final int NEVER = Integer.MAX_VALUE;

  /** {@code -Drollout.kills=1000} for a kill before each of them, {@code -Dseed=N} for the same. */
  private static final int KILLS = Integer.getInteger("rollout.kills", 8);

  private static final long SEED = Long.getLong("seed", System.nanoTime());

  /** What was routed, second by second, and how much was written for it. */
  private record Run(List<Map<String, Integer>> shares, int writes) {
    List<Integer> newest() {
      return shares.stream().map(each -> each.getOrDefault(NEWEST, 0)).toList();
    }
  }

  @Test
  void startedAgainAtOnceItRoutesAsIfNobodyHadBeenKilled() {
    Run undisturbed = rollout(NEVER, Duration.ZERO);
    assertThat(undisturbed.newest()).contains(1).endsWith(100);
    assertThat(undisturbed.newest().stream().distinct()).hasSizeGreaterThan(5);
    for (int write : moments(undisturbed)) {
      assertThat(rollout(write, Duration.ZERO).shares())
          .as("killed before write %d of %d", write, undisturbed.writes())
          .isEqualTo(undisturbed.shares());
    }
  }

  @Test
  void startedAgainLaterItNeverGoesBackAndComesToItsEnd() {
    Run undisturbed = rollout(NEVER, Duration.ZERO);
    for (int write : moments(undisturbed)) {
      List<Integer> newest = rollout(write, Duration.ofSeconds(5)).newest();
      assertThat(newest).as("killed before write %d", write).isSorted().endsWith(100);
      // It goes on: there is no second beginning.
      assertThat(newest.stream().distinct()).hasSizeGreaterThan(3);
    }
  }

  private static List<Integer> moments(Run undisturbed) {
    System.out.printf("KilledRolloutTest: repeat with -Dseed=%d -Drollout.kills=%d%n", SEED, KILLS);
    List<Integer> all =
        IntStream.range(0, undisturbed.writes()).boxed().collect(Collectors.toList());
    Collections.shuffle(all, new Random(SEED));
    return all.subList(0, Math.min(KILLS, all.size()));
  }

  /** A second Revision takes over within 20 s; the n-th write from then on is never made. */
  private static Run rollout(int writesUntilKilled, Duration down) {
    Stage first = new Stage();
    first.apply("hello", "dev.local/helloworld");
    first.world.changed(
        first.world.cluster.knativeServices().find("default", "hello").orElseThrow(),
        service -> {
          service.getMetadata().getAnnotations().put("serving.knative.dev/rollout-duration", "20s");
          return service;
        });
    first.settle();
    first.comesUp("hello-00001", "10.1.0.1:8012");
    int before = first.world.written.size();
    first.world.writesUntilKilled = writesUntilKilled;
    Killable process = new Killable(first, down);
    process.does(stage -> {
      stage.apply("hello", "dev.local/helloworld:v2");
      stage.settle();
    });
    process.does(stage -> stage.autoscalerTakesUp(NEWEST));
    process.does(stage -> stage.deployed(NEWEST, 1, 1, "True", "NewReplicaSetAvailable"));
    process.does(stage -> stage.podsReady(NEWEST, "10.1.0.2:8012"));
    process.does(stage -> stage.autoscalerSays(NEWEST, "True", "", true, 1));
    List<Map<String, Integer>> shares = new ArrayList<>();
    for (int second = 0; second < SECONDS; second++) {
      shares.add(routed(process.stage));
      process.stage.after(Duration.ofSeconds(1));
      process.does(Stage::settle);
    }
    shares.add(routed(process.stage));
    return new Run(shares, process.stage.world.written.size() - before);
  }

  /** What is killed, and started again after a while. */
  private static final class Killable {
    private final Duration down;
    private Stage stage;

    Killable(Stage stage, Duration down) {
      this.stage = stage;
      this.down = down;
    }

    void does(Consumer<Stage> what) {
      try {
        what.accept(stage);
      } catch (World.Killed killed) {
        stage.after(down);
        stage = new Stage(stage.world);
        stage.settle();
      }
    }
  }

  private static Map<String, Integer> routed(Stage stage) {
    Map<String, Integer> shares = new LinkedHashMap<>();
    for (Ingress.Split split :
        requireNonNull(stage.routed.get("hello")).rules().getLast().paths().getFirst().splits()) {
      shares.put(split.service().name(), split.percent());
    }
    return shares;
  }
}
