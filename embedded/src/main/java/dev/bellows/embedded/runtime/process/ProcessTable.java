package dev.bellows.embedded.runtime.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** What /proc says of this machine's processes (proc(5)). */
final class ProcessTable {
  private static final Path PROC = Path.of("/proc");

  private ProcessTable() {}

  /**
   * One process.
   *
   * @param pid its number, which the system gives again some time after its end
   * @param state R, S, D, Z …
   * @param group the process group's number
   * @param session the session's number
   * @param startTicks clock ticks from boot to its start: with the pid it names a process for good
   */
  record Entry(long pid, char state, long group, long session, long startTicks) {
    boolean zombie() {
      return state == 'Z' || state == 'X';
    }
  }

  /** The process with this number; empty if there is none. */
  static Optional<Entry> find(long pid) {
    try {
      return Optional.of(
          parse(Files.readString(PROC.resolve(pid + "/stat"), StandardCharsets.ISO_8859_1)));
    } catch (IOException e) {
      return Optional.empty(); // it ended, perhaps between open and read
    }
  }

  /** Every process at about this moment. */
  static List<Entry> all() throws IOException {
    List<Entry> entries = new ArrayList<>();
    for (long number : numbers()) {
      find(number).ifPresent(entries::add);
    }
    return entries;
  }

  /** The number of every process at about this moment. */
  static List<Long> numbers() throws IOException {
    List<Long> numbers = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(PROC)) {
      for (Path entry : entries) {
        String name = Objects.requireNonNull(entry.getFileName()).toString();
        if (name.charAt(0) >= '1' && name.charAt(0) <= '9') {
          numbers.add(Long.parseLong(name));
        }
      }
    }
    return numbers;
  }

  /** The value of a variable in the environment the process was started with, if it may be read. */
  static Optional<String> variable(long pid, String name) {
    try {
      byte[] bytes = Files.readAllBytes(PROC.resolve(pid + "/environ"));
      return variable(new String(bytes, StandardCharsets.ISO_8859_1), name);
    } catch (IOException e) {
      return Optional.empty(); // ended, or another user's
    }
  }

  /** From an environment as /proc has it: {@code NAME=value}, each ended by a zero byte. */
  static Optional<String> variable(String environment, String name) {
    String beginning = name + "=";
    int at = 0;
    if (!environment.startsWith(beginning)) {
      at = environment.indexOf('\0' + beginning) + 1;
      if (at == 0) {
        return Optional.empty();
      }
    }
    int from = at + beginning.length();
    int end = environment.indexOf('\0', from);
    return Optional.of(environment.substring(from, end < 0 ? environment.length() : end));
  }

  /**
   * Names the time since the machine's last boot; start ticks of two boots must not be compared.
   */
  static String bootId() throws IOException {
    return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
  }

  // "pid (comm) state ppid pgrp session …": comm may hold spaces and parentheses, so count from
  // its end. Numbers as in proc(5), where the state is field 3 and the start time field 22.
  static Entry parse(String stat) {
    int open = stat.indexOf('(');
    int close = stat.lastIndexOf(')');
    String[] fields = stat.substring(close + 2).split(" ", -1);
    return new Entry(
        Long.parseLong(stat.substring(0, open).strip()),
        fields[0].charAt(0),
        Long.parseLong(fields[5 - 3]),
        Long.parseLong(fields[6 - 3]),
        Long.parseLong(fields[22 - 3]));
  }
}
