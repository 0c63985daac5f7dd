package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kill -9 at any moment, under load. */
@BesideOthers
class SurvivesKillIT {
  private static final int KILLS = Integer.getInteger("kills", 20);
  private static final long SEED = Long.getLong("seed", System.nanoTime());

  @TempDir Path directory;

  @Test
  void whatWasAcknowledgedIsThereTheServiceAnswersAndNoProcessIsLeftOver() throws Exception {
    Command.require("kubectl");
    System.out.printf("SurvivesKillIT: repeat with -Dseed=%d -Dkills=%d%n", SEED, KILLS);
    Random random = new Random(SEED);
    Path data = directory.resolve("data");
    Set<String> acknowledged = new TreeSet<>();
    Service service = Service.of("autoscale", "dev.local/autoscale", "target: \"10\"");
    for (int kill = 0; kill < KILLS; kill++) {
      try (BellowsProcess bellows = BellowsProcess.start(data)) {
        if (kill == 0) {
          service.applyAndAwaitReady(bellows, directory);
        }
        assertThat(existing(bellows))
            .as("after kill %d, seed %d", kill, SEED)
            .containsAll(acknowledged);
        Awaitility.await()
            .atMost(30, TimeUnit.SECONDS)
            .untilAsserted(() ->
                assertThat(bellows.request(service.host(), "/?sleep=1").statusCode())
                    .isEqualTo(200));
        List<ProcessHandle> programs;
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
          AtomicBoolean over = load(bellows, service, clients);
          long until = System.nanoTime() + Duration.ofMillis(random.nextInt(2500)).toNanos();
          for (int n = 0; System.nanoTime() < until; n++) {
            String name = "kept-%d-%d".formatted(kill, n);
            if (createConfigMap(bellows, name)) {
              acknowledged.add(name);
            }
          }
          LockSupport.parkNanos(Duration.ofMillis(random.nextInt(50)).toNanos());
          programs = bellows.handle().descendants().toList();
          over.set(true);
          bellows.kill();
        }
        Awaitility.await()
            .atMost(5, TimeUnit.SECONDS)
            .untilAsserted(() ->
                assertThat(programs.stream().filter(ProcessHandle::isAlive))
                    .as("programs that outlived Bellows")
                    .isEmpty());
      }
    }
  }

  private static AtomicBoolean load(
      BellowsProcess bellows, Service service, ExecutorService clients) {
    AtomicBoolean over = new AtomicBoolean();
    for (int i = 0; i < 20; i++) {
      var _ =
          clients.submit(() -> {
            while (!over.get()) {
              bellows.request(service.host(), "/?sleep=50");
            }
            return null;
          });
    }
    return over;
  }

  private static boolean createConfigMap(BellowsProcess bellows, String name) {
    return bellows.kubectl("create", "configmap", name).exitCode() == 0;
  }

  private static Set<String> existing(BellowsProcess bellows) {
    return bellows
        .kubectl("get", "configmaps", "-o", "jsonpath={.items[*].metadata.name}")
        .succeeded()
        .output()
        .lines()
        .flatMap(line -> Arrays.stream(line.split(" ")))
        .collect(Collectors.toSet());
  }
}
