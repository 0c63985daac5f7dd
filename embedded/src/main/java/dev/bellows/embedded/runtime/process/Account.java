package dev.bellows.embedded.runtime.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A user of this machine whom programs run as, instead of the one who started us.
 *
 * @param name as the machine knows them
 * @param uid their number
 * @param gid their first group's number; the others are theirs, too
 * @param home their directory
 */
public record Account(String name, int uid, int gid, String home) {
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
    int us = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
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
    Process getent =
        new ProcessBuilder("getent", "passwd", name)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    getent.getOutputStream().close();
    String line =
        new String(getent.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    try {
      if (!getent.waitFor(LOOKUP_SECONDS, TimeUnit.SECONDS)) {
        getent.destroyForcibly();
        throw new IOException("looking up user " + name + " takes too long");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while looking up user " + name, e);
    }
    String[] fields = line.split(":", -1); // passwd(5)
    if (getent.exitValue() != 0 || fields.length < 7) {
      throw new IOException("there is no user \"" + name + "\" on this machine");
    }
    return new Account(
        fields[0], Integer.parseInt(fields[2]), Integer.parseInt(fields[3]), fields[5]);
  }

  /** What setpriv(1) is told. */
  List<String> setpriv() {
    return List.of("--reuid", "" + uid, "--regid", "" + gid, "--init-groups");
  }

  /** Who they are, as programs look for it. */
  Map<String, String> environment() {
    return Map.of("HOME", home, "USER", name);
  }
}
