package dev.bellows.embedded.runtime.process;

import dev.bellows.embedded.runtime.Identity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A user of this machine whom programs run as, instead of the one who started us.
 *
 * @param name as the machine knows them
 * @param uid their number
 * @param gid their first group's number
 * @param groups all their groups' numbers
 * @param home their directory
 */
public record Account(String name, int uid, int gid, List<Integer> groups, String home) {
  private static final long LOOKUP_SECONDS = 10;
  private static final int ROOT = 0;

  /**
   * Looks a user up.
   *
   * @throws IOException if there is none of that name, or we may not act for them; the message is
   *     one line that says what to do
   */
  public static Account of(String name) throws IOException {
    Account found = lookUp(name);
    int us = ourUid();
    if (us != ROOT && us != found.uid()) {
      throw new IOException("only root can run programs as another user: leave out " + name);
    }
    return found;
  }

  // getent asks whatever the machine keeps its users in, and /etc/passwd is only one of these.
  private static Account lookUp(String name) throws IOException {
    if (name.isEmpty() || name.startsWith("-")) {
      throw new IOException("there is no user \"" + name + "\" on this machine");
    }
    String[] fields = ask(name, "getent", "passwd", name).split(":", -1); // passwd(5)
    if (fields.length < 7) {
      throw new IOException("there is no user \"" + name + "\" on this machine");
    }
    List<Integer> groups =
        Arrays.stream(ask(name, "id", "-G", "--", name).split(" ", -1))
            .map(Integer::valueOf)
            .toList();
    return new Account(
        fields[0], Integer.parseInt(fields[2]), Integer.parseInt(fields[3]), groups, fields[5]);
  }

  private static String ask(String name, String... command) throws IOException {
    Process asked =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    asked.getOutputStream().close();
    String line = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    try {
      if (!asked.waitFor(LOOKUP_SECONDS, TimeUnit.SECONDS)) {
        asked.destroyForcibly();
        throw new IOException("looking up user " + name + " takes too long");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while looking up user " + name, e);
    }
    if (asked.exitValue() != 0) {
      throw new IOException("there is no user \"" + name + "\" on this machine");
    }
    return line;
  }

  /** Whether it takes anything to become them. */
  boolean isNotUs() {
    return uid != ourUid() || uid == ROOT;
  }

  /** Our own number. */
  static int ourUid() {
    try {
      return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    } catch (IOException e) {
      throw new UncheckedIOException("/proc is not mounted", e);
    }
  }

  /** Their numbers. */
  Identity identity() {
    return new Identity(uid, gid, groups);
  }

  /** Who they are, as programs look for it. */
  Map<String, String> environment() {
    return Map.of("HOME", home, "USER", name);
  }
}
