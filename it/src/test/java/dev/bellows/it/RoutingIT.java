package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.networking.KIngress;
import dev.bellows.api.networking.RolloutAnnotation;
import dev.bellows.api.serving.Service;
import dev.bellows.api.serving.TrafficTarget;
import dev.bellows.core.rollout.ConfigurationRollout;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is done to a Service's traffic, no request fails, and nothing is forgotten. */
@BesideOthers
class RoutingIT {
  private static final String NAME = "shop";
  private static final String HOST = "shop.default.example.com";
  private static final int REQUESTS_PER_SECOND = 300;
  private static final int MANY = 10_000;

  /** {@code -Drollout.seconds=60} for a longer look. */
  private static final int ROLLOUT_SECONDS = Integer.getInteger("rollout.seconds", 15);

  /** {@code -Drollout.kills=10 -Dseed=N} for more moments. */
  private static final int KILLS = Integer.getInteger("rollout.kills", 2);

  private static final long SEED = Long.getLong("seed", System.nanoTime());

  @TempDir Path directory;

  @Test
  void blueGreenCanaryRollbackPreviewAndRolloutLoseNoRequest() throws Exception {
    try (BellowsProcess bellows = BellowsProcess.start(directory.resolve("data"));
        Serving serving = new Serving(bellows)) {
      serving.createService(NAME, "dev.local/helloworld", target("blue"));
      version(serving, "blue", "\"1\"");
      serving.awaitReady(NAME);
      OpenLoad load = OpenLoad.start(bellows.gateway(), HOST, REQUESTS_PER_SECOND);
      try (load) {
        String blue = latest(serving);

        // Blue and green: the new one can be looked at before anybody else sees it.
        traffic(serving, entry(blue, 100), latestEntry("green", 0));
        version(serving, "green", "\"2\"");
        serving.awaitReady(NAME);
        String green = latest(serving);
        assertThat(bellows.request("green-" + HOST, "/").body()).isEqualTo("Hello green!\n");
        assertThat(OpenLoad.tally(bellows.gateway(), HOST, 200)).containsOnlyKeys("Hello blue!");
        traffic(serving, entry(green, 100));
        serving.awaitReady(NAME);
        assertThat(OpenLoad.tally(bellows.gateway(), HOST, 200)).containsOnlyKeys("Hello green!");

        // A canary, further and further.
        for (int percent : new int[] {5, 50}) {
          traffic(serving, entry(green, 100 - percent), entry(blue, percent));
          serving.awaitReady(NAME);
          Map<String, Long> tally = OpenLoad.tally(bellows.gateway(), HOST, MANY);
          assertThat(tally).containsOnlyKeys("Hello blue!", "Hello green!");
          assertThat(tally.get("Hello blue!") * 100.0 / MANY)
              .isBetween(percent - 2.0, percent + 2.0);
        }
        // Each keeps to its own bounds while both are in use.
        assertThat(ready(serving, blue)).isGreaterThanOrEqualTo(1);
        assertThat(ready(serving, green)).isGreaterThanOrEqualTo(2);
        traffic(serving, entry(green, 0), entry(blue, 100));
        serving.awaitReady(NAME);
        assertThat(OpenLoad.tally(bellows.gateway(), HOST, MANY)).containsOnlyKeys("Hello blue!");

        traffic(serving, entry(green, 100)); // back
        serving.awaitReady(NAME);
        assertThat(OpenLoad.tally(bellows.gateway(), HOST, 200)).containsOnlyKeys("Hello green!");

        rollsOutIn(serving, ROLLOUT_SECONDS + "s");
        traffic(serving, latestEntry(null, 100));
        serving.awaitReady(NAME);
        version(serving, "violet", "\"1\"");
        TreeSet<Integer> seen = new TreeSet<>();
        Awaitility.await()
            .atMost(Duration.ofSeconds(ROLLOUT_SECONDS + 45))
            .pollInterval(Duration.ofMillis(200))
            .until(() -> {
              newestShare(serving).ifPresent(seen::add);
              return seen.size() > 1 && newestShare(serving).isEmpty();
            });
        assertThat(seen).as("shares of the newest").hasSizeGreaterThanOrEqualTo(5).contains(1);
        serving.awaitReady(NAME);
        assertThat(OpenLoad.tally(bellows.gateway(), HOST, 200)).containsOnlyKeys("Hello violet!");
      }
      System.out.printf("RoutingIT: %d requests, %d failed%n", load.sent(), load.failures().size());
      assertThat(load.failures()).isEmpty();
    }
  }

