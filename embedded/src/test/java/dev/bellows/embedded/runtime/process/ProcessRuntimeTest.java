package dev.bellows.embedded.runtime.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.bellows.embedded.runtime.Container;
import dev.bellows.embedded.runtime.ContainerId;
import dev.bellows.embedded.runtime.ContainerSpec;
import dev.bellows.embedded.runtime.ContainerStartException;
import dev.bellows.embedded.runtime.ExecResult;
import dev.bellows.embedded.runtime.ExitStatus;
import dev.bellows.embedded.runtime.Isolation;
import dev.bellows.embedded.runtime.Stdio;
import dev.bellows.embedded.store.DataFiles;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Programs that the C library starts, and the same ones started by the JDK. */
@ParameterizedClass
@EnumSource(ProcessRuntimeTest.Way.class)
class ProcessRuntimeTest {
  enum Way {
    NATIVE,
    JDK
  }

  private final Way way;

  ProcessRuntimeTest(Way way) {
    this.way = way;
  }

  private static final Map<String, String> OURS =
      Map.of("PATH", "/usr/bin:/bin", "HOME", "/home/someone", "SECRET", "not for programs");

  @TempDir Path directory;
  private ProcessRuntime runtime;
  private int starts;

  @BeforeEach
  void open() throws IOException {
    open(Optional.empty());
  }

  private void open(Optional<Account> account) throws IOException {
    Launcher launcher =
        new Launcher(
            OURS,
            account,
            () ->
                switch (way) {
                  case NATIVE -> {
                    Optional<NativeSpawner> found = NativeSpawner.find();
                    assumeTrue(found.isPresent(), "needs glibc 2.34 or later");
                    yield found;
                  }
                  case JDK -> Optional.empty();
                },
            Optional.of(DataFiles.ownerOnlyDirectory(directory.resolve("scratch"))));
    runtime =
        new ProcessRuntime(directory.resolve("runtime"), account, launcher, Clock.systemUTC());
  }

  @AfterEach
  void close() {
    runtime.close();
  }

  private Path log() {
    return directory.resolve("log");
  }

  private ContainerSpec spec(Map<String, String> environment, String... command) {
    return new ContainerSpec(
        new ContainerId("pod", "user-container", starts++),
        "image",
        List.of(command),
        environment,
        Optional.empty(),
        Stdio.OUTPUT_ONLY,
        log(),
        Isolation.NONE);
  }

  private Container start(String... command) throws ContainerStartException {
    return runtime.start(spec(Map.of(), command));
  }

  private static ExitStatus exit(Container container) throws Exception {
    return container.exit().get(20, TimeUnit.SECONDS);
  }

  private List<String> printed() throws IOException {
    return Files.readAllLines(log()).stream().map(line -> line.split(" ", 4)[3]).toList();
  }

  private long pid(String pattern) {
    long[] pid = new long[1];
    await()
        .until(() -> {
          for (ProcessTable.Entry process : ProcessTable.all()) {
            Path line = Path.of("/proc/" + process.pid() + "/cmdline");
            if (!process.zombie() && Files.exists(line)) {
              String command = Files.readString(line).replace('\0', ' ').strip();
              if (command.equals(pattern)) {
                pid[0] = process.pid();
                return true;
              }
            }
          }
          return false;
        });
    return pid[0];
  }

  private static void awaitGone(long pid) {
    await().until(() -> ProcessTable.find(pid).filter(process -> !process.zombie()).isEmpty());
  }

  @Test
  void aProgramSeesItsOwnEnvironmentAndFewBasics() throws Exception {
    exit(runtime.start(spec(Map.of("K_SERVICE", "hello", "HOME", "/own"), "env")));
    assertThat(printed())
        .hasSize(4)
        .contains("K_SERVICE=hello", "HOME=/own", "PATH=/usr/bin:/bin")
        .anyMatch(line -> line.startsWith("BELLOWS_CONTAINER="));
  }

