package dev.bellows.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * How the tests start the command line: as {@code ./bellows} does, with a class-data archive that
 * is made once per build, and without the compiler that pays after minutes.
 */
final class QuickStart {
  private static final Path LIBRARIES =
      Path.of("").toAbsolutePath().getParent().resolve("app/target/lib");
  private static final Path ARCHIVE = Path.of("target/it.jsa").toAbsolutePath();
  private static final List<String> FLAGS =
      List.of(
          "-XX:+UseSerialGC",
          "-Xmx320m",
          "-ea",
          "-XX:TieredStopAtLevel=1",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "-Djdk.httpclient.allowRestrictedHeaders=host",
          "-Xlog:cds=off",
          "-Xlog:cds+dynamic=off");
  private static final int LONGEST_MINUTES = 3;

  private QuickStart() {}

  /** The words before a subcommand. */
  static List<String> words() {
    prepare();
    // The JVM refuses an archive that does not fit, and then starts without it.
    return words("-XX:SharedArchiveFile=" + ARCHIVE);
  }

  private static List<String> words(String archive) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(FLAGS);
    words.add(archive);
    words.addAll(List.of("-cp", LIBRARIES + "/*", "dev.bellows.app.Main"));
    return words;
  }

  /** One process of tests makes the archive, the others wait for it. */
  private static synchronized void prepare() {
    try {
      Files.createDirectories(ARCHIVE.getParent());
      try (FileChannel file =
              FileChannel.open(
                  ARCHIVE.resolveSibling("it.jsa.lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          FileLock _ = file.lock()) {
        if (!isThere()) {
          make();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("preparing a quick start", e);
    }
  }

  private static boolean isThere() throws IOException {
    if (!Files.exists(ARCHIVE)) {
      return false;
    }
    FileTime made = Files.getLastModifiedTime(ARCHIVE);
    try (Stream<Path> jars = Files.list(LIBRARIES)) {
      for (Path jar : jars.toList()) {
        if (Files.getLastModifiedTime(jar).compareTo(made) >= 0) {
          return false;
        }
      }
    }
    return true;
  }

  private static void make() throws IOException {
    Path fresh = ARCHIVE.resolveSibling("it.jsa.new");
    List<String> words = words("-XX:ArchiveClassesAtExit=" + fresh);
    words.add("warm-up");
    Process process =
        new ProcessBuilder(words)
            .redirectErrorStream(true)
            .redirectOutput(ARCHIVE.resolveSibling("it.jsa.log").toFile())
            .start();
    try {
      if (!process.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    if (Files.exists(fresh)) {
      Files.move(fresh, ARCHIVE, StandardCopyOption.REPLACE_EXISTING);
    } else {
      System.out.println("no class-data archive; every start takes longer: see target/it.jsa.log");
      Files.write(ARCHIVE, new byte[0]); // one try per build
    }
  }
}
