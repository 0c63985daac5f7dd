package dev.bellows.embedded.runtime.process;

import dev.bellows.embedded.runtime.ContainerId;
import dev.bellows.embedded.runtime.Limits;
import dev.bellows.embedded.runtime.Powers.Power;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control groups that hold containers to their limits, in either of the kernel's two forms: one
 * hierarchy per controller (Linux documentation, "Control Groups version 1"), where ours are below
 * the group that we are in; or one for all ("Control Group v2"), where ours are below the root that
 * we see, since a group that has processes may not have groups with controllers.
 *
 * <p>All of one runtime are below a directory that bears its name, so what a killed one left is
 * found again.
 */
final class Cgroups {
  private static final Logger LOG = LoggerFactory.getLogger(Cgroups.class);
  private static final Path MACHINE = Path.of("/sys/fs/cgroup");
  private static final int MAX_DEPTH = 16;
  private static final int CPU_PERIOD_MICROS = 100_000;

  /** How long a group may take to be empty, once its processes are killed. */
  private static final Duration EMPTY_LIMIT = Duration.ofSeconds(2);

  private static final Duration EMPTY_POLL = Duration.ofMillis(2);

  /** What is limited, by the controller's name. */
  enum Controller {
    memory(Power.MEMORY_LIMIT),
    cpu(Power.CPU_LIMIT),
    pids(Power.PROCESS_LIMIT);

    final Power power;

    Controller(Power power) {
      this.power = power;
    }
  }

  private final Path machine;
  private final String name;
  private final boolean unified;
  private final Map<Controller, Path> bases;
  private final String hindrance;

  private Cgroups(
      Path machine, String name, boolean unified, Map<Controller, Path> bases, String hindrance) {
    this.machine = machine;
    this.name = name;
    this.unified = unified;
    this.bases = new EnumMap<>(Controller.class);
    this.bases.putAll(bases);
    this.hindrance = hindrance;
  }

  /** None, for the reason given. */
  static Cgroups none(String hindrance) {
    return new Cgroups(MACHINE, "", false, Map.of(), hindrance);
  }

