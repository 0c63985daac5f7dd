package dev.bellows.embedded.store;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Another JVM on this test's class path, to be killed. */
final class ForkedJvm {
  private final Process process;

  private ForkedJvm(Process process) {
    this.process = process;
  }

  static ForkedJvm start(Class<?> main, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    command.addAll(List.of(arguments));
    return new ForkedJvm(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  long pid() {
    return process.pid();
  }

  BufferedReader output() {
    return process.inputReader();
  }

  /** SIGKILL, and wait for the end. */
  void kill() throws InterruptedException {
    // By its handle: Process itself would close the pipe, with what is still to be read in it.
    process.toHandle().destroyForcibly();
    process.waitFor();
  }
}
