package dev.bellows.embedded.runtime.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.bellows.embedded.runtime.Container;
import dev.bellows.embedded.runtime.ContainerId;
import dev.bellows.embedded.runtime.ContainerSpec;
import dev.bellows.embedded.runtime.ContainerStartException;
import dev.bellows.embedded.runtime.ExecResult;
import dev.bellows.embedded.runtime.ExitStatus;
import dev.bellows.embedded.runtime.Identity;
import dev.bellows.embedded.runtime.Isolation;
import dev.bellows.embedded.runtime.Limits;
import dev.bellows.embedded.runtime.Mount;
import dev.bellows.embedded.runtime.Powers;
import dev.bellows.embedded.runtime.Stdio;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Containers with files, a network, users of their own: what needs root's rights. */
class IsolationTest {
  private static final Identity SOMEBODY = new Identity(61234, 61235, List.of(61236));

  @TempDir Path directory;
  private ProcessRuntime runtime;
  private int starts;

  @BeforeEach
  void open() throws IOException {
    Root.assume();
    runtime = runtime(true);
  }

  private ProcessRuntime runtime(boolean privileged) throws IOException {
    return new ProcessRuntime(
        directory.resolve("runtime"),
        Optional.empty(),
        privileged,
        System.getenv(),
        Clock.systemUTC());
  }

  @AfterEach
  void close() {
    if (runtime != null) {
      runtime.close();
    }
  }

  private static Isolation mounting(Mount... mounts) {
    return new Isolation(Optional.empty(), List.of(mounts), Optional.empty(), Limits.NONE);
  }

  private static Isolation as(Identity identity, Mount... mounts) {
    return mounting(mounts).as(Optional.of(identity));
  }

  private Container start(Isolation isolation, String... command) throws ContainerStartException {
    return runtime.start(
        new ContainerSpec(
            new ContainerId("pod", "user-container", starts++),
            "image",
            List.of(command),
            Map.of(),
            Optional.of(Path.of("/")),
            Stdio.OUTPUT_ONLY,
            directory.resolve(starts + ".log"),
            isolation));
  }

  private List<String> print(Isolation isolation, String... command) throws Exception {
    start(isolation, command).exit().get(20, TimeUnit.SECONDS);
    return printed();
  }

  private List<String> printed() throws IOException {
    return Files.readAllLines(directory.resolve(starts + ".log")).stream()
        .map(line -> line.split(" ", 4)[3])
        .toList();
  }

  private Path volume() throws IOException {
    Path volume = Files.createDirectories(directory.resolve("volume/inner")).getParent();
    Files.writeString(volume.resolve("key"), "value\n");
    Files.writeString(volume.resolve("inner/key"), "inner value\n");
    return volume;
  }

  @Test
  void aRuntimeOfRootSaysThatItCanSetApart() {
    assertThat(runtime.powers().granted())
        .contains(Powers.Power.NETWORK_NAMESPACE, Powers.Power.MOUNTS, Powers.Power.IDENTITY);
  }

  @Test
  void aVolumeIsSeenWhereItIsMountedAndNowhereElse() throws Exception {
    for (String target :
        new String[] {"/srv", "/nowhere/on/this/machine", "/etc/nowhere", "/var/run/nowhere/x"}) {
      boolean was = Files.exists(Path.of(target));
      Mount mount = Mount.of(volume(), Path.of(target), true);
      assertThat(
              print(
                  mounting(mount),
                  "sh",
                  "-c",
                  "cat " + target + "/key; ls /etc/passwd /proc/self/stat"))
          .containsExactly("value", "/etc/passwd", "/proc/self/stat");
      assertThat(Files.exists(Path.of(target))).isEqualTo(was);
    }
    assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain("nowhere");
  }

  @Test
  void theMachinesOwnFilesStayWritableBesideAMountThatHadNoPlace() throws Exception {
    Path beside = Files.createFile(directory.resolve("beside"));
    Mount mount = Mount.of(volume(), directory.resolve("made/up"), true);
    assertThat(
            print(
                mounting(mount),
                "sh",
                "-c",
                "echo written > "
                    + beside
                    + "; cat "
                    + mount.target()
                    + "/key; touch "
                    + directory.resolve("new")))
        .containsExactly("value");
    assertThat(beside).hasContent("written");
    assertThat(directory.resolve("made")).doesNotExist();
    assertThat(directory.resolve("new")).doesNotExist();
  }

