package dev.bellows.embedded.runtime.process;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the processes that outlived the runtime which started them.
 *
 * <p>The kernel kills each container's first process with its runtime (parent-death signal), so
 * what is left are its children, and first processes caught in the instant before that signal was
 * asked for. A process is ours if it carries our {@link Mark}, or if it is the very process, by
 * number and start time, that the journal names, or belongs to that living process's group.
 * Anything else is a stranger that got a number again, and is left alone.
 */
final class Leftovers {
  private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);

  /** How long a killed process may take to be gone before we go on without it. */
  private static final Duration GONE_LIMIT = Duration.ofSeconds(5);

  private static final Duration GONE_POLL = Duration.ofMillis(5);

  private Leftovers() {}

  /** Kills what is left of an earlier run, waits until it is gone and empties the journal. */
  static void end(String runtimeId, Journal journal) throws IOException {
    List<Journal.Entry> entries = journal.entries();
    Set<ProcessTable.Entry> ours =
        choose(ProcessTable.all(), entries, runtimeId, ProcessTable.bootId());
    ours.forEach(Leftovers::kill);
    awaitGone(ours);
    for (Journal.Entry entry : entries) {
      journal.remove(entry);
    }
    if (!ours.isEmpty()) {
      LOG.info("ended {} processes that an earlier run had left", ours.size());
    }
  }

  /** Kills whoever carries one of these marks: children that left their container's group. */
  static void end(Set<Mark> marks) throws IOException {
    for (long pid : ProcessTable.numbers()) {
      if (carriesOneOf(marks, pid)) {
        // The number may have changed hands before we knew whose it is: so the mark is read again.
        ProcessTable.find(pid).filter(_ -> carriesOneOf(marks, pid)).ifPresent(Leftovers::kill);
      }
    }
  }

  private static boolean carriesOneOf(Set<Mark> marks, long pid) {
    return Mark.ofProcess(pid).filter(marks::contains).isPresent();
  }

  private static Set<ProcessTable.Entry> choose(
      List<ProcessTable.Entry> processes,
      List<Journal.Entry> entries,
      String runtimeId,
      String bootId) {
    Map<Long, Long> journalled = new HashMap<>();
    for (Journal.Entry entry : entries) {
      if (entry.bootId().equals(bootId)) {
        journalled.put(entry.pid(), entry.startTicks());
      }
    }
    Set<Long> groups = new HashSet<>();
    for (ProcessTable.Entry process : processes) {
      Long startTicks = journalled.get(process.pid());
      if (startTicks != null && startTicks == process.startTicks()) {
        groups.add(process.pid());
      }
    }
    Set<ProcessTable.Entry> ours = new HashSet<>();
    for (ProcessTable.Entry process : processes) {
      boolean marked =
          Mark.ofProcess(process.pid())
              .filter(mark -> mark.runtimeId().equals(runtimeId))
              .isPresent();
      if (marked || groups.contains(process.group()) || groups.contains(process.pid())) {
        ours.add(process);
      }
    }
    return ours;
  }

  private static void kill(ProcessTable.Entry process) {
    // Looked up again as late as possible: the number may have changed hands since the listing.
    if (isThere(process)) {
      Signals.toProcess(process.pid(), Signals.SIGKILL);
    }
  }

  private static boolean isThere(ProcessTable.Entry process) {
    return ProcessTable.find(process.pid())
        .filter(now -> now.startTicks() == process.startTicks() && !now.zombie())
        .isPresent();
  }

  private static void awaitGone(Set<ProcessTable.Entry> processes) {
    long deadline = System.nanoTime() + GONE_LIMIT.toNanos();
    while (processes.stream().anyMatch(Leftovers::isThere)) {
      if (System.nanoTime() > deadline) {
        LOG.warn("killed processes are still there after {}: {}", GONE_LIMIT, processes);
        return;
      }
      try {
        Thread.sleep(GONE_POLL);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
