package dev.bellows.embedded.runtime.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bellows.embedded.runtime.ContainerId;
import dev.bellows.embedded.runtime.ContainerSpec;
import dev.bellows.embedded.runtime.Isolation;
import dev.bellows.embedded.runtime.Limits;
import dev.bellows.embedded.runtime.Mount;
import dev.bellows.embedded.runtime.Powers;
import dev.bellows.embedded.runtime.Stdio;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left of containers when the JVM that started them is killed. */
class KilledRuntimeTest {
  @TempDir Path directory;

  /** A JVM that starts containers, prints the pids of theirs and waits to be killed. */
  static final class Victim {
    public static void main(String[] args) throws Exception {
      Path directory = Path.of(args[0]);
      @SuppressWarnings("resource") // it is to die with its containers running
      ProcessRuntime runtime =
          new ProcessRuntime(
              directory.resolve("runtime"),
              Optional.empty(),
              true,
              System.getenv(),
              Clock.systemUTC());
      // What a root's runtime gives them: groups, and a namespace for the one mount.
      Isolation isolation =
          runtime.powers().has(Powers.Power.MOUNTS)
              ? new Isolation(
                  Optional.empty(),
                  List.of(Mount.of(directory, Path.of("/srv"), true)),
                  Optional.empty(),
                  new Limits(OptionalLong.of(64 << 20), OptionalLong.of(500), OptionalLong.of(100)))
              : Isolation.NONE;
      for (String program :
          new String[] {
            "echo $$; sleep 1000",
            "sleep 1000 & echo $!; sleep 1000",
            "setsid sleep 1000 & echo $!; sleep 1000"
          }) {
        runtime.start(
            new ContainerSpec(
                new ContainerId(UUID.randomUUID().toString(), "c", 0),
                "image",
                List.of("sh", "-c", program),
                Map.of(),
                Optional.empty(),
                Stdio.OUTPUT_ONLY,
                directory.resolve("logs").resolve(UUID.randomUUID() + ".log"),
                isolation));
      }
      System.out.println("started");
      new CountDownLatch(1).await();
    }
  }

  private Process victim() throws IOException {
    Process victim =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Victim.class.getName(),
                directory.toString())
            .redirectErrorStream(true)
            .start();
    BufferedReader output = victim.inputReader();
    List<String> seen = new ArrayList<>();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      seen.add(line);
      if (line.equals("started")) {
        return victim;
      }
    }
    throw new AssertionError(String.join("\n", seen));
  }

  /** The pids that the three programs wrote: one first process, one child, one that left. */
  private List<Long> pids() {
    List<Long> pids = new ArrayList<>();
    await()
        .until(() -> {
          pids.clear();
          try (var logs = Files.list(directory.resolve("logs"))) {
            for (Path log : logs.toList()) {
              for (String line : Files.readAllLines(log)) {
                pids.add(Long.parseLong(line.split(" ", 4)[3]));
              }
            }
          }
          return pids.size() == 3;
        });
    return pids;
  }

  private static boolean lives(long pid) {
    return ProcessTable.find(pid).filter(process -> !process.zombie()).isPresent();
  }

  @Test
  void firstProcessesDieWithTheJvmAndTheRestAtTheNextStart() throws Exception {
    Process victim = victim();
    List<Long> pids = pids();
    List<Long> first =
        new Journal(directory.resolve("runtime/running"))
            .entries().stream().map(Journal.Entry::pid).toList();
    assertThat(first).hasSize(3).allMatch(KilledRuntimeTest::lives);
    assertThat(pids).allMatch(KilledRuntimeTest::lives);

    victim.destroyForcibly().waitFor();
    await().until(() -> first.stream().noneMatch(KilledRuntimeTest::lives));

    new ProcessRuntime(
            directory.resolve("runtime"),
            Optional.empty(),
            true,
            System.getenv(),
            Clock.systemUTC())
        .close();
    assertThat(pids).noneMatch(KilledRuntimeTest::lives);
    assertThat(new Journal(directory.resolve("runtime/running")).entries()).isEmpty();
    assertThat(ourControlGroups()).isEmpty();
    assertThat(Files.readString(Path.of("/proc/self/mountinfo")))
        .doesNotContain(directory.getFileName().toString());
  }

  private List<String> ourControlGroups() throws IOException {
    String id = Files.readString(directory.resolve("runtime/runtime-id")).strip();
    Process find =
        new ProcessBuilder("find", "/sys/fs/cgroup", "-path", "*bellows-" + id + "*", "-type", "d")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    return find.inputReader().lines().toList();
  }

  @Test
  void aStrangerThatGotThePidAgainIsLeftAlone() throws Exception {
    Process stranger = new ProcessBuilder("sleep", "1000").start();
    try {
      long start = ProcessTable.find(stranger.pid()).orElseThrow().startTicks();
      Journal journal = new Journal(directory.resolve("runtime/running"));
      journal.add(entry(stranger.pid(), start - 1, ProcessTable.bootId()));
      journal.add(entry(stranger.pid(), start, "another boot"));
      Files.writeString(directory.resolve("runtime/running/7-8.json"), "{\"pid\":");
      new ProcessRuntime(
              directory.resolve("runtime"),
              Optional.empty(),
              true,
              System.getenv(),
              Clock.systemUTC())
          .close();
      assertThat(lives(stranger.pid())).isTrue();
      assertThat(journal.entries()).isEmpty();
    } finally {
      stranger.destroyForcibly();
    }
  }

  @Test
  void aProcessThatHidItsMarkIsFoundThroughTheJournal() throws Exception {
    Process hidden = new ProcessBuilder("sleep", "1000").start();
    long start = ProcessTable.find(hidden.pid()).orElseThrow().startTicks();
    Journal journal = new Journal(directory.resolve("runtime/running"));
    journal.add(entry(hidden.pid(), start, ProcessTable.bootId()));
    new ProcessRuntime(
            directory.resolve("runtime"),
            Optional.empty(),
            true,
            System.getenv(),
            Clock.systemUTC())
        .close();
    assertThat(lives(hidden.pid())).isFalse();
  }

  private static Journal.Entry entry(long pid, long start, String boot) {
    return new Journal.Entry(pid, start, boot, "uid", "c");
  }
}