  @Test
  void oneFileOfAVolumeIsMountedBySubPath() throws Exception {
    Mount file = new Mount(volume(), "inner/key", Path.of("/etc/hostname"), false);
    Mount absent = new Mount(volume(), "key", Path.of("/etc/nowhere.conf"), true);
    assertThat(print(mounting(file, absent), "cat", "/etc/hostname", "/etc/nowhere.conf"))
        .containsExactly("inner value", "value");
  }

  @Test
  void aLinkOutOfAVolumeIsNotFollowed() throws Exception {
    Path volume = volume();
    Files.createSymbolicLink(volume.resolve("out"), Path.of("/etc"));
    Files.createSymbolicLink(volume.resolve("up"), Path.of("../.."));
    for (String link : new String[] {"out", "up", "out/passwd"}) {
      assertThatThrownBy(
              () -> start(mounting(new Mount(volume, link, Path.of("/srv"), true)), "ls"))
          .isInstanceOf(ContainerStartException.class)
          .hasMessageContaining(link);
    }
    assertThat(print(Isolation.NONE, "echo", "still works")).containsExactly("still works");
  }

  @Test
  void aReadOnlyMountCannotBeWritten() throws Exception {
    Path volume = volume();
    assertThat(
            print(
                mounting(
                    Mount.of(volume, Path.of("/srv"), true),
                    Mount.of(volume, Path.of("/mnt"), false)),
                "sh",
                "-c",
                "touch /srv/x || echo refused; touch /mnt/y && echo done"))
        .contains("refused", "done");
    assertThat(volume.resolve("x")).doesNotExist();
    assertThat(volume.resolve("y")).exists();
  }

  @Test
  void aMountWithinAMountIsMadeInTheVolume() throws Exception {
    Path outer = Files.createDirectory(directory.resolve("outer"));
    assertThat(
            print(
                mounting(
                    Mount.of(volume(), Path.of("/nowhere/inside/it"), true),
                    Mount.of(outer, Path.of("/nowhere"), false)),
                "cat",
                "/nowhere/inside/it/key"))
        .containsExactly("value");
    assertThat(outer.resolve("inside/it")).isEmptyDirectory();
  }

  @Test
  void aProgramRunsAsTheNumbersThatItIsToHave() throws Exception {
    assertThat(
            print(
                as(SOMEBODY),
                "sh",
                "-c",
                "id -u; id -g; id -G; echo $HOME; grep CapEff /proc/self/status"))
        .containsExactly("61234", "61235", "61235 61236", "/", "CapEff:\t0000000000000000");
    assertThat(print(Isolation.NONE, "id", "-u")).containsExactly("0");
    assertThat(print(Isolation.NONE, "sh", "-c", "grep CapEff /proc/self/status"))
        .doesNotContain("CapEff:\t0000000000000000");
  }

  @Test
  void nothingOfAVolumeIsExecutedWithOurRights() throws Exception {
    Path volume = Files.createDirectory(directory.resolve("bin"));
    Files.copy(Path.of("/bin/sh"), volume.resolve("sh"));
    Path planted = volume.resolve("setpriv");
    Files.writeString(
        planted, "#!/usr/bin/sh\nwhile read -r line; do echo $line; done < /proc/self/status\n");
    assertThat(planted.toFile().setExecutable(true, false)).isTrue();
    List<String> ids =
        print(as(SOMEBODY, Mount.of(volume, Path.of("/usr/bin"), true)), "/usr/bin/sh");
    assertThat(ids).contains("Uid: 61234 61234 61234 61234", "CapPrm: 0000000000000000");
  }

  @Test
  void aCommandRunsBesideTheProgramWithItsFilesAndUser() throws Exception {
    Container container =
        start(as(SOMEBODY, Mount.of(volume(), Path.of("/nowhere"), true)), "sleep", "1000");
    ExecResult result =
        container.exec(List.of("sh", "-c", "cat /nowhere/key; id -u"), Duration.ofSeconds(20));
    assertThat(result.output()).isEqualTo("value\n61234\n");
    container.kill();
  }

