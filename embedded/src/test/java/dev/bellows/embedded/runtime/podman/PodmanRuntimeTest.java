package dev.bellows.embedded.runtime.podman;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.bellows.embedded.image.ImageUnavailableException;
import dev.bellows.embedded.runtime.Attachment;
import dev.bellows.embedded.runtime.Container;
import dev.bellows.embedded.runtime.ContainerId;
import dev.bellows.embedded.runtime.ContainerSpec;
import dev.bellows.embedded.runtime.ContainerStartException;
import dev.bellows.embedded.runtime.Executable;
import dev.bellows.embedded.runtime.Identity;
import dev.bellows.embedded.runtime.ImageStore.PullPolicy;
import dev.bellows.embedded.runtime.Isolation;
import dev.bellows.embedded.runtime.Limits;
import dev.bellows.embedded.runtime.Mount;
import dev.bellows.embedded.runtime.Stdio;
import dev.bellows.embedded.runtime.TerminalSize;
import dev.bellows.embedded.runtime.log.LogReader;
import dev.bellows.embedded.runtime.process.ProcessRuntime;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real containers of an image that is made here: busybox and nothing else. */
class PodmanRuntimeTest {
  private static final Path BUSYBOX = Path.of("/bin/busybox");
  private static final String IMAGE = "localhost/bellows-test:1";

  @TempDir Path directory;
  private final String pod = UUID.randomUUID().toString();
  private final Podman podman = new Podman();
  private PodmanRuntime runtime;
  private int starts;

  @BeforeEach
  void open() throws Exception {
    makeImage();
    runtime = opened();
  }

  private PodmanRuntime opened() throws IOException {
    return new PodmanRuntime(
        directory.resolve("runtime"),
        new ProcessRuntime(
            directory.resolve("runtime"),
            Optional.empty(),
            true,
            System.getenv(),
            Clock.systemUTC()),
        Clock.systemUTC());
  }

  /** Once per machine: it lies in podman's own storage. */
  private void makeImage() throws Exception {
    if (!Files.isExecutable(Path.of("/usr/bin/podman")) || !Files.isExecutable(BUSYBOX)) {
      String message = "podman or busybox is not installed";
      if ("true".equals(System.getenv("CI"))) {
        Assertions.fail(message);
      }
      System.out.println("SKIPPED: " + message);
      Assumptions.abort(message);
    }
    if (podman.run("image", "exists", IMAGE).succeeded()) {
      return;
    }
    Path root = directory.resolve("root");
    for (String file : withLibraries()) {
      Path copy = root.resolve(file.substring(1));
      Files.createDirectories(copy.getParent());
      Files.copy(Path.of(file), copy);
    }
    for (String name : List.of("sh", "sleep", "cat", "echo", "id", "kill")) {
      Files.createSymbolicLink(root.resolve("bin").resolve(name), Path.of("busybox"));
    }
    Path tar = directory.resolve("root.tar");
    int code =
        new ProcessBuilder("tar", "-C", root.toString(), "-cf", tar.toString(), ".")
            .inheritIO()
            .start()
            .waitFor();
    assertThat(code).isZero();
    Podman.Result made =
        podman.run(
            "import",
            "--change",
            "ENV FROM_IMAGE=yes",
            "--change",
            "ENTRYPOINT [\"/bin/sh\",\"-c\"]",
            tar.toString(),
            IMAGE);
    assertThat(made.code()).as(made.output()).isZero();
  }

