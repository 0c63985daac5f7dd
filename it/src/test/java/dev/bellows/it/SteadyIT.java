package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nobody writes to the API of a system in which everything is as it should be. */
@BesideOthers
class SteadyIT {
  /** Ten turns of the autoscaler, twenty scrapes of every Revision. */
  private static final Duration STEADY = Duration.ofSeconds(20);

  @TempDir Path directory;

  @Test
  void onceServicesAreReadyNotOneObjectIsWritten() throws Exception {
    Command.require("kubectl");
    try (BellowsProcess bellows = BellowsProcess.start(directory.resolve("data"))) {
      for (String name : new String[] {"one", "two"}) {
        Service.of(name, "dev.local/helloworld", "min-scale: \"1\"")
            .applyAndAwaitReady(bellows, directory);
      }
      Service asleep = Service.of("asleep", "dev.local/helloworld", "window: \"6s\"");
      asleep.applyAndAwaitReady(bellows, directory);
      asleep.awaitNoPods(bellows);
      AtomicReference<String> last = new AtomicReference<>("");
      // Every write, whatever it writes to, raises the version of the whole: Leases and Events too.
      Awaitility.await()
          .pollInterval(Duration.ofSeconds(1))
          .during(STEADY)
          .atMost(STEADY.multipliedBy(3))
          .until(() -> {
            String version = version(bellows);
            return version.equals(last.getAndSet(version));
          });
      for (String name : new String[] {"one", "two", "asleep"}) {
        assertThat(bellows.request(name + ".default.example.com", "/").statusCode()).isEqualTo(200);
      }
    }
  }

  private static String version(BellowsProcess bellows) throws IOException {
    return Serving.json(
            bellows.kubectl("get", "--raw", "/api/v1/namespaces?limit=1").succeeded().output())
        .path("metadata")
        .path("resourceVersion")
        .asText();
  }
}
