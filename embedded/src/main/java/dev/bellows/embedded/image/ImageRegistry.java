package dev.bellows.embedded.image;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.bellows.api.admission.ImageReference;
import dev.bellows.embedded.store.DataFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Image names and the commands they stand for, kept in a JSON file of the data directory. The file
 * is shared by processes: whoever adds an image writes it under a lock, and a running kubelet reads
 * it again when it has changed. So {@code bellows image add} works whether Bellows runs or not.
 *
 * <p>A reference finds an image by repository and tag; failing that, an image that was registered
 * without a tag stands for all of its repository's tags and digests.
 *
 * <p>People edit the file by hand, too. One that cannot be read is told in one line, and {@link
 * #resolve} goes on with what was read before; whoever would list or change the images is refused,
 * lest the file be overwritten.
 */
public final class ImageRegistry {
  /** Images beyond this number are refused. */
  static final int MAX_IMAGES = 10_000;

  private static final Logger log = LoggerFactory.getLogger(ImageRegistry.class);

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private final Path directory;
  private final Path file;
  private final BuiltInImages builtIns;
  private Read read = Read.NOTHING;

  /**
   * What was read last.
   *
   * @param version of the file; empty = there was none
   * @param images of the last version that could be read
   * @param unreadable why that version could not be read; empty = it could
   */
  private record Read(
      Optional<Version> version, Map<ImageName, Image> images, Optional<String> unreadable) {
    static final Read NOTHING = new Read(Optional.empty(), Map.of(), Optional.empty());
  }

  /** Tells one content of the file from another: also two within one tick of the file's clock. */
  public record Version(FileTime modified, long bytes, @Nullable Object file) {}

  /** An image as the file has it; whoever wrote it may have left out anything. */
  private record Stored(
      @Nullable String name,
      @Nullable List<@Nullable String> command,
      @Nullable Map<String, @Nullable String> env,
      @Nullable String workingDir,
      boolean atPodIp) {
    Image image() {
      if (name == null || command == null) {
        throw new IllegalArgumentException("an image needs a name and a command");
      }
      return new Image(
          name,
          command.stream().map(word -> word == null ? "" : word).toList(),
          env == null ? Map.of() : present(env),
          Optional.ofNullable(workingDir).filter(each -> !each.isEmpty()).map(Path::of),
          atPodIp);
    }

    private static Map<String, String> present(Map<String, @Nullable String> variables) {
      Map<String, String> present = new TreeMap<>();
      variables.forEach((name, value) -> present.put(name, value == null ? "" : value));
      return present;
    }
  }

  /**
   * The registry of a data directory; its file need not exist.
   *
   * @param builtIns images that are there without being added
   */
  public ImageRegistry(Path dataDirectory, BuiltInImages builtIns) {
    this.directory = dataDirectory.toAbsolutePath();
    this.file = directory.resolve("images.json");
    this.builtIns = builtIns;
  }

  /**
   * What a reference stands for.
   *
   * @throws ImageUnavailableException if nothing; the message says what to do
   */
  public Image resolve(String reference) throws ImageUnavailableException {
    ImageName name;
    try {
      name = ImageName.parse(reference);
    } catch (IllegalArgumentException e) {
      throw new ImageUnavailableException(reference, e);
    }
    Read seen = seen();
    Map<ImageName, Image> images = seen.images();
    String tag = name.tag().isEmpty() && name.digest().isEmpty() ? "latest" : name.tag();
    Image tagged = images.get(new ImageName(name.repository(), tag, ""));
    if (tagged != null) {
      return tagged;
    }
    Image any = images.get(new ImageName(name.repository(), "", ""));
    if (any != null) {
      return any;
    }
    return builtIns
        .find(name.repository())
        .orElseThrow(() ->
            seen.unreadable().isEmpty()
                ? new ImageUnavailableException(reference)
                : new ImageUnavailableException(reference, seen.unreadable().get()));
  }

  /** Looks whether the file has changed, so that what is wrong with it is told now. */
  public void look() {
    seen();
  }

  /**
   * Every image by name; a built-in one unless another was added under its name.
   *
   * @throws UncheckedIOException if the file cannot be read
   */
  public List<Image> list() {
    Map<ImageName, Image> added;
    try {
      added = load();
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
    List<Image> all = new ArrayList<>(added.values());
    for (Image builtIn : builtIns.all()) {
      if (!added.containsKey(ImageName.parse(builtIn.name()))) {
        all.add(builtIn);
      }
    }
    all.sort(Comparator.comparing(Image::name));
    return all;
  }

  /**
   * Makes a name stand for a command, instead of whatever it stood for.
   *
   * @return what the name stood for before, if it had been added
   * @throws IllegalArgumentException if the name is no image reference, or one with a digest
   * @throws UncheckedIOException if the file cannot be read or written
   */
  public Optional<Image> add(Image image) {
    ImageName name = ImageName.parse(image.name());
    if (!name.digest().isEmpty()) {
      throw new IllegalArgumentException(
          "a digest names content, and the local registry has none: leave out '@"
              + name.digest()
              + "'");
    }
    if (!ImageReference.isValid(image.name())) {
      throw new IllegalArgumentException(
          "invalid image name '" + image.name() + "': no manifest that names it would be accepted");
    }
    List<Image> replaced = new ArrayList<>();
    change(images -> {
      if (images.size() >= MAX_IMAGES && !images.containsKey(name)) {
        throw new IllegalArgumentException("there are " + MAX_IMAGES + " images already");
      }
      Optional.ofNullable(images.put(name, image)).ifPresent(replaced::add);
    });
    return replaced.stream().findFirst();
  }

  /**
   * Forgets an image.
   *
   * @return whether it was there
   * @throws UncheckedIOException if the file cannot be read or written
   */
  public boolean remove(String reference) {
    ImageName name = ImageName.parse(reference);
    boolean[] removed = new boolean[1];
    change(images -> removed[0] = images.remove(name) != null);
    return removed[0];
  }

  private synchronized Read seen() {
    try {
      Optional<Version> version = version();
      if (!version.equals(read.version()) || read.unreadable().isPresent()) {
        read = new Read(version, load(), Optional.empty());
      }
    } catch (IOException e) {
      String why = String.valueOf(e.getMessage());
      if (!read.unreadable().equals(Optional.of(why))) {
        log.warn("{}; the images known before stay", why);
      }
      read = new Read(Optional.empty(), read.images(), Optional.of(why));
    }
    return read;
  }

  /**
   * Of the file as it is now; empty if there is none.
   *
   * @throws IOException if it cannot be looked at
   */
  public Optional<Version> version() throws IOException {
    try {
      BasicFileAttributes seen = Files.readAttributes(file, BasicFileAttributes.class);
      return Optional.of(new Version(seen.lastModifiedTime(), seen.size(), seen.fileKey()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /**
   * The file's images; none if there is no file.
   *
   * @throws IOException if it cannot be read; its message is one line that names it
   */
  private Map<ImageName, Image> load() throws IOException {
    Map<ImageName, Image> images = new TreeMap<>(Comparator.comparing(ImageName::toString));
    try {
      for (JsonNode each : JSON.readTree(Files.readAllBytes(file)).path("images")) {
        Image image = JSON.treeToValue(each, Stored.class).image();
        images.put(ImageName.parse(image.name()), image);
      }
    } catch (NoSuchFileException e) {
      return images;
    } catch (JsonProcessingException e) {
      // Jackson tells the place again in words, and only the place of the text is of use.
      String why = e.getOriginalMessage().replaceFirst(" \\(start marker at .*", "");
      JsonLocation at = e.getLocation();
      throw unreadable(
          at == null || at.getLineNr() < 0 ? why : "line " + at.getLineNr() + ": " + why, e);
    } catch (IOException e) {
      throw unreadable(e.toString(), e); // its message may be a path and no more
    } catch (IllegalArgumentException e) {
      throw unreadable(String.valueOf(e.getMessage()), e);
    }
    return images;
  }

  private IOException unreadable(String why, Exception cause) {
    return new IOException(
        "cannot read the images in " + file + ": " + why.lines().findFirst().orElse(""), cause);
  }

  private synchronized void change(Consumer<Map<ImageName, Image>> change) {
    try {
      DataFiles.ownerOnlyDirectory(directory);
      try (FileChannel channel =
              FileChannel.open(
                  file.resolveSibling("images.lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        assert lock.isValid();
        Map<ImageName, Image> images = load();
        change.accept(images);
        List<Stored> stored =
            images.values().stream()
                .map(image ->
                    new Stored(
                        image.name(),
                        List.copyOf(image.command()),
                        new TreeMap<>(image.environment()),
                        image.workingDirectory().map(Path::toString).orElse(""),
                        image.atPodIp()))
                .toList();
        Path fresh = file.resolveSibling("images.json.new");
        Files.deleteIfExists(fresh); // of a process that was killed while it wrote
        Files.createFile(fresh);
        DataFiles.ownerOnly(fresh); // variables may be secrets
        JSON.writeValue(fresh.toFile(), Map.of("images", stored));
        Files.move(
            fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (FileSystemException e) { // its message may be a path and no more
      throw new UncheckedIOException("cannot write " + file + ": " + e, e);
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }
}
