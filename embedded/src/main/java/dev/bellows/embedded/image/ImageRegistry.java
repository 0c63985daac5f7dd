package dev.bellows.embedded.image;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Image names and the commands they stand for, kept in a JSON file of the data directory. The file
 * is shared by processes: whoever adds an image writes it under a lock, and a running kubelet reads
 * it again when it has changed. So {@code bellows image add} works whether Bellows runs or not.
 *
 * <p>A reference finds an image by repository and tag; failing that, an image that was registered
 * without a tag stands for all of its repository's tags and digests.
 */
public final class ImageRegistry {
  /** Images beyond this number are refused. */
  static final int MAX_IMAGES = 10_000;

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private final Path file;
  private final BuiltInImages builtIns;
  private Read read = new Read(Optional.empty(), Map.of());

  private record Read(Optional<FileTime> at, Map<ImageName, Image> images) {}

  private record Stored(
      String name,
      List<String> command,
      @Nullable Map<String, String> env,
      @Nullable String workingDir) {}

  /**
   * The registry of a data directory; its file need not exist.
   *
   * @param builtIns images that are there without being added
   */
  public ImageRegistry(Path dataDirectory, BuiltInImages builtIns) {
    this.file = dataDirectory.resolve("images.json");
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
    Map<ImageName, Image> images = images();
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
        .orElseThrow(() -> new ImageUnavailableException(reference));
  }

  /** Every image by name; a built-in one unless another was added under its name. */
  public List<Image> list() {
    Map<ImageName, Image> added = images();
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
   * @throws IllegalArgumentException if the name is no image reference, or one with a digest
   * @throws UncheckedIOException if the file cannot be written
   */
  public void add(Image image) {
    ImageName name = ImageName.parse(image.name());
    if (!name.digest().isEmpty()) {
      throw new IllegalArgumentException(
          "a digest names content, and the local registry has none: leave out '@"
              + name.digest()
              + "'");
    }
    change(images -> {
      if (images.size() >= MAX_IMAGES && !images.containsKey(name)) {
        throw new IllegalArgumentException("there are " + MAX_IMAGES + " images already");
      }
      images.put(name, image);
    });
  }

  /**
   * Forgets an image.
   *
   * @return whether it was there
   */
  public boolean remove(String reference) {
    ImageName name = ImageName.parse(reference);
    boolean[] removed = new boolean[1];
    change(images -> removed[0] = images.remove(name) != null);
    return removed[0];
  }

  private synchronized Map<ImageName, Image> images() {
    try {
      Optional<FileTime> changed = changed();
      if (!changed.equals(read.at())) {
        read = new Read(changed, changed.isEmpty() ? Map.of() : load());
      }
      return read.images();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the image registry " + file, e);
    }
  }

  private Optional<FileTime> changed() throws IOException {
    try {
      return Optional.of(Files.getLastModifiedTime(file));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private Map<ImageName, Image> load() throws IOException {
    Map<ImageName, Image> images = new TreeMap<>(Comparator.comparing(ImageName::toString));
    for (JsonNode each : JSON.readTree(file.toFile()).path("images")) {
      Stored stored = JSON.treeToValue(each, Stored.class);
      Image image =
          new Image(
              stored.name(),
              stored.command(),
              stored.env() == null ? Map.of() : stored.env(),
              Optional.ofNullable(stored.workingDir())
                  .filter(directory -> !directory.isEmpty())
                  .map(Path::of));
      images.put(ImageName.parse(image.name()), image);
    }
    return images;
  }

  private synchronized void change(Consumer<Map<ImageName, Image>> change) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      try (FileChannel channel =
              FileChannel.open(
                  file.resolveSibling("images.lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        assert lock.isValid();
        Map<ImageName, Image> images =
            Files.exists(file) ? load() : new TreeMap<>(Comparator.comparing(ImageName::toString));
        change.accept(images);
        List<Stored> stored =
            images.values().stream()
                .map(image ->
                    new Stored(
                        image.name(),
                        image.command(),
                        new TreeMap<>(image.environment()),
                        image.workingDirectory().map(Path::toString).orElse("")))
                .toList();
        Path fresh = file.resolveSibling("images.json.new");
        JSON.writeValue(fresh.toFile(), Map.of("images", stored));
        Files.move(
            fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        read = new Read(Optional.empty(), Map.of()); // read again, whatever the clock's grain
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the image registry " + file, e);
    }
  }
}
