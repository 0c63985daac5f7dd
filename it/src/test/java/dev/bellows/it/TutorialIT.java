package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a tutorial on Knative shows works as it stands there. */
@BesideOthers
class TutorialIT {
  private static final String IMAGE = "ghcr.io/knative/helloworld-go:latest";
  private static final String READY = "{.status.conditions[?(@.type==\"Ready\")].";

  @TempDir Path directory;

  @Test
  void aManifestsImageIsToldAndOnceItHasAProgramThePrintedUrlAnswers() throws Exception {
    Command.require("kubectl");
    Command.require("curl");
    Command.require("python3");
    Path hello =
        Files.writeString(
            directory.resolve("hello.yaml"),
            """
            apiVersion: serving.knative.dev/v1
            kind: Service
            metadata:
              name: hello
            spec:
              template:
                spec:
                  containers:
                    - image: %s
                      ports:
                        - containerPort: 8080
                      env:
                        - name: TARGET
                          value: "World"
            """
                .formatted(IMAGE));
    try (BellowsProcess bellows =
            BellowsProcess.start(directory.resolve("data"), "--domain", "localhost");
        Serving serving = new Serving(bellows)) {
      bellows.kubectl("apply", "-f", hello.toString()).succeeded();
      within()
          .untilAsserted(() ->
              assertThat(told(bellows, READY + "message}"))
                  .contains("bellows image add " + IMAGE + " -- "));
      serving.addProgram(IMAGE);
      within().untilAsserted(() -> assertThat(told(bellows, READY + "status}")).isEqualTo("True"));
      String url = told(bellows, "{.status.url}");
      assertThat(url).isEqualTo("http://hello.default.localhost:" + bellows.gateway().getPort());
      String answer = Command.of("curl", "-sS", "--max-time", "60", url).run().succeeded().output();
      assertThat(Serving.json(answer).path("greeting").asText()).isEqualTo("World");
    }
  }

  private static String told(BellowsProcess bellows, String path) {
    return bellows
        .kubectl("get", "ksvc", "hello", "-o", "jsonpath=" + path)
        .succeeded()
        .output()
        .strip();
  }

  private static ConditionFactory within() {
    return Awaitility.await().atMost(120, TimeUnit.SECONDS).pollInterval(1, TimeUnit.SECONDS);
  }
}
