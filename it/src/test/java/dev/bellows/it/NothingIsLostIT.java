package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A burst at a service that has no pod. */
@BesideOthers
class NothingIsLostIT {
  private static final int BURST = 200;
  private static final Path PROGRAM = Path.of("src/test/programs/log_ids.py").toAbsolutePath();

  @TempDir Path directory;

  @Test
  void everyRequestOfABurstAtZeroReachesTheProgramOnceAndIsAnswered() throws Exception {
    Command.require("python3");
    Command.require("kubectl");
    try (BellowsProcess bellows = BellowsProcess.start(directory.resolve("data"))) {
      bellows
          .bellows("image", "add", "test.local/ids", "--", "python3", PROGRAM.toString())
          .succeeded();
      Service service = Service.of("ids", "test.local/ids", "window: \"6s\"", "target: \"10\"");
      service.applyAndAwaitReady(bellows, directory);
      service.awaitNoPods(bellows);

      Set<String> answered = new ConcurrentSkipListSet<>();
      Set<String> otherwise = new ConcurrentSkipListSet<>();
      try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int i = 0; i < BURST; i++) {
          String id = String.valueOf(i);
          var _ =
              clients.submit(() -> {
                var response = bellows.request(service.host(), "/?id=" + id);
                if (response.statusCode() == 200) {
                  answered.add(response.body());
                } else {
                  otherwise.add(id + ": " + response.statusCode() + " " + response.body());
                }
                return null;
              });
        }
        clients.shutdown();
        assertThat(clients.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
      }

      Set<String> sent =
          IntStream.range(0, BURST)
              .mapToObj(String::valueOf)
              .collect(Collectors.toCollection(TreeSet::new));
      assertThat(otherwise).isEmpty();
      assertThat(answered).isEqualTo(sent);
      assertThat(LoggedIds.of(bellows::kubectl, "ids", BURST)).isEqualTo(sent);
    }
  }
}