  @Test
  void commandsRunBesideEachOfManyPrograms() throws Exception {
    List<Container> containers = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      containers.add(
          start(as(SOMEBODY, Mount.of(volume(), Path.of("/nowhere"), true)), "sleep", "1000"));
    }
    for (int i = 0; i < 3; i++) {
      for (Container container : containers) {
        ExecResult result = container.exec(List.of("cat", "/nowhere/key"), Duration.ofSeconds(20));
        assertThat(result.output()).isEqualTo("value\n");
      }
    }
    containers.forEach(Container::kill);
  }

  @Test
  void aProgramRunsInTheNetworkNamespaceThatItIsToHave() throws Exception {
    Process holder = new ProcessBuilder("unshare", "--net", "sleep", "1000").start();
    try {
      Path namespace = Path.of("/proc", Long.toString(holder.pid()), "ns/net");
      Path ours = Files.readSymbolicLink(Path.of("/proc/self/ns/net"));
      await()
          .until(() ->
              Files.isSymbolicLink(namespace) && !Files.readSymbolicLink(namespace).equals(ours));
      Isolation isolation =
          new Isolation(Optional.of(namespace), List.of(), Optional.empty(), Limits.NONE);
      assertThat(print(isolation, "readlink", "/proc/self/ns/net"))
          .containsExactly(Files.readSymbolicLink(namespace).toString());
      assertThat(print(Isolation.NONE, "readlink", "/proc/self/ns/net"))
          .containsExactly(ours.toString());
    } finally {
      holder.destroyForcibly();
    }
  }

  private static Isolation within(OptionalLong memory, OptionalLong cpu, OptionalLong processes) {
    return new Isolation(
        Optional.empty(), List.of(), Optional.empty(), new Limits(memory, cpu, processes));
  }

  @Test
  void aProgramThatUsesUpItsMemoryIsKilledAndThatIsSaid() throws Exception {
    Isolation small = within(OptionalLong.of(32 << 20), OptionalLong.empty(), OptionalLong.empty());
    ExitStatus end =
        start(small, "dd", "if=/dev/zero", "of=/dev/null", "bs=200M", "count=1")
            .exit()
            .get(20, TimeUnit.SECONDS);
    assertThat(end).isEqualTo(new ExitStatus(137, true));
    assertThat(print(small, "echo", "fits")).containsExactly("fits");
  }

  @Test
  void aProgramHasOnlySoManyProcesses() throws Exception {
    assertThat(
            print(
                within(OptionalLong.empty(), OptionalLong.empty(), OptionalLong.of(5)),
                "sh",
                "-c",
                "for i in 1 2 3 4 5 6 7 8; do sleep 100 & done; wait"))
        .anyMatch(line -> line.contains("fork"));
  }

  @Test
  void aProgramIsInItsGroupsFromTheFirstInstantAndTheyEndWithIt() throws Exception {
    Isolation all = within(OptionalLong.of(64 << 20), OptionalLong.of(500), OptionalLong.of(50));
    List<String> groups = print(all, "cat", "/proc/self/cgroup");
    assertThat(groups.stream().filter(line -> line.contains("/bellows-")))
        .isNotEmpty()
        .allMatch(line -> line.endsWith("/pod_user-container_0"));
    assertThat(print(Isolation.NONE, "cat", "/proc/self/cgroup"))
        .noneMatch(line -> line.contains("/bellows-"));
    await().untilAsserted(() -> assertThat(ourGroups()).noneMatch(each -> each.contains("pod_")));
    runtime.close();
    assertThat(ourGroups()).isEmpty();
  }

  /** Every control group of this runtime. */
  private List<String> ourGroups() throws IOException {
    String id = Files.readString(directory.resolve("runtime/runtime-id")).strip();
    Process find =
        new ProcessBuilder("find", "/sys/fs/cgroup", "-path", "*bellows-" + id + "*", "-type", "d")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    return find.inputReader().lines().toList();
  }

  @Test
  void withoutPrivilegesAStartThatNeedsThemIsRefusedAndAnotherIsNot() throws Exception {
    runtime.close();
    runtime = runtime(false);
    assertThat(runtime.powers().granted()).isEmpty();
    assertThat(runtime.powers().hindrance()).isEqualTo("told to do without privileges");
    assertThatThrownBy(() -> start(mounting(Mount.of(volume(), Path.of("/srv"), true)), "ls"))
        .hasMessageContaining("cannot be set apart: told to do without privileges");
    assertThat(print(Isolation.NONE, "echo", "plain")).containsExactly("plain");
  }
}
