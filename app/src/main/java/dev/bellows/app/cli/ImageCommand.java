package dev.bellows.app.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.image.BuiltInImages;
import dev.bellows.embedded.image.Image;
import dev.bellows.embedded.image.ImageRegistry;
import java.io.File;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bellows image}: which program an image name stands for on this machine. */
@Command(
    name = "image",
    description = "Say which program an image name stands for.",
    mixinStandardHelpOptions = true,
    subcommands = {ImageCommand.Add.class, ImageCommand.Show.class, ImageCommand.Remove.class})
final class ImageCommand implements Runnable {
  @Override
  public void run() {
    throw UserError.wrongWords(
        "add, list or rm? for instance: bellows image add hello -- python3 hello.py");
  }

  private static ImageRegistry registry(DataDirectory dataDirectory) {
    Path directory = dataDirectory.path();
    return new ImageRegistry(directory, new BuiltInImages(directory.resolve("cache")));
  }

  /**
   * What the registry answers; what it refuses, or cannot read or write, is the person's to mend.
   */
  private static <T> T asked(Supplier<T> question) {
    try {
      return question.get();
    } catch (IllegalArgumentException | UncheckedIOException e) {
      throw new UserError(String.valueOf(e.getMessage()));
    }
  }

  /** {@code bellows image add NAME -- COMMAND…}. */
  @Command(
      name = "add",
      description = {
        "Let an image name stand for a program.",
        "For instance: bellows image add hello -- python3 hello.py",
        "The program must serve HTTP on the port in $PORT. It starts in the present directory."
      },
      mixinStandardHelpOptions = true)
  static final class Add implements Callable<Integer> {
    @Mixin private DataDirectory dataDirectory = new DataDirectory();

    @Option(
        names = {"-e", "--env"},
        paramLabel = "NAME=VALUE",
        description = "a variable that the program sees; may be repeated")
    private Map<String, String> environment = new LinkedHashMap<>();

    @Option(
        names = "--at-pod-ip",
        description = {
          "the program listens at its pod's address, $BELLOWS_LISTEN_IP, and at the ports that the",
          "pod declares, instead of at every address and $PORT"
        })
    private boolean atPodIp;

    @Parameters(index = "0", paramLabel = "NAME", description = "the image's name in manifests")
    private String name = "";

    @Parameters(
        index = "1..*",
        arity = "1..*",
        paramLabel = "COMMAND",
        description = "the program and its arguments")
    private List<String> command = List.of();

    @Override
    public Integer call() {
      List<String> words = new ArrayList<>(command);
      Path program = Path.of(words.getFirst());
      // A relative program is meant from here, wherever the pod will start it.
      if (program.getNameCount() > 1 && !program.isAbsolute()) {
        words.set(0, program.toAbsolutePath().normalize().toString());
      }
      Image image =
          new Image(name, words, environment, Optional.of(Path.of("").toAbsolutePath()), atPodIp);
      Optional<Image> before = asked(() -> registry(dataDirectory).add(image));
      System.out.printf(
          "image %s stands for: %s%s%n",
          name,
          String.join(" ", words),
          before
              .filter(old -> !old.equals(image))
              .map(old -> " (replaced; was: " + String.join(" ", old.command()) + ")")
              .orElse(""));
      if (!isThere(words.getFirst(), System.getenv().getOrDefault("PATH", ""))) {
        System.err.println(
            "bellows: warning: there is no program "
                + words.getFirst()
                + " now; pods of this image cannot start without it");
      }
      return 0;
    }

    /**
     * Whether a program could be started.
     *
     * @param program a path, or a name that is looked for
     * @param searched directories, as PATH lists them
     */
    static boolean isThere(String program, String searched) {
      if (program.contains("/")) {
        return isProgram(Path.of(program));
      }
      return Stream.of(searched.split(File.pathSeparator, -1))
          .anyMatch(directory -> isProgram(Path.of(directory, program)));
    }

    private static boolean isProgram(Path file) {
      return Files.isRegularFile(file) && Files.isExecutable(file);
    }
  }

  /** {@code bellows image list}. */
  @Command(name = "list", description = "List the images.", mixinStandardHelpOptions = true)
  static final class Show implements Callable<Integer> {
    @Mixin private DataDirectory dataDirectory = new DataDirectory();

    private static final int SHOWN_CHARACTERS = 48;

    @Option(
        names = {"-o", "--output"},
        paramLabel = "FORM",
        description =
            "${COMPLETION-CANDIDATES}; json is one list on one line (default: table, which cuts"
                + " long commands)")
    private Output output = Output.table;

    /** How the list is written. */
    enum Output {
      table,
      wide,
      json
    }

    @Override
    public Integer call() {
      List<Image> images = asked(registry(dataDirectory)::list);
      System.out.print(
          switch (output) {
            case table -> Columns.align(rows(images, SHOWN_CHARACTERS));
            case wide -> Columns.align(rows(images, Integer.MAX_VALUE));
            case json -> asJson(images) + System.lineSeparator();
          });
      return 0;
    }

    static List<List<String>> rows(List<Image> images, int shownCharacters) {
      List<List<String>> rows = new ArrayList<>();
      rows.add(List.of("IMAGE", "COMMAND", "STARTS IN"));
      for (Image image : images) {
        String command = String.join(" ", image.command());
        rows.add(
            List.of(
                image.name(),
                command.length() <= shownCharacters
                    ? command
                    : command.substring(0, shownCharacters - 3) + "...",
                image.workingDirectory().map(Path::toString).orElse("-")));
      }
      return rows;
    }

    /** Without variables: they may be secrets, and lists are printed into logs. */
    static String asJson(List<Image> images) {
      ArrayNode list = JsonNodeFactory.instance.arrayNode();
      for (Image image : images) {
        ObjectNode each = list.addObject().put("name", image.name());
        image.command().forEach(each.putArray("command")::add);
        image.workingDirectory().ifPresent(path -> each.put("workingDir", path.toString()));
      }
      return list.toString();
    }
  }

  /** {@code bellows image rm NAME}. */
  @Command(
      name = "rm",
      description = "Forget an image; pods that run it go on.",
      mixinStandardHelpOptions = true)
  static final class Remove implements Callable<Integer> {
    @Mixin private DataDirectory dataDirectory = new DataDirectory();

    @Parameters(paramLabel = "NAME")
    private String name = "";

    @Override
    public Integer call() {
      if (!asked(() -> registry(dataDirectory).remove(name))) {
        throw new UserError("there is no image " + name + "; bellows image list shows them");
      }
      System.out.printf("image %s removed%n", name);
      return 0;
    }
  }
}
