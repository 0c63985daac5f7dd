package dev.bellows.embedded.runtime.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bellows.embedded.runtime.ContainerId;
import dev.bellows.embedded.runtime.Limits;
import dev.bellows.embedded.runtime.Powers.Power;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written where, in both forms of control groups, by directories that look like them. */
class CgroupsTest {
  private static final ContainerId ID = new ContainerId("pod", "main", 2);
  private static final Limits LIMITS =
      new Limits(OptionalLong.of(64 << 20), OptionalLong.of(250), OptionalLong.of(100));

  @TempDir Path machine;

  @BeforeEach
  void make() throws IOException {
    for (String controller : new String[] {"memory", "cpu", "pids"}) {
      Files.createDirectories(machine.resolve("v1").resolve(controller).resolve("ours"));
    }
    Path root = Files.createDirectories(machine.resolve("v2"));
    Files.writeString(root.resolve("cgroup.controllers"), "cpu memory pids\n");
    Files.writeString(root.resolve("cgroup.subtree_control"), "cpu memory pids\n");
    Path base = Files.createDirectories(root.resolve("bellows-run"));
    Files.writeString(base.resolve("cgroup.subtree_control"), "cpu memory pids\n");
  }

  @Test
  void eachControllerHasItsOwnHierarchyInTheFirstForm() throws IOException {
    Cgroups cgroups =
        Cgroups.of(
            machine.resolve("v1"), "3:memory:/ours\n2:cpu,cpuacct:/ours\n1:pids:/ours\n", "run");
    assertThat(cgroups.powers())
        .containsExactlyInAnyOrder(Power.MEMORY_LIMIT, Power.CPU_LIMIT, Power.PROCESS_LIMIT);
    Cgroups.Group group = cgroups.make(ID, LIMITS);
    Path memory = machine.resolve("v1/memory/ours/bellows-run/pod_main_2");
    Path cpu = machine.resolve("v1/cpu/ours/bellows-run/pod_main_2");
    Path pids = machine.resolve("v1/pids/ours/bellows-run/pod_main_2");
    assertThat(memory.resolve("memory.limit_in_bytes")).hasContent("67108864");
    assertThat(cpu.resolve("cpu.cfs_period_us")).hasContent("100000");
    assertThat(cpu.resolve("cpu.cfs_quota_us")).hasContent("25000");
    assertThat(pids.resolve("pids.max")).hasContent("100");
    assertThat(group.toEnter()).containsExactlyInAnyOrder(memory, cpu, pids);
    Files.writeString(memory.resolve("memory.oom_control"), "under_oom 0\noom_kill 0\n");
    assertThat(group.ranOutOfMemory()).isFalse();
    Files.writeString(memory.resolve("memory.oom_control"), "under_oom 0\noom_kill 1\n");
    assertThat(group.ranOutOfMemory()).isTrue();
  }

  @Test
  void groupsThatARunInAnotherGroupLeftAreFound() throws IOException {
    Path left = Files.createDirectories(machine.resolve("v1/memory/another/session/bellows-run"));
    Path others = Files.createDirectories(machine.resolve("v1/memory/another/bellows-other"));
    Cgroups cgroups = Cgroups.of(machine.resolve("v1"), "3:memory:/ours\n", "run");
    cgroups.removeLeftovers();
    assertThat(left).doesNotExist();
    assertThat(others).exists();
    assertThat(machine.resolve("v1/memory/ours/bellows-run")).exists();
  }

  @Test
  void groupsThatOthersRemoveMeanwhileAreInNobodysWay() throws Exception {
    Cgroups cgroups = Cgroups.of(machine.resolve("v1"), "3:memory:/ours\n", "run");
    Path other = machine.resolve("v1/memory/another/other/group");
    AtomicBoolean over = new AtomicBoolean();
    FutureTask<Void> churn =
        new FutureTask<>(() -> {
          while (!over.get()) {
            Files.createDirectories(other);
            Files.delete(other);
            Files.delete(other.getParent());
          }
          return null;
        });
    Thread.ofPlatform().start(churn);
    try {
      for (int round = 0; round < 300; round++) {
        Path left =
            Files.createDirectories(machine.resolve("v1/memory/another/session/bellows-run"));
        cgroups.removeLeftovers();
        assertThat(left).as("round %d", round).doesNotExist();
      }
    } finally {
      over.set(true);
      churn.get();
    }
  }

  @Test
  void oneGroupHasAllLimitsInTheSecondForm() throws IOException {
    Cgroups cgroups = Cgroups.of(machine.resolve("v2"), "0::/ours\n", "run");
    assertThat(cgroups.hindrance()).isEmpty();
    Cgroups.Group group = cgroups.make(ID, LIMITS);
    Path directory = machine.resolve("v2/bellows-run/pod_main_2");
    assertThat(directory.resolve("memory.max")).hasContent("67108864");
    assertThat(directory.resolve("cpu.max")).hasContent("25000 100000");
    assertThat(directory.resolve("pids.max")).hasContent("100");
    assertThat(group.toEnter()).isEmpty();
    group.takeIn(4711);
    assertThat(directory.resolve("cgroup.procs")).hasContent("4711");
    Files.writeString(directory.resolve("memory.events"), "oom 1\noom_kill 1\n");
    assertThat(group.ranOutOfMemory()).isTrue();
  }

  @Test
  void aControllerThatIsNotThereIsToldAndNotPretended() throws IOException {
    Cgroups cgroups = Cgroups.of(machine.resolve("v1"), "1:pids:/ours\n", "run");
    assertThat(cgroups.powers()).containsExactly(Power.PROCESS_LIMIT);
    assertThat(cgroups.hindrance())
        .isEqualTo(
            "no control groups for memory (the kernel has no such controller), cpu (the kernel has"
                + " no such controller)");
    assertThatThrownBy(() -> cgroups.make(ID, LIMITS))
        .hasMessageContaining("cannot be held to its limits");
  }
}
