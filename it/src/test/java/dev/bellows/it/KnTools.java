package dev.bellows.it;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Programs that {@code it/kn/build.sh} builds; to do so takes minutes, and is nobody's duty. */
final class KnTools {
  private KnTools() {}

  /** Where the script puts it, or on the PATH; skips the test aloud where it is not. */
  static Path require(String program) {
    String built =
        Command.of("bash", "it/kn/build.sh", "--where").run().succeeded().output().strip();
    return Stream.concat(Stream.of(built), Arrays.stream(System.getenv("PATH").split(":")))
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseGet(() -> {
          String message = program + " itself; it/kn/build.sh builds it";
          System.out.println("SKIPPED: " + message);
          return Assumptions.abort(message);
        });
  }
}