  @Test
  void aProgramLeadsASessionOfItsOwn() throws Exception {
    Container container = start("sleep", "1000");
    long pid = Long.parseLong(container.runtimeId().substring("process://".length()));
    await()
        .untilAsserted(() ->
            assertThat(ProcessTable.find(pid))
                .hasValueSatisfying(process -> {
                  assertThat(process.group()).isEqualTo(pid);
                  assertThat(process.session()).isEqualTo(pid);
                }));
  }

  @Test
  void argumentsReachTheProgramAsTheyAre() throws Exception {
    exit(start("printf", "%s\\n", "a b", "$HOME", "`id`", "'; exit 1", "--", ""));
    assertThat(printed()).containsExactly("a b", "$HOME", "`id`", "'; exit 1", "--", "");
  }

  @Test
  void tellsExitCodesAndSignals() throws Exception {
    assertThat(exit(start("sh", "-c", "exit 37"))).isEqualTo(new ExitStatus(37));
    assertThat(exit(start("true"))).isEqualTo(new ExitStatus(0));
    ExitStatus killed = exit(start("sh", "-c", "kill -9 $$"));
    assertThat(killed.code()).isEqualTo(137);
    assertThat(killed.signal()).hasValue(9);
  }

  @Test
  void thereIsNothingToRead() throws Exception {
    assertThat(exit(start("cat"))).isEqualTo(new ExitStatus(0));
  }

  @Test
  void bothOutputsAreInTheLogWhenTheExitIsTold() throws Exception {
    exit(start("sh", "-c", "echo out; echo err >&2"));
    assertThat(Files.readAllLines(log()))
        .anyMatch(line -> line.endsWith(" stdout F out"))
        .anyMatch(line -> line.endsWith(" stderr F err"));
  }

  @Test
  void startsInItsWorkingDirectory() throws Exception {
    Path work = Files.createDirectory(directory.resolve("work here"));
    Files.createSymbolicLink(work.resolve("tool"), Path.of("/bin/pwd"));
    ContainerSpec plain = spec(Map.of(), "./tool");
    exit(
        runtime.start(
            new ContainerSpec(
                plain.id(),
                plain.image(),
                plain.executable(),
                Map.of(),
                Optional.of(work),
                plain.stdio(),
                plain.logFile(),
                Isolation.NONE)));
    assertThat(printed()).containsExactly(work.toRealPath().toString());
  }

  @Test
  void sigtermGoesToTheFirstProcessAndItsEndEndsTheRest() throws Exception {
    Container container =
        start("sh", "-c", "trap 'echo bye; exit 3' TERM; sleep 100001 & echo up; wait");
    await().until(() -> Files.exists(log()) && printed().contains("up"));
    long child = pid("sleep 100001");
    container.terminate();
    assertThat(exit(container)).isEqualTo(new ExitStatus(3));
    assertThat(printed()).contains("bye");
    awaitGone(child);
  }

  @Test
  void killReachesTheWholeGroup() throws Exception {
    Container container = start("sh", "-c", "trap '' TERM; sleep 100002; sleep 100003");
    long child = pid("sleep 100002");
    container.terminate();
    container.kill();
    assertThat(exit(container).signal()).hasValue(9);
    awaitGone(child);
  }

  @Test
  void killAtOnceAfterTheStartIsNotLost() throws Exception {
    Container container = start("sleep", "1000");
    container.kill();
    assertThat(exit(container).signal()).hasValue(9);
  }

  @Test
  void aChildThatLeftTheSessionEndsWithItsContainer() throws Exception {
    Container container = start("sh", "-c", "setsid sleep 100004 & sleep 100005");
    long daemon = pid("sleep 100004");
    container.kill();
    exit(container);
    awaitGone(daemon);
  }

  @Test
  void closingEndsChildrenThatLeftTheSession() throws Exception {
    start("sh", "-c", "setsid sleep 100010 & sleep 100011");
    long daemon = pid("sleep 100010");
    runtime.close();
    awaitGone(daemon);
  }

  @Test
  void aProgramInheritsNoFileOfOurs() throws Exception {
    try (ServerSocket ours = new ServerSocket(0)) {
      assertThat(ours.isBound()).isTrue();
      exit(start("sh", "-c", "ls /proc/$$/fd; readlink /proc/$$/fd/0"));
    }
    assertThat(printed()).startsWith("0", "1", "2").endsWith("/dev/null").hasSizeLessThan(6);
  }

