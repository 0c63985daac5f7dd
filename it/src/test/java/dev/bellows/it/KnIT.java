package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What kn's documentation shows, done with kn where it is at hand ({@code it/kn/build.sh} builds
 * it), and always by every call that kn made to the API when it was recorded.
 *
 * <p>{@code -Dkn.record=FILE} writes the calls of kn itself to a file: the resource kn-calls.jsonl.
 */
@BesideOthers
class KnIT {
  private static final String QUICKSTART = "ghcr.io/knative/helloworld-go";
  private static final String HOST = "hello.default.example.com";
  private static final String RECORDING = "kn-calls.jsonl";

  @TempDir Path directory;

  @FunctionalInterface
  private interface Check {
    void check(BellowsProcess bellows) throws Exception;
  }

  /**
   * One run of kn.
   *
   * @param words after {@code kn}; DIR stands for the test's directory
   * @param exitCode kn's
   * @param says what stands in its output
   * @param then what holds afterwards
   */
  private record Step(String words, int exitCode, List<String> says, Check then) {
    static Step kn(String words, String... says) {
      return new Step(words, 0, List.of(says), bellows -> {});
    }

    Step fails() {
      return new Step(words, 1, says, then);
    }

    Step then(Check check) {
      return new Step(words, exitCode, says, check);
    }
  }

  private static final List<Step> STEPS =
      List.of(
          Step.kn(
                  "service create hello --image "
                      + QUICKSTART
                      + ":latest --port 8080 --env TARGET=World",
                  "Service 'hello' created to latest revision 'hello-00001' is available at URL:",
                  "http://hello.default.example.com")
              .then(bellows -> assertThat(greeting(bellows, HOST)).isEqualTo("World")),
          Step.kn("service create hello --image " + QUICKSTART, "cannot create service 'hello'")
              .fails(),
          Step.kn("service list", "hello", "3 OK / 3", "True"),
          Step.kn("service describe hello", "100%  @latest (hello-00001)", "++ Ready"),
          Step.kn("service describe hello -o url", "http://hello.default.example.com"),
          Step.kn(
              "service update hello --env TARGET=two --annotation colour=blue --label tier=web"
                  + " --concurrency-limit 10 --scale-min 0 --scale-max 5",
              "Service 'hello' updated to latest revision 'hello-00002'"),
          Step.kn(
                  "service update hello --tag hello-00001=blue --tag @latest=green --traffic"
                      + " blue=50 --traffic green=50",
                  "(unchanged) is available at URL:")
              .then(bellows -> {
                assertThat(greeting(bellows, "blue-" + HOST)).isEqualTo("World");
                assertThat(greeting(bellows, "green-" + HOST)).isEqualTo("two");
              }),
          Step.kn("revision list", "hello-00002", "50%", "green", "hello-00001", "blue"),
          Step.kn("revision list -s hello", "hello-00001"),
          Step.kn("revision describe hello-00001", "TARGET=World", "++ Ready"),
          Step.kn("route list", "hello", "http://hello.default.example.com", "True"),
          Step.kn("route describe hello", "50%", "#green", "http://green-hello.default"),
          Step.kn("service export hello -o yaml", "kind: Export"),
          Step.kn("service export hello --with-revisions --mode=replay -o yaml", "kind: List"),
          Step.kn(
                  "service update hello --untag green --traffic blue=0 --traffic @latest=100"
                      + " --scale 1..3",
                  "Service 'hello' updated to latest revision 'hello-00003'")
              .then(bellows -> {
                assertThat(greeting(bellows, HOST)).isEqualTo("two");
                assertThat(bellows.request("green-" + HOST, "/").statusCode()).isEqualTo(404);
              }),
          Step.kn(
                  "service apply hello --image " + QUICKSTART + " --env TARGET=applied",
                  "Service 'hello' applied to latest revision 'hello-00004'")
              .then(bellows -> assertThat(greeting(bellows, HOST)).isEqualTo("applied")),
          Step.kn(
              "service apply hello --image " + QUICKSTART + " --env TARGET=applied",
              "No changes to apply to service 'hello'."),
          Step.kn("domain create hello.example.org --ref hello", "created in namespace 'default'")
              .then(bellows ->
                  Awaitility.await()
                      .atMost(30, TimeUnit.SECONDS)
                      .untilAsserted(() ->
                          assertThat(greeting(bellows, "hello.example.org")).isEqualTo("applied"))),
          Step.kn("domain list", "hello.example.org", "http://hello.example.org"),
          Step.kn("domain describe hello.example.org", "serving.knative.dev/v1", "Name:       "),
          Step.kn("domain update hello.example.org --ref ksvc:hello:default", "updated"),
          Step.kn("domain delete hello.example.org", "deleted"),
          Step.kn("revision delete hello-00002", "Revision 'hello-00002' deleted"),
          Step.kn("service wait hello", "is ready"),
          Step.kn("service delete hello --wait", "Service 'hello' successfully deleted"),
          Step.kn("service list", "No services found."),
          // Revisions that are to be imported again need names of their own: else kn and the
          // control plane make the first of one name at the same time.
          Step.kn(
              "service create kept --image "
                  + QUICKSTART
                  + " --env TARGET=old --revision-name kept-one",
              "revision 'kept-one'"),
          Step.kn(
              "service update kept --env TARGET=new --revision-name kept-two --tag kept-one=old",
              "revision 'kept-two'"),
          Step.kn("service export kept --with-revisions --mode=export -o yaml", "kind: Export"),
          Step.kn("service delete kept --wait", "successfully deleted"),
          Step.kn(
              "service import DIR/export.yaml",
              "Service 'kept' imported to latest revision 'kept-two'"),
          Step.kn("service describe kept", "kept-one", "#old")
              .then(bellows ->
                  assertThat(greeting(bellows, "old-kept.default.example.com")).isEqualTo("old")),
          Step.kn(
                  "service create nobody --image dev.local/nobody --wait-timeout 30",
                  "Unable to fetch image \"dev.local/nobody\"",
                  "bellows image add dev.local/nobody")
              .fails(),
          Step.kn("service delete nobody --wait", "successfully deleted"));

