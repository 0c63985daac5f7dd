package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An unmodified hey on the examples with default settings: how many pods, and when none. */
@BesideOthers
class HeyIT {
  private static final Duration STABLE_WINDOW = Duration.ofSeconds(60);
  private static final Duration SLACK = Duration.ofSeconds(10);
  private static final Duration GRACE = Duration.ofSeconds(30);

  @TempDir Path directory;

  @Test
  void growsToWhatTheLoadNeedsAndReturnsToZeroAfterTheWindow() throws Exception {
    Command.require("hey");
    try (BellowsProcess bellows = BellowsProcess.start(directory.resolve("data"))) {
      bellows.bellows("apply", "-f", "examples/autoscale.yaml").succeeded();
      bellows.bellows("wait", "ksvc/autoscale").succeeded();

      Run run = hey(bellows, "autoscale", "autoscale-00001-deployment");

      assertThat(run.statuses()).as(run.report()).containsExactly("[200]");
      assertThat(run.report()).doesNotContain("Error distribution");
      // 50 requests at once, 10 per pod at 70 %: ceil(50 / 7).
      assertThat(run.mostReady()).isBetween(7, 9);
      Instant ended = Instant.now();
      Awaitility.await()
          .pollInterval(Duration.ofMillis(500))
          .atMost(STABLE_WINDOW.plus(GRACE).plus(SLACK))
          .until(() -> ready(bellows, "autoscale-00001-deployment") == 0);
      // The last sample of the load may be up to two ticks older than hey's end.
      assertThat(Duration.between(ended, Instant.now()))
          .isGreaterThan(STABLE_WINDOW.minusSeconds(4));
    }
  }

  @Test
  void staysWithinItsBounds() throws Exception {
    Command.require("hey");
    try (BellowsProcess bellows = BellowsProcess.start(directory.resolve("data"))) {
      bellows.bellows("apply", "-f", "examples/bounds.yaml").succeeded();
      bellows.bellows("wait", "ksvc/bounds").succeeded();

      Run run = hey(bellows, "bounds", "bounds-00001-deployment");

      assertThat(run.statuses()).as(run.report()).containsExactly("[200]");
      assertThat(run.mostReady()).isEqualTo(3);
      assertThat(run.fewestReady()).isGreaterThanOrEqualTo(1);
    }
  }

  private record Run(String report, int mostReady, int fewestReady) {
    /** The lines of hey's status code distribution, their codes only. */
    List<String> statuses() {
      List<String> codes = new ArrayList<>();
      report
          .lines()
          .map(String::strip)
          .filter(line -> line.matches("\\[\\d+\\].*responses"))
          .forEach(line -> codes.add(line.replaceAll("\\].*", "]")));
      return codes;
    }
  }

  private static Run hey(BellowsProcess bellows, String service, String deployment)
      throws IOException, InterruptedException {
    Process hey =
        Command.of(
                "hey",
                "-z",
                "30s",
                "-c",
                "50",
                "-host",
                service + ".default.example.com",
                bellows.gateway() + "?sleep=100")
            .start();
    int most = 0;
    int fewest = Integer.MAX_VALUE;
    while (!hey.waitFor(400, TimeUnit.MILLISECONDS)) {
      int ready = ready(bellows, deployment);
      most = Math.max(most, ready);
      fewest = Math.min(fewest, ready);
    }
    return new Run(
        new String(hey.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8),
        most,
        fewest);
  }

  private static int ready(BellowsProcess bellows, String deployment) {
    String ready =
        bellows
            .kubectl("get", "deployment", deployment, "-o", "jsonpath={.status.readyReplicas}")
            .succeeded()
            .output();
    return ready.isEmpty() ? 0 : Integer.parseInt(ready);
  }
}
