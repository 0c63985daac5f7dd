package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An unmodified kubectl on a pod of several containers, one of which keeps ending: as processes of
 * this machine, and as containers of an image.
 */
@BesideOthers
class MultiContainerIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Path IMAGE_SCRIPT =
      Path.of("src/test/programs/busybox-image.sh").toAbsolutePath();
  private static final String POD =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: many}
      spec:
        terminationGracePeriodSeconds: 1
        initContainers:
        - {name: before, image: IMAGE, args: [sh, -c, "echo before all"]}
        containers:
        - name: first
          image: IMAGE
          env: [{name: NAME, value: one}, {name: WORK, value: "WORKDIR"}]
          ports: [{containerPort: 8080}]
          args:
          - sh
          - -c
          - |
            mkdir -p "$WORK" && echo hello >"$WORK/index.html" && echo first is here
            exec busybox httpd -f -p "$PORT" -h "$WORK"
        - name: second
          image: IMAGE
          stdin: true
          env: [{name: NAME, value: two}]
          args: [sh, -c, "while read -r line; do echo heard $line; done; exec sleep 1000"]
        - name: third
          image: IMAGE
          args: [sh, -c, "echo third leaves; exit 3"]
      """;

  @TempDir Path directory;

  /** What runs the containers. */
  enum Form {
    PROCESSES {
      @Override
      BellowsProcess start(Path directory) throws IOException {
        BellowsProcess bellows = BellowsProcess.start(directory.resolve("data"));
        bellows.bellows("image", "add", IMAGE, "--", "busybox").succeeded();
        return bellows;
      }
    },
    PODMAN {
      @Override
      BellowsProcess start(Path directory) throws IOException {
        Command.require("podman");
        Command.of("sh", IMAGE_SCRIPT.toString(), IMAGE, directory.resolve("root").toString())
            .run()
            .succeeded();
        return BellowsProcess.start(directory.resolve("data"), 0, "--runtime", "podman");
      }
    };

    private static final String IMAGE = "localhost/bellows-box:1";

    abstract BellowsProcess start(Path directory) throws IOException;
  }

  @ParameterizedTest
  @EnumSource
  void everyContainerOfAPodIsReached(Form form) throws Exception {
    Command.require("kubectl");
    Command.require("busybox");
    try (BellowsProcess bellows = form.start(directory)) {
      bellows
          .kubectlCommand("apply", "-f", "-")
          .reading(
              POD.replace("IMAGE", Form.IMAGE)
                  .replace("WORKDIR", directory.resolve("work").toString()))
          .run()
          .succeeded();
      await()
          .atMost(PATIENCE)
          .until(() -> restarts(bellows) >= 1 && ready(bellows).equals("true true"));
      logs(bellows);
      exec(bellows);
      cp(bellows);
      attachAndFollow(bellows);
      portForward(bellows);
      top(bellows);
    }
  }

  private static String ready(BellowsProcess bellows) {
    return bellows
        .kubectl("get", "pod/many", "-o", "jsonpath={.status.containerStatuses[0:2].ready}")
        .succeeded()
        .output();
  }

  private static int restarts(BellowsProcess bellows) {
    String count =
        bellows
            .kubectl(
                "get", "pod/many", "-o", "jsonpath={.status.containerStatuses[2].restartCount}")
            .succeeded()
            .output();
    return count.isEmpty() ? 0 : Integer.parseInt(count);
  }

  private static String said(BellowsProcess bellows, String... more) {
    String[] words = new String[more.length + 2];
    words[0] = "logs";
    words[1] = "many";
    System.arraycopy(more, 0, words, 2, more.length);
    return bellows.kubectl(words).succeeded().output();
  }

  private static void logs(BellowsProcess bellows) {
    assertThat(said(bellows)).contains("Defaulted container \"first\"", "first is here");
    assertThat(said(bellows, "-c", "before")).isEqualTo("before all\n");
    assertThat(said(bellows, "-c", "third", "--previous")).isEqualTo("third leaves\n");
    assertThat(said(bellows, "--all-containers", "--prefix"))
        .contains("[pod/many/before] before all", "[pod/many/first] first is here");
    assertThat(bellows.kubectl("logs", "many", "-c", "first", "--previous").failed().output())
        .contains("previous terminated container \"first\" in pod \"many\" not found");
    assertThat(bellows.kubectl("logs", "many", "-c", "fourth").failed().output())
        .contains("fourth");
  }

  private static void exec(BellowsProcess bellows) {
    for (String[] each : new String[][] {{"first", "one"}, {"second", "two"}}) {
      assertThat(
              bellows
                  .kubectl("exec", "many", "-c", each[0], "--", "sh", "-c", "echo $NAME")
                  .succeeded()
                  .output())
          .isEqualTo(each[1] + "\n");
    }
    assertThat(bellows.kubectl("exec", "many", "-c", "second", "--", "sh", "-c", "exit 7").output())
        .contains("exit code 7");
  }

  private void cp(BellowsProcess bellows) throws IOException {
    Path from = Files.writeString(directory.resolve("from"), "a file\n".repeat(10_000));
    Path back = directory.resolve("back");
    String inside = directory.resolve("inside").toString();
    bellows.kubectl("exec", "many", "-c", "second", "--", "mkdir", "-p", inside).succeeded();
    bellows.kubectl("cp", "-c", "second", from.toString(), "many:" + inside + "/f").succeeded();
    bellows.kubectl("cp", "-c", "second", "many:" + inside + "/f", back.toString()).succeeded();
    assertThat(back).hasSameBinaryContentAs(from);
  }

  private static void attachAndFollow(BellowsProcess bellows) throws Exception {
    Process followed = bellows.kubectlCommand("logs", "-f", "many", "-c", "second").start();
    Process attached = bellows.kubectlCommand("attach", "-i", "many", "-c", "second").start();
    try (OutputStream typed = attached.getOutputStream()) {
      awaitHeard(attached, typed);
      awaitHeard(followed, typed);
    } finally {
      attached.destroyForcibly().waitFor();
      followed.destroyForcibly().waitFor();
    }
  }

  private static void awaitHeard(Process shows, OutputStream typed) {
    InputStream shown = shows.getInputStream();
    StringBuilder seen = new StringBuilder();
    await()
        .atMost(PATIENCE)
        .until(() -> {
          typed.write("a word\n".getBytes(StandardCharsets.UTF_8));
          typed.flush();
          seen.append(new String(shown.readNBytes(shown.available()), StandardCharsets.UTF_8));
          return seen.toString().contains("heard a word");
        });
  }

  private static void portForward(BellowsProcess bellows) throws Exception {
    Process client = bellows.kubectlCommand("port-forward", "pod/many", ":8080").start();
    try (InputStream said = client.getInputStream()) {
      StringBuilder seen = new StringBuilder();
      Pattern where = Pattern.compile("127\\.0\\.0\\.1:(\\d+) ->");
      await()
          .atMost(PATIENCE)
          .until(() -> {
            seen.append(new String(said.readNBytes(said.available()), StandardCharsets.UTF_8));
            return where.matcher(seen).find();
          });
      Matcher found = where.matcher(seen);
      assertThat(found.find()).isTrue();
      try (Socket socket =
          new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(found.group(1)))) {
        socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.UTF_8));
        assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
            .endsWith("hello\n");
      }
    } finally {
      client.destroyForcibly().waitFor();
    }
  }

  private static void top(BellowsProcess bellows) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(
                    bellows
                        .kubectl("top", "pod", "many", "--containers", "--no-headers")
                        .succeeded()
                        .output())
                .contains("first")
                .contains("second"));
  }
}