  @Test
  void knDoesWhatItsDocumentationShows() throws Exception {
    Path kn = KnTools.require("kn");
    try (BellowsProcess bellows = start();
        RecordingProxy proxy = new RecordingProxy(Files.readString(bellows.kubeconfig()))) {
      Path kubeconfig = Files.writeString(directory.resolve("proxied"), proxy.kubeconfig());
      for (Step step : STEPS) {
        proxy.begin(step.words());
        List<String> command = new ArrayList<>(List.of(kn.toString()));
        command.addAll(Arrays.asList(step.words().replace("DIR", directory.toString()).split(" ")));
        Command.Result result =
            Command.of(command.toArray(String[]::new))
                .with("KUBECONFIG", kubeconfig.toString())
                .run();
        assertThat(result.exitCode())
            .as("kn %s: %s", step.words(), result.output())
            .isEqualTo(step.exitCode());
        assertThat(result.output()).as("kn %s", step.words()).contains(step.says());
        if (step.words().contains("--mode=export")) {
          Files.writeString(directory.resolve("export.yaml"), result.output());
        }
        step.then().check(bellows);
      }
      String file = System.getProperty("kn.record", "");
      if (file.isEmpty()) {
        assertThat(shapes(proxy.calls()))
            .as("the calls of kn, as they were recorded")
            .isEqualTo(shapes(recorded()));
      } else {
        KnCall.write(Path.of(file), proxy.calls());
      }
    }
  }

  @Test
  void everyCallThatKnMakesIsAnsweredInItsOrder() throws Exception {
    List<KnCall> calls = recorded();
    try (BellowsProcess bellows = start();
        KnReplay replay = new KnReplay(Files.readString(bellows.kubeconfig()))) {
      int next = 0;
      for (Step step : STEPS) {
        while (next < calls.size() && calls.get(next).of().equals(step.words())) {
          replay.make(calls.get(next++));
        }
        step.then().check(bellows);
      }
      assertThat(next).as("calls made again").isEqualTo(calls.size());
    }
  }

  private BellowsProcess start() throws IOException {
    Command.require("python3");
    BellowsProcess bellows = BellowsProcess.start(directory.resolve("data"));
    try (Serving serving = new Serving(bellows)) {
      serving.addProgram(QUICKSTART);
    }
    return bellows;
  }

  private static List<KnCall> recorded() throws IOException {
    try (InputStream lines = Objects.requireNonNull(KnIT.class.getResourceAsStream(RECORDING))) {
      return KnCall.read(lines);
    }
  }

  /** The calls without what differs from run to run. */
  private static Set<String> shapes(List<KnCall> calls) {
    return calls.stream()
        .map(call ->
            call.method()
                + " "
                + call.path().replaceAll("(resourceVersion|timeoutSeconds)=\\d+", "$1=N"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String greeting(BellowsProcess bellows, String host)
      throws IOException, InterruptedException {
    HttpResponse<String> answer = bellows.request(host, "/");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return Serving.json(answer.body()).path("greeting").asText();
  }
}