  /** Debian's is linked with the C library; a static one has none. */
  private static List<String> withLibraries() throws IOException {
    Process ldd = new ProcessBuilder("ldd", BUSYBOX.toString()).start();
    String linked = new String(ldd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    List<String> files = new ArrayList<>(List.of(BUSYBOX.toString()));
    Matcher library = Pattern.compile("(/\\S+) \\(0x").matcher(linked);
    while (library.find()) {
      files.add(library.group(1));
    }
    return files;
  }

  @AfterEach
  void close() {
    if (runtime != null) {
      runtime.close();
    }
  }

  private Path log() {
    return directory.resolve("logs").resolve("log");
  }

  private Container start(Isolation isolation, List<String> entryPoint, String... arguments)
      throws ContainerStartException {
    return start(Stdio.OUTPUT_ONLY, isolation, entryPoint, arguments);
  }

  private Container start(
      Stdio stdio, Isolation isolation, List<String> entryPoint, String... arguments)
      throws ContainerStartException {
    return runtime.start(
        new ContainerSpec(
            new ContainerId(pod, "c", starts++),
            IMAGE,
            new Executable.OfImage(IMAGE, entryPoint, List.of(arguments)),
            Map.of("WORD", "a b\nc"),
            Optional.empty(),
            stdio,
            log(),
            isolation));
  }

  private static int exit(Container container) throws Exception {
    return container.exit().get(20, TimeUnit.SECONDS).code();
  }

  private String printed() throws IOException {
    return LogReader.tail(log(), 100, 10_000);
  }

  @Test
  void runsAnImageWithItsEnvironmentAndTellsOutputAndExitCode() throws Exception {
    Container container =
        start(Isolation.NONE, List.of(), "echo \"$FROM_IMAGE $WORD\"; echo bad >&2; exit 3");
    assertThat(container.runtimeId()).startsWith("podman://");
    assertThat(exit(container)).isEqualTo(3);
    assertThat(printed()).contains("yes a b", "c", "bad");
  }

  @Test
  void commandReplacesTheEntryPointAndWhatCannotBeExecutedIsRefused() throws Exception {
    assertThat(exit(start(Isolation.NONE, List.of("/bin/echo", "one"), "two"))).isZero();
    assertThat(printed()).contains("one two");
    assertThatThrownBy(() -> start(Isolation.NONE, List.of("/bin/nothing")))
        .isInstanceOf(ContainerStartException.class)
        .hasMessageContaining("/bin/nothing");
  }

  @Test
  void endsOnTermAndOnKill() throws Exception {
    Container asked =
        start(Isolation.NONE, List.of(), "trap 'exit 5' TERM; while :; do sleep 0.1; done");
    Container killed = start(Isolation.NONE, List.of(), "sleep 1000");
    await().untilAsserted(() -> assertThat(exec(asked, "kill", "-0", "1")).isZero());
    asked.terminate();
    killed.kill();
    assertThat(exit(asked)).isEqualTo(5);
    assertThat(exit(killed)).isEqualTo(137);
  }

  private static int exec(Container container, String... command) throws ContainerStartException {
    return container.exec(List.of(command), Duration.ofSeconds(20)).exit().orElseThrow().code();
  }

  @Test
  void executesInsideUntilTheTimeIsUp() throws Exception {
    Container container = start(Isolation.NONE, List.of(), "sleep 1000");
    var said =
        container.exec(List.of("/bin/sh", "-c", "echo $WORD; exit 4"), Duration.ofSeconds(20));
    assertThat(said.exit().orElseThrow().code()).isEqualTo(4);
    assertThat(said.output()).contains("a b");
    var late = container.exec(List.of("/bin/sleep", "777"), Duration.ofMillis(1500));
    assertThat(late.exit()).isEmpty();
    await().until(() -> ProcessHandle.allProcesses().noneMatch(PodmanRuntimeTest::sleeps777));
    assertThatThrownBy(() -> container.exec(List.of("/nothing"), Duration.ofSeconds(20)))
        .isInstanceOf(ContainerStartException.class);
  }

  private static boolean sleeps777(ProcessHandle process) {
    return sleeps(process, "777");
  }

  /** Podman's own processes name the command, too. */
  private static boolean sleeps(ProcessHandle process, String seconds) {
    return process.info().arguments().filter(words -> List.of(words).contains(seconds)).isPresent();
  }

  /** What is said until a text comes, read on a thread that may block. */
  private static String until(String wanted, Attachment attachment) throws Exception {
    return CompletableFuture.supplyAsync(
            () -> {
              StringBuilder said = new StringBuilder();
              try {
                InputStream output = attachment.output();
                for (int one = output.read(); one >= 0; one = output.read()) {
                  said.append((char) one);
                  if (said.indexOf(wanted) >= 0) {
                    return said.toString();
                  }
                }
              } catch (IOException e) {
                said.append(e.getMessage());
              }
              throw new AssertionError("no '" + wanted + "' in: " + said);
            })
        .get(30, TimeUnit.SECONDS);
  }

  private static void type(Attachment attachment, String text) throws IOException {
    OutputStream input = attachment.input().orElseThrow();
    input.write(text.getBytes(StandardCharsets.UTF_8));
    input.flush();
  }

  @Test
  void aCommandHasATerminalOfTheSizeThatItIsGiven() throws Exception {
    Container container = start(Isolation.NONE, List.of(), "sleep 1000");
    Attachment held = container.exec(List.of("/bin/sh"), Stdio.TERMINAL);
    try (held) {
      held.resize(new TerminalSize(101, 37));
      type(held, "echo $((40 + 2))\n");
      until("42", held);
      // The size arrives when podman has heard of it.
      type(held, "until busybox stty size | busybox grep '37 101'; do sleep 0.1; done; exit 6\n");
      until("\n37 101", held);
      assertThat(held.exit().get(20, TimeUnit.SECONDS).code()).isEqualTo(6);
    }
    Attachment left = container.exec(List.of("/bin/sleep", "778"), Stdio.TERMINAL);
    await().until(() -> ProcessHandle.allProcesses().anyMatch(one -> sleeps(one, "778")));
    left.close();
    await().until(() -> ProcessHandle.allProcesses().noneMatch(one -> sleeps(one, "778")));
  }

  @Test
  void whoAttachesTalksWithTheProgramWhichOutlivesTheTalk() throws Exception {
    String program = "while read x; do echo got-$x; done; exit 3";
    Container container = start(Stdio.TERMINAL, Isolation.NONE, List.of(), program);
    try (Attachment first = container.attach()) {
      type(first, "one\n");
      until("got-one", first);
    }
    try (Attachment second = container.attach()) {
      type(second, "two\n");
      until("got-two", second);
      container.kill();
      assertThat(second.exit().get(20, TimeUnit.SECONDS).code()).isEqualTo(137);
    }
    Container piped = start(Stdio.PIPES, Isolation.NONE, List.of(), program);
    try (Attachment talks = piped.attach()) {
      type(talks, "one\n");
      until("got-one", talks);
      talks.input().orElseThrow().close();
      assertThat(talks.exit().get(20, TimeUnit.SECONDS).code()).isEqualTo(3);
    }
    Container talks = start(Isolation.NONE, List.of(), "while :; do echo tick; sleep 0.1; done");
    try (Attachment listens = talks.attach()) {
      until("tick", listens);
    }
  }

  @Test
  void mountsAreSeenAndUsersAndLimitsHold() throws Exception {
    Path volume = Files.createDirectories(directory.resolve("a, \"volume\""));
    Files.writeString(volume.resolve("file"), "from outside");
    Files.createSymbolicLink(volume.resolve("out"), Path.of(".."));
    Isolation isolation =
        new Isolation(
            Optional.empty(),
            List.of(Mount.of(volume, Path.of("/data"), true)),
            Optional.of(new Identity(1234, 1234, List.of(77))),
            new Limits(OptionalLong.of(64 << 20), OptionalLong.of(500), OptionalLong.of(50)));
    Container container =
        start(isolation, List.of(), "cat /data/file; id -u; id -G; echo no > /data/file || exit 9");
    assertThat(exit(container)).isEqualTo(9);
    assertThat(printed()).contains("from outside", "1234", "77");
    assertThatThrownBy(() ->
            start(
                new Isolation(
                    Optional.empty(),
                    List.of(new Mount(volume, "out", Path.of("/data"), true)),
                    Optional.empty(),
                    Limits.NONE),
                List.of(),
                "true"))
        .hasMessageContaining("leads out of its volume");
  }

  @Test
  void whatAKilledRuntimeLeftIsEndedByTheNext() throws Exception {
    Container left = start(Isolation.NONE, List.of(), "sleep 888");
    assertThat(left.exit()).isNotDone();
    // The first is not closed: as if its process had been killed.
    PodmanRuntime next = opened();
    try {
      assertThat(exit(left)).isEqualTo(137);
      assertThat(podman.run("ps", "--all", "--format", "{{.Names}}").output()).doesNotContain(pod);
    } finally {
      next.close();
    }
  }

  @Test
  void programsOfTheMachineRunAsBefore() throws Exception {
    Container program =
        runtime.start(
            new ContainerSpec(
                new ContainerId(pod, "c", starts++),
                "sh",
                List.of("sh", "-c", "exit 6"),
                Map.of(),
                Optional.empty(),
                Stdio.OUTPUT_ONLY,
                log(),
                Isolation.NONE));
    assertThat(program.runtimeId()).startsWith("process://");
    assertThat(exit(program)).isEqualTo(6);
  }

  @Test
  void anImageThatIsNotThereIsRefusedWithTheReason() {
    assertThat(runtime.mayHave(IMAGE)).isTrue();
    assertThat(runtime.mayHave("localhost/nothing:1")).isFalse();
    assertThatThrownBy(() -> runtime.require("localhost/nothing:1", PullPolicy.NEVER))
        .isInstanceOf(ImageUnavailableException.class)
        .hasMessageContaining("imagePullPolicy is Never");
  }
}