  @Test
  void aRolloutGoesOnWhereItWasWhenEverythingWasKilled() throws Exception {
    System.out.printf("RoutingIT: repeat with -Dseed=%d -Drollout.kills=%d%n", SEED, KILLS);
    Random random = new Random(SEED);
    Path data = directory.resolve("data");
    ConfigurationRollout killedAt = null;
    for (int kill = 0; kill < KILLS; kill++) {
      try (BellowsProcess bellows = BellowsProcess.start(data);
          Serving serving = new Serving(bellows)) {
        if (killedAt == null) {
          serving.createService(NAME, "dev.local/helloworld", target("blue"));
          rollsOutIn(serving, "20s");
          serving.awaitReady(NAME);
          version(serving, "green", "\"1\"");
          Awaitility.await()
              .atMost(Duration.ofSeconds(60))
              .pollInterval(Duration.ofMillis(100))
              .until(() -> rollout(serving).filter(ConfigurationRollout::isInProgress).isPresent());
        } else {
          goesOn(killedAt, serving);
        }
        LockSupport.parkNanos(Duration.ofMillis(random.nextInt(3000)).toNanos());
        killedAt = rollout(serving).orElseThrow();
        bellows.kill();
      }
    }
    try (BellowsProcess bellows = BellowsProcess.start(data);
        Serving serving = new Serving(bellows)) {
      goesOn(Objects.requireNonNull(killedAt), serving);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(200))
          .until(() -> rollout(serving).filter(ConfigurationRollout::isInProgress).isEmpty());
      serving.awaitReady(NAME);
      assertThat(bellows.request(HOST, "/").body()).isEqualTo("Hello green!\n");
    }
  }

  /** Looked at as early as a client can: perhaps a step or two on, never back. */
  private static void goesOn(ConfigurationRollout killedAt, Serving serving) {
    ConfigurationRollout now = rollout(serving).orElseThrow();
    assertThat(now.revisions().getLast().percent())
        .as("seed %d", SEED)
        .isGreaterThanOrEqualTo(killedAt.revisions().getLast().percent());
    if (now.isInProgress()) {
      assertThat(now.stepParams().startTimeNanos())
          .isEqualTo(killedAt.stepParams().startTimeNanos());
    }
  }

  private static String target(String version) {
    return "env: [{name: TARGET, value: " + version + "}]";
  }

  /** A new template: a greeting, and how many pods it wants at least. */
  private static void version(Serving serving, String version, String minScale) {
    serving.patch(
        Service.class,
        NAME,
        """
        {"spec":{"template":{
          "metadata":{"annotations":{"autoscaling.knative.dev/min-scale":%s}},
          "spec":{"containers":[{"image":"dev.local/helloworld",
            "env":[{"name":"TARGET","value":"%s"}]}]}}}}
        """
            .formatted(minScale, version));
  }

  private static void traffic(Serving serving, String... entries) {
    serving.patch(
        Service.class, NAME, "{\"spec\":{\"traffic\":[" + String.join(",", entries) + "]}}");
  }

  private static String entry(String revision, int percent) {
    return "{\"revisionName\":\"%s\",\"percent\":%d}".formatted(revision, percent);
  }

  private static String latestEntry(@org.jspecify.annotations.Nullable String tag, int percent) {
    return "{\"latestRevision\":true,\"percent\":%d%s}"
        .formatted(percent, tag == null ? "" : ",\"tag\":\"" + tag + "\"");
  }

  private static void rollsOutIn(Serving serving, String duration) {
    serving.patch(
        Service.class,
        NAME,
        "{\"metadata\":{\"annotations\":{\"serving.knative.dev/rollout-duration\":\"%s\"}}}"
            .formatted(duration));
  }

  private static String latest(Serving serving) {
    return Objects.requireNonNull(
        Objects.requireNonNull(serving.service(NAME).getStatus()).latestReadyRevisionName());
  }

  private static int ready(Serving serving, String revision) {
    Integer ready =
        serving.get(Deployment.class, revision + "-deployment").getStatus().getReadyReplicas();
    return ready == null ? 0 : ready;
  }

  /** What the Service tells of its newest Revision's share while two share the traffic. */
  private static Optional<Integer> newestShare(Serving serving) {
    var traffic = Objects.requireNonNull(serving.service(NAME).getStatus()).traffic();
    return traffic.size() < 2
        ? Optional.empty()
        : Optional.ofNullable(traffic.getLast()).map(TrafficTarget::percent).map(Long::intValue);
  }

  private static Optional<ConfigurationRollout> rollout(Serving serving) {
    return RolloutAnnotation.read(
            serving
                .get(KIngress.class, NAME)
                .getMetadata()
                .getAnnotations()
                .get(RolloutAnnotation.KEY))
        .flatMap(rollout -> rollout.configurations().stream().findFirst());
  }
}
