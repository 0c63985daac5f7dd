package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** What a program has logged of the requests that reached it: a line "id N" for each. */
final class LoggedIds {
  private static final Pattern LINE = Pattern.compile("^id (\\d+)$", Pattern.MULTILINE);
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private LoggedIds() {}

  /**
   * The ids in the logs of all pods of a Service, once there are as many lines as are expected.
   *
   * @param kubectl runs kubectl
   * @param expected how many requests there were; fails if there are more lines than that
   */
  static Set<String> of(Function<String[], Command.Result> kubectl, String service, int expected) {
    String[] words = {
      "logs",
      "-l",
      "serving.knative.dev/service=" + service,
      "-c",
      "user-container",
      "--tail=-1",
      "--max-log-requests=100"
    };
    Set<String> ids = new TreeSet<>();
    // Pods that were asked for last may not have begun yet, and then have no log to read; a log
    // comes after what a client reads.
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(500))
        .untilAsserted(() -> {
          List<String> lines =
              LINE.matcher(kubectl.apply(words).succeeded().output())
                  .results()
                  .map(line -> line.group(1))
                  .toList();
          assertThat(lines).as("each exactly once").hasSize(expected);
          ids.addAll(lines);
        });
    return ids;
  }
}