  @Test
  void aProgramIsNotToldToIgnoreSignals() throws Exception {
    exit(start("sh", "-c", "grep -E '^Sig(Blk|Ign)' /proc/self/status"));
    // What whoever started us had us ignore (nohup, a job in the background) is handed on.
    long inherited =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("SigIgn"))
            .mapToLong(ProcessRuntimeTest::signals)
            .sum();
    for (String line : printed()) {
      assertThat(signals(line) & ~inherited).as(line).isZero();
    }
    assertThat(printed()).hasSize(2);
  }

  /** The mask of a line of /proc/PID/status; from 32 on signals belong to the C library. */
  private static long signals(String line) {
    return Long.parseUnsignedLong(line.substring(line.indexOf('\t') + 1), 16) & 0x7fffffffL;
  }

  @Test
  void saysWhatCannotBeExecuted() throws IOException {
    assertThatThrownBy(() -> start("no-such-program"))
        .isInstanceOf(ContainerStartException.class)
        .hasMessage("exec: \"no-such-program\": executable file not found in $PATH");
    assertThatThrownBy(() -> start("/no/such/file"))
        .hasMessage("exec: \"/no/such/file\": stat /no/such/file: no such file or directory");
    Path plain = Files.writeString(directory.resolve("plain"), "text");
    assertThatThrownBy(() -> start(plain.toString()))
        .hasMessage("exec: \"" + plain + "\": permission denied");
    assertThatThrownBy(() -> start("")).hasMessageContaining("not found in $PATH");
    assertThatThrownBy(() -> start("echo", "a\0b")).hasMessageContaining("holds a NUL");
    assertThatThrownBy(() -> runtime.start(spec(Map.of("A=B", ""), "true")))
        .hasMessage("exec: invalid variable 'A=B'");
  }

  @Test
  void namesThatCouldClimbOutOfADirectoryAreRefused() {
    for (String name : List.of("..", "a/b", "", "a\0b", "A", "x".repeat(64))) {
      assertThatThrownBy(() -> new ContainerId("pod", name, 0))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void runsACommandBesideTheContainer() throws Exception {
    Container container = runtime.start(spec(Map.of("MINE", "yes"), "sleep", "1000"));
    ExecResult shown =
        container.exec(List.of("sh", "-c", "echo $MINE; exit 4"), Duration.ofSeconds(20));
    assertThat(shown).isEqualTo(new ExecResult(Optional.of(new ExitStatus(4)), "yes\n"));
    ExecResult late = container.exec(List.of("sleep", "100006"), Duration.ofMillis(20));
    assertThat(late.exit()).isEmpty();
  }

  @Test
  void closingLeavesNothingRunning() throws Exception {
    start("sleep", "100007");
    start("sh", "-c", "sleep 100008 & sleep 100009");
    List<Long> pids = List.of(pid("sleep 100007"), pid("sleep 100008"), pid("sleep 100009"));
    runtime.close();
    pids.forEach(ProcessRuntimeTest::awaitGone);
    try (var files = Files.list(directory.resolve("runtime/running"))) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void runsProgramsAsAnotherUserWhenToldTo() throws Exception {
    assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs to be root");
    runtime.close();
    open(Optional.of(Account.of("nobody")));
    String script =
        "id -un; id -Gn; echo $USER; touch here && ls; cat %s 2>&1 | grep -o denied"
            .formatted(Files.writeString(directory.resolve("ours"), "secret"));
    Container container = runtime.start(spec(Map.of(), "sh", "-c", script));
    assertThat(exit(container).code()).isZero();
    assertThat(printed()).containsExactly("nobody", "nogroup", "nobody", "here", "denied");
  }

  @Test
  void aUserWhoIsNotThereIsNamed() {
    for (String name : List.of("nobody-of-this-name", "", "-s")) {
      assertThatThrownBy(() -> Account.of(name))
          .isInstanceOf(IOException.class)
          .hasMessage("there is no user \"" + name + "\" on this machine");
    }
  }
}
