package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * curl and h2load, unmodified, speak HTTP/2 to the gateway; the program behind it speaks HTTP/1.1.
 */
class Http2IT {
  private static final String HOST = "autoscale.default.example.com";
  private static final int REQUESTS = 20_000;

  @TempDir Path directory;

  @Test
  void curlIsAnsweredFromZeroByPriorKnowledgeAndByUpgrade() throws Exception {
    Command.require("curl");
    try (BellowsProcess bellows = BellowsProcess.start(directory.resolve("data"))) {
      bellows.bellows("apply", "-f", "examples/autoscale.yaml").succeeded();
      bellows.bellows("wait", "ksvc/autoscale").succeeded();

      assertThat(curl(bellows, "--http2-prior-knowledge")).isEqualTo("200 2");
      assertThat(curl(bellows, "--http2")).isEqualTo("200 2");
      assertThat(curl(bellows, "--http2-prior-knowledge", "-d", "x=1")).isEqualTo("200 2");
      assertThat(curl(bellows, "--http2", "-d", "x=1")).isEqualTo("200 1.1");
      assertThat(curl(bellows, "--http1.1")).isEqualTo("200 1.1");
    }
  }

  private static String curl(BellowsProcess bellows, String... options) {
    List<String> words = new ArrayList<>(List.of("curl", "-sS", "-o", "/dev/null"));
    words.addAll(List.of("-w", "%{http_code} %{http_version}", "-H", "Host: " + HOST));
    words.addAll(List.of(options));
    words.add(bellows.gateway().toString());
    return Command.of(words.toArray(String[]::new)).run().succeeded().output();
  }

  @Test
  void h2loadGetsEveryAnswer() throws Exception {
    Command.require("h2load");
    try (BellowsProcess bellows = BellowsProcess.start(directory.resolve("data"))) {
      bellows.bellows("apply", "-f", "examples/autoscale.yaml").succeeded();
      bellows.bellows("wait", "ksvc/autoscale").succeeded();

      String report =
          Command.of(
                  "h2load",
                  "-n",
                  String.valueOf(REQUESTS),
                  "-c",
                  "10",
                  "-m",
                  "10",
                  "-H",
                  ":authority: " + HOST,
                  bellows.gateway().toString())
              .run()
              .succeeded()
              .output();
      assertThat(report)
          .contains(REQUESTS + " succeeded, 0 failed, 0 errored, 0 timeout")
          .contains("status codes: " + REQUESTS + " 2xx, 0 3xx, 0 4xx, 0 5xx");
    }
  }
}