  /** Those of this machine, for a runtime. */
  static Cgroups ofThisMachine(String runtimeId) {
    try {
      return of(MACHINE, Files.readString(Path.of("/proc/self/cgroup")), runtimeId);
    } catch (IOException e) {
      return none(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Those below a directory, after trying whether we may make some.
   *
   * @param machine where the hierarchies are mounted: itself one, or one below it per controller
   * @param ours what {@code /proc/self/cgroup} says (cgroups(7))
   */
  static Cgroups of(Path machine, String ours, String runtimeId) {
    boolean unified = Files.exists(machine.resolve("cgroup.controllers"));
    Map<Controller, Path> bases = new EnumMap<>(Controller.class);
    List<String> lacking = new ArrayList<>();
    for (Controller controller : Controller.values()) {
      try {
        Path above =
            unified
                ? withController(machine, controller)
                : machine.resolve(controller.name()).resolve(own(ours, controller));
        Path base = Files.createDirectories(above.resolve("bellows-" + runtimeId));
        if (unified) {
          withController(base, controller);
        }
        bases.put(controller, base);
      } catch (IOException e) {
        lacking.add(controller + " (" + e.getMessage() + ")");
      }
    }
    return new Cgroups(
        machine,
        "bellows-" + runtimeId,
        unified,
        bases,
        lacking.isEmpty() ? "" : "no control groups for " + String.join(", ", lacking));
  }

  /** Lets the groups below one have a controller. */
  private static Path withController(Path group, Controller controller) throws IOException {
    String there = Files.readString(group.resolve("cgroup.subtree_control")).strip();
    if (!Arrays.asList(there.split(" ", -1)).contains(controller.name())) {
      write(group.resolve("cgroup.subtree_control"), "+" + controller);
    }
    return group;
  }

  /** Lines are {@code number:controller,controller:/path}; the path is below the mount. */
  private static String own(String ours, Controller controller) throws IOException {
    for (String line : ours.split("\n", -1)) {
      String[] parts = line.split(":", 3);
      if (parts.length == 3 && Arrays.asList(parts[1].split(",", -1)).contains(controller.name())) {
        return parts[2].substring(1);
      }
    }
    throw new IOException("the kernel has no such controller");
  }

  /** What containers can be held to. */
  Set<Power> powers() {
    return Set.copyOf(bases.keySet().stream().map(each -> each.power).toList());
  }

  /** Why not to the rest; empty if there is no rest. */
  String hindrance() {
    return hindrance;
  }

  /**
   * Makes the groups of a start of a container.
   *
   * @throws IOException if it is to be held to something that it cannot be held to
   */
  Group make(ContainerId id, Limits limits) throws IOException {
    String name = id.toString().replace('/', '_');
    Group group = new Group();
    try {
      if (limits.memoryBytes().isPresent()) {
        limitMemory(group.in(Controller.memory, name), limits.memoryBytes().getAsLong());
      }
      if (limits.cpuMillis().isPresent()) {
        limitCpu(group.in(Controller.cpu, name), limits.cpuMillis().getAsLong());
      }
      if (limits.processes().isPresent()) {
        write(
            group.in(Controller.pids, name).resolve("pids.max"),
            Long.toString(limits.processes().getAsLong()));
      }
    } catch (IOException | RuntimeException e) {
      group.remove();
      throw e;
    }
    return group;
  }

  private void limitMemory(Path group, long bytes) throws IOException {
    String limit = Long.toString(bytes);
    if (unified) {
      write(group.resolve("memory.max"), limit);
      writeIfThere(group.resolve("memory.swap.max"), "0");
      writeIfThere(group.resolve("memory.oom.group"), "1"); // as Kubernetes does since 1.28
    } else {
      write(group.resolve("memory.limit_in_bytes"), limit);
      writeIfThere(group.resolve("memory.memsw.limit_in_bytes"), limit);
    }
  }

  private void limitCpu(Path group, long millis) throws IOException {
    long quota = Math.max(1000, millis * CPU_PERIOD_MICROS / 1000); // the kernel's least is 1 ms
    if (unified) {
      write(group.resolve("cpu.max"), quota + " " + CPU_PERIOD_MICROS);
    } else {
      write(group.resolve("cpu.cfs_period_us"), Integer.toString(CPU_PERIOD_MICROS));
      write(group.resolve("cpu.cfs_quota_us"), Long.toString(quota));
    }
  }

  private static void writeIfThere(Path file, String text) throws IOException {
    if (Files.exists(file)) {
      write(file, text);
    }
  }

  private static void write(Path file, String text) throws IOException {
    Files.writeString(file, text);
  }

  /**
   * Ends what a killed runtime of our name left, and removes its groups. In the first form they may
   * be anywhere: below the group that it was in, which need not be the one that we are in.
   */
  void removeLeftovers() {
    removeContents();
    if (unified) {
      return;
    }
    for (Controller controller : bases.keySet()) {
      try {
        for (Path base : elsewhere(controller)) {
          removeBelow(base);
          Files.deleteIfExists(base);
        }
      } catch (IOException e) {
        LOG.warn("control groups of an earlier run may be left for {}", controller, e);
      }
    }
  }

  /** Groups of this one's name at other places; others may remove theirs meanwhile. */
  private List<Path> elsewhere(Controller controller) throws IOException {
    List<Path> found = new ArrayList<>();
    Files.walkFileTree(
        machine.resolve(controller.name()),
        Set.of(),
        MAX_DEPTH,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path group, BasicFileAttributes attributes) {
            if (group.endsWith(name) && !bases.containsValue(group)) {
              found.add(group);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path gone, IOException e) {
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path group, @Nullable IOException e) {
            return FileVisitResult.CONTINUE;
          }
        });
    return found;
  }

  private void removeContents() {
    for (Path base : Set.copyOf(bases.values())) {
      if (!Files.isDirectory(base)) {
        continue; // closed before
      }
      try {
        removeBelow(base);
      } catch (IOException e) {
        LOG.warn("control groups of an earlier run are left below {}", base, e);
      }
    }
  }

  private static void removeBelow(Path base) throws IOException {
    try (DirectoryStream<Path> groups = Files.newDirectoryStream(base, Files::isDirectory)) {
      for (Path group : groups) {
        remove(group);
      }
    }
  }

  /** Removes all of it. */
  void close() {
    removeContents();
    for (Path base : Set.copyOf(bases.values())) {
      try {
        Files.deleteIfExists(base);
      } catch (IOException e) {
        LOG.warn("the control group {} is left", base, e);
      }
    }
  }

  private static void remove(Path group) throws IOException {
    long deadline = System.nanoTime() + EMPTY_LIMIT.toNanos();
    while (Files.exists(group)) {
      try {
        for (String pid : Files.readAllLines(group.resolve("cgroup.procs"))) {
          Signals.toProcess(Long.parseLong(pid), Signals.SIGKILL);
        }
        Files.delete(group);
        return;
      } catch (NoSuchFileException e) {
        return; // somebody else has removed it
      } catch (IOException e) {
        if (System.nanoTime() > deadline) {
          throw e;
        }
      }
      try {
        Thread.sleep(EMPTY_POLL);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** The groups of one start of a container. */
  final class Group {
    private final Map<Controller, Path> directories = new EnumMap<>(Controller.class);

    private Path in(Controller controller, String name) throws IOException {
      Path base = bases.get(controller);
      if (base == null) {
        throw new IOException("cannot be held to its limits: " + hindrance);
      }
      Path directory = Files.createDirectories(base.resolve(name));
      directories.put(controller, directory);
      return directory;
    }

    /** Those which the thread that starts the program joins, so that it is in them at once. */
    List<Path> toEnter() {
      return unified ? List.of() : List.copyOf(directories.values());
    }

    /**
     * Takes in a process that has just been started. In the second form only whole processes can
     * move, and the thread that starts programs is one of many; so the program is moved, while it
     * is still the one that prepares its execution and has no children.
     */
    void takeIn(long pid) throws IOException {
      if (unified && !directories.isEmpty()) {
        write(directories.values().iterator().next().resolve("cgroup.procs"), Long.toString(pid));
      }
    }

    /** Whether the kernel has killed one of its processes for want of memory. */
    boolean ranOutOfMemory() {
      Path directory = directories.get(Controller.memory);
      if (directory == null) {
        return false;
      }
      Path counts = directory.resolve(unified ? "memory.events" : "memory.oom_control");
      try {
        return Files.readAllLines(counts).stream()
            .filter(line -> line.startsWith("oom_kill "))
            .mapToLong(line -> Long.parseLong(line.substring("oom_kill ".length())))
            .anyMatch(count -> count > 0);
      } catch (IOException e) {
        LOG.warn("cannot tell whether {} ran out of memory", directory, e);
        return false;
      }
    }

    /** Kills what is left in them, and removes them. */
    void remove() {
      for (Path directory : Set.copyOf(directories.values())) {
        try {
          Cgroups.remove(directory);
        } catch (IOException e) {
          LOG.warn("the control group {} is left for the next start", directory, e);
        }
      }
    }
  }
}
