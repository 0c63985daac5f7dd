package dev.bellows.embedded.runtime.process;

import dev.bellows.embedded.runtime.Usage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What processes with all that they have started take, from /proc (proc(5)). A process that has
 * ended counts in its parent's {@code cutime}; what runs away from its parents does not count.
 */
public final class ProcessUsage {
  private static final Path PROC = Path.of("/proc");

  /** {@code USER_HZ}, in which /proc counts on every Linux that the JDK runs on. */
  private static final long NANOS_PER_TICK = 10_000_000;

  private static final int PARENT = 4;
  private static final int TIMES = 14;

  private ProcessUsage() {}

  private record Seen(long parent, long ticks) {}

  /** What each of these and its descendants take; one that has ended takes nothing. */
  public static Map<Long, Usage> of(Collection<Long> roots) throws IOException {
    Map<Long, Seen> all = new HashMap<>();
    Map<Long, List<Long>> children = new HashMap<>();
    try (DirectoryStream<Path> numbers = Files.newDirectoryStream(PROC, "[0-9]*")) {
      for (Path directory : numbers) {
        long pid = Long.parseLong(directory.getFileName().toString());
        Seen process = read(directory);
        if (process != null) {
          all.put(pid, process);
          children.computeIfAbsent(process.parent(), none -> new ArrayList<>()).add(pid);
        }
      }
    }
    Map<Long, Usage> usages = new HashMap<>();
    for (long root : roots) {
      Usage sum = Usage.NONE;
      Deque<Long> open = new ArrayDeque<>(List.of(root));
      while (!open.isEmpty()) {
        long pid = open.pop();
        Seen process = all.get(pid);
        if (process != null) {
          sum = sum.plus(new Usage(process.ticks() * NANOS_PER_TICK, resident(pid)));
          open.addAll(children.getOrDefault(pid, List.of()));
        }
      }
      usages.put(root, sum);
    }
    return usages;
  }

  private static @Nullable Seen read(Path directory) {
    try {
      String stat = Files.readString(directory.resolve("stat"), StandardCharsets.ISO_8859_1);
      // The name of the program may hold anything, so count from its end: state is field 3.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      long ticks = 0;
      for (int field = TIMES; field < TIMES + 4; field++) {
        ticks += Long.parseLong(fields[field - 3]);
      }
      return new Seen(Long.parseLong(fields[PARENT - 3]), ticks);
    } catch (IOException e) {
      return null; // it has ended meanwhile
    }
  }

  private static long resident(long pid) {
    try {
      for (String line : Files.readAllLines(PROC.resolve(pid + "/status"))) {
        if (line.startsWith("VmRSS:")) {
          return Long.parseLong(line.replaceAll("\\D", "")) << 10;
        }
      }
      return 0; // a zombie has none
    } catch (IOException e) {
      return 0;
    }
  }

  /** What the whole machine has taken since its boot. */
  public static Usage ofMachine() throws IOException {
    String[] times = Files.readAllLines(PROC.resolve("stat")).getFirst().split("\\s+", -1);
    // user, nice, system; then idle and waiting for disks; then interrupts, stolen.
    long ticks = 0;
    for (int i = 1; i < Math.min(times.length, 9); i++) {
      ticks += i == 4 || i == 5 ? 0 : Long.parseLong(times[i]);
    }
    Map<String, Long> memory = new HashMap<>();
    for (String line : Files.readAllLines(PROC.resolve("meminfo"))) {
      int colon = line.indexOf(':');
      memory.put(
          line.substring(0, colon), Long.parseLong(line.replaceAll("^[^:]*:\\s*|\\D+$", "")));
    }
    long used = memory.getOrDefault("MemTotal", 0L) - memory.getOrDefault("MemAvailable", 0L);
    return new Usage(ticks * NANOS_PER_TICK, used << 10);
  }
}
