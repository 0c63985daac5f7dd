package dev.bellows.core.kpa;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.stat.Observation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What must hold whatever the settings and the load; {@code -Dseed=N} repeats one course. */
class AutoscalerPropertyTest {
  private static final int COURSES = 500;
  private static final int STEPS = 100;
  private static final Instant START = Instant.parse("2026-11-21T10:00:00Z");

  /** What is seen at one moment. */
  private record Seen(Instant at, int ready, double stable, double panic) {
    ScaleResult.Scale by(Autoscaler autoscaler) {
      return (ScaleResult.Scale) autoscaler.step(at, ready, new Observation.Load(stable, panic));
    }
  }

  private record Course(long seed, DeciderSpec spec, int readyAtStart, List<Seen> seen) {
    Autoscaler autoscaler() {
      return new Autoscaler(START, spec, readyAtStart);
    }

    Course withoutDelay() {
      return new Course(seed, with(spec, Duration.ZERO), readyAtStart, seen);
    }
  }

  @Test
  void staysWithinTheScaleRates() {
    forAll(course -> {
      Autoscaler autoscaler = course.withoutDelay().autoscaler();
      DeciderSpec spec = course.spec();
      double mostSoFar = course.readyAtStart();
      for (Seen seen : course.seen()) {
        int desired = seen.by(autoscaler).desiredPodCount();
        int ready = Math.max(1, seen.ready());
        double most = Math.max(Math.ceil(ready * spec.maxScaleUpRate()), spec.activationScale());
        mostSoFar = Math.max(mostSoFar, most);
        double least = spec.reachable() ? Math.floor(ready / spec.maxScaleDownRate()) : 0;
        assertThat((double) desired)
            .as("seed %d at %s", course.seed(), seen)
            .isGreaterThanOrEqualTo(least)
            .isLessThanOrEqualTo(autoscaler.panicSince().isPresent() ? mostSoFar : most);
      }
    });
  }

  @Test
  void panicNeverShrinks() {
    forAll(course -> {
      Autoscaler autoscaler = course.withoutDelay().autoscaler();
      int before = 0;
      for (Seen seen : course.seen()) {
        int desired = seen.by(autoscaler).desiredPodCount();
        if (autoscaler.panicSince().isPresent()) {
          assertThat(desired)
              .as("seed %d at %s", course.seed(), seen)
              .isGreaterThanOrEqualTo(before);
          before = desired;
        } else {
          before = 0;
        }
      }
    });
  }

  @Test
  void moreLoadNeverMeansFewerPods() {
    forAll(course -> {
      Random random = new Random(course.seed());
      Autoscaler less = course.autoscaler();
      Autoscaler more = course.autoscaler();
      for (Seen seen : course.seen()) {
        Seen heavier =
            new Seen(
                seen.at(),
                seen.ready(),
                seen.stable() * (1 + random.nextDouble()),
                seen.panic() + random.nextInt(50));
        assertThat(heavier.by(more).desiredPodCount())
            .as("seed %d at %s against %s", course.seed(), heavier, seen)
            .isGreaterThanOrEqualTo(seen.by(less).desiredPodCount());
      }
    });
  }

  @Test
  void missingDataChangesNothing() {
    forAll(course -> {
      Random random = new Random(course.seed());
      Autoscaler undisturbed = course.autoscaler();
      Autoscaler disturbed = course.autoscaler();
      for (Seen seen : course.seen()) {
        while (random.nextInt(3) == 0) {
          disturbed.step(seen.at(), seen.ready(), Observation.Missing.NO_DATA);
        }
        assertThat(seen.by(disturbed))
            .as("seed %d at %s", course.seed(), seen)
            .isEqualTo(seen.by(undisturbed));
      }
    });
  }

  @Test
  void theScaleDownDelayHoldsTheGreatestOfItsSlots() {
    forAll(course -> {
      Random random = new Random(course.seed());
      int slots = 1 + random.nextInt(40);
      ScaleDownDelay delay = new ScaleDownDelay(Duration.ofSeconds(2L * slots));
      List<long[]> all = new ArrayList<>();
      long second = START.getEpochSecond();
      for (int i = 0; i < STEPS; i++) {
        second += random.nextInt(10) == 0 ? random.nextInt(200) : random.nextInt(4);
        int wanted = random.nextInt(20);
        all.add(new long[] {second / 2, wanted});
        long now = second / 2;
        long greatest =
            all.stream()
                .filter(each -> now - each[0] < slots)
                .mapToLong(each -> each[1])
                .max()
                .orElseThrow();
        assertThat((long) delay.holdAt(Instant.ofEpochSecond(second), wanted))
            .as("seed %d, step %d of %d slots", course.seed(), i, slots)
            .isEqualTo(greatest);
      }
    });
  }

  private static void forAll(Consumer<Course> property) {
    Long only = Long.getLong("seed");
    long first = only == null ? 1 : only;
    long last = only == null ? COURSES : only;
    System.out.printf("AutoscalerPropertyTest: seeds %d to %d%n", first, last);
    for (long seed = first; seed <= last; seed++) {
      property.accept(course(seed));
    }
  }

  private static Course course(long seed) {
    Random random = new Random(seed);
    double target = pick(random, 0.01, 1.0, 7.0, 70.0, 333.3);
    DeciderSpec spec =
        new DeciderSpec(
            pick(random, "concurrency", "rps"),
            target,
            target / pick(random, 0.1, 0.7, 1.0),
            pick(random, -1.0, 0.0, 10.5, 211.0),
            100,
            pick(random, 1.1, 2.0, 10.0),
            pick(random, 1.01, 2.0, 10.0, 1000.0),
            pick(random, 1.01, 2.0, 10.0),
            Duration.ofSeconds(pick(random, 6, 60, 300)),
            Duration.ofSeconds(pick(random, 0, 3, 30, 300)),
            1,
            pick(random, 0, 0, 2, 5),
            random.nextInt(5) > 0);
    List<Seen> seen = new ArrayList<>();
    Instant at = START;
    int ready = random.nextInt(12);
    int readyAtStart = ready;
    double load = random.nextInt(100);
    for (int step = 0; step < STEPS; step++) {
      at = at.plusMillis(1900 + random.nextInt(random.nextInt(20) == 0 ? 60_000 : 200));
      ready = Math.max(0, ready + random.nextInt(5) - 2);
      load = random.nextInt(15) == 0 ? random.nextInt(1000) : load * (0.5 + random.nextDouble());
      seen.add(new Seen(at, ready, load, load * 2 * random.nextDouble()));
    }
    return new Course(seed, spec, readyAtStart, List.copyOf(seen));
  }

  private static DeciderSpec with(DeciderSpec spec, Duration scaleDownDelay) {
    return new DeciderSpec(
        spec.scalingMetric(),
        spec.targetValue(),
        spec.totalValue(),
        spec.targetBurstCapacity(),
        spec.activatorCapacity(),
        spec.panicThreshold(),
        spec.maxScaleUpRate(),
        spec.maxScaleDownRate(),
        spec.stableWindow(),
        scaleDownDelay,
        spec.initialScale(),
        spec.activationScale(),
        spec.reachable());
  }

  @SafeVarargs
  private static <T> T pick(Random random, T... choices) {
    return choices[random.nextInt(choices.length)];
  }
}
