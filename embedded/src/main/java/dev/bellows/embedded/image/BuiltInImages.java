package dev.bellows.embedded.image;

import dev.bellows.embedded.store.DataFiles;
import dev.bellows.images.Autoscale;
import dev.bellows.images.HelloWorld;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The images that are there without being added: two small Java programs, run on the JDK that we
 * run on. A class-data archive, made once per JDK and version of the programs, halves their start.
 */
public final class BuiltInImages {
  private static final Logger LOG = LoggerFactory.getLogger(BuiltInImages.class);

  /** Greets. */
  public static final String HELLO_WORLD = "dev.local/helloworld";

  /** Sleeps, computes and fills memory on request. */
  public static final String AUTOSCALE = "dev.local/autoscale";

  private static final Map<String, Class<?>> PROGRAMS =
      Map.of(HELLO_WORLD, HelloWorld.class, AUTOSCALE, Autoscale.class);

  // Small and quick rather than fast in the long run: stack measured against the defaults.
  private static final List<String> FLAGS =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:-UsePerfData",
          "-Xshare:auto",
          "-Xlog:disable");

  private static final long TRAINING_SECONDS = 30;

  private final Path java;
  private final Path classPath;
  private final Path archive;

  /**
   * The images, none of them trained.
   *
   * @param cache where archives are kept
   */
  public BuiltInImages(Path cache) {
    java = Path.of(System.getProperty("java.home"), "bin", "java");
    try {
      classPath =
          Path.of(Autoscale.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      Path beside = classPath.resolveSibling(".").normalize();
      // Beside the programs where we may write, so that every data directory profits.
      archive =
          (Files.isWritable(beside) ? beside : cache)
              .resolve(
                  "images-"
                      + Runtime.version().toString().replaceAll("[^0-9A-Za-z.+-]", "_")
                      + "-"
                      + Files.getLastModifiedTime(classPath).toMillis()
                      + ".jsa");
    } catch (URISyntaxException | IOException e) {
      throw new IllegalStateException("the programs of the built-in images are not there", e);
    }
  }

  List<Image> all() {
    return PROGRAMS.keySet().stream().sorted().map(this::image).toList();
  }

  Optional<Image> find(String repository) {
    return PROGRAMS.containsKey(repository) ? Optional.of(image(repository)) : Optional.empty();
  }

  private Image image(String name) {
    List<String> command = new ArrayList<>();
    command.add(java.toString());
    command.addAll(FLAGS);
    if (Files.exists(archive)) {
      command.add("-XX:SharedArchiveFile=" + archive);
    }
    command.addAll(main(name));
    return new Image(name, command, Map.of(), Optional.empty());
  }

  private List<String> main(String name) {
    Class<?> program = PROGRAMS.getOrDefault(name, Autoscale.class);
    return List.of("-cp", classPath.toString(), program.getName());
  }

  /**
   * Makes the archive unless it is there; takes about a second, so call it on a thread of its own.
   * Without an archive the programs work as well, and start slower. Nothing is done where the
   * programs are not in a jar, which archives need.
   */
  public void train() {
    if (Files.exists(archive) || Files.isDirectory(classPath)) {
      return;
    }
    Path fresh =
        archive.resolveSibling(archive.getFileName() + "." + ProcessHandle.current().pid());
    try {
      DataFiles.ownerOnlyDirectory(Objects.requireNonNull(archive.toAbsolutePath().getParent()));
      List<String> command = new ArrayList<>();
      command.add(java.toString());
      command.addAll(FLAGS);
      command.add("-XX:ArchiveClassesAtExit=" + fresh);
      command.addAll(main(AUTOSCALE));
      command.add("--check");
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!process.waitFor(TRAINING_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        LOG.warn("the archive of the built-in images was not made in {} s", TRAINING_SECONDS);
      } else if (process.exitValue() == 0 && Files.exists(fresh)) {
        // In one step: a program that starts meanwhile sees no archive or a whole one.
        Files.move(fresh, archive, StandardCopyOption.ATOMIC_MOVE);
        return;
      }
      Files.deleteIfExists(fresh);
    } catch (IOException e) {
      LOG.warn(
          "the built-in images will start slower: no archive at {}: {}", archive, e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
