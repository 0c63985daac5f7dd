package dev.bellows.embedded.kubelet;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A directory of files that change all at once, in the form that programs in Kubernetes know: the
 * files are in a directory of their own, {@code ..data} is a link to it, and every name is a link
 * through {@code ..data}. A change is a new directory and one rename of the link.
 */
final class AtomicDirectory {
  private static final String DATA = "..data";
  private static final int GROUP_MAY_READ = 0440;
  private static final int GROUP_MAY_ENTER = 0550;
  private static final int DIRECTORY_MODE = 0755;

  private final Path directory;
  private final OptionalInt group;
  private Map<String, Content> present = Map.of();
  private boolean written;

  /** A file's bytes, and its permissions as chmod(1) has them. */
  record Content(ByteBuffer bytes, int mode) {
    Content {
      bytes = bytes.asReadOnlyBuffer();
    }
  }

  /**
   * Is not there before the first {@link #write}.
   *
   * @param group whose the files are, if they are to be somebody's
   */
  AtomicDirectory(Path directory, OptionalInt group) {
    this.directory = directory;
    this.group = group;
  }

  /**
   * Makes these the files, by their paths below the directory.
   *
   * @throws IllegalArgumentException if a path leads out of it, or is one of our own names
   */
  void write(Map<String, Content> files) throws IOException {
    if (written && files.equals(present)) {
      return;
    }
    for (String path : files.keySet()) {
      Path below = Path.of(path);
      if (path.isEmpty()
          || below.isAbsolute()
          || !below.equals(below.normalize())
          || path.startsWith("..")) {
        throw new IllegalArgumentException("\"" + path + "\" is no path within a volume");
      }
    }
    boolean isNew = Files.notExists(directory);
    Files.createDirectories(directory);
    own(directory, DIRECTORY_MODE);
    Path fresh = Files.createTempDirectory(directory, "..");
    own(fresh, DIRECTORY_MODE);
    for (Map.Entry<String, Content> file : files.entrySet()) {
      put(fresh, file.getKey(), file.getValue());
    }
    Set<String> names = new HashSet<>();
    files.keySet().forEach(path -> names.add(Path.of(path).getName(0).toString()));
    if (isNew) {
      Files.createSymbolicLink(directory.resolve(DATA), fresh.getFileName());
      for (String name : names) {
        Files.createSymbolicLink(directory.resolve(name), Path.of(DATA, name));
      }
    } else {
      replace(fresh, names);
    }
    present = Map.copyOf(files);
    written = true;
  }

  private void replace(Path fresh, Set<String> names) throws IOException {
    Path data = directory.resolve(DATA);
    Path before = Files.exists(data) ? data.toRealPath() : fresh;
    Path link = Files.createSymbolicLink(directory.resolve("..data_tmp"), fresh.getFileName());
    Files.move(link, data, StandardCopyOption.ATOMIC_MOVE);
    showNames(names);
    if (!before.equals(fresh.toRealPath())) {
      delete(before);
    }
  }

  private void put(Path fresh, String path, Content content) throws IOException {
    Path file = fresh.resolve(path);
    for (Path above = file.getParent();
        above != null && !above.equals(fresh);
        above = above.getParent()) {
      Files.createDirectories(above);
      own(above, DIRECTORY_MODE);
    }
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = content.bytes().duplicate();
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
    own(file, content.mode());
  }

  private void own(Path file, int mode) throws IOException {
    if (group.isPresent()) {
      Files.setAttribute(file, "unix:gid", group.getAsInt());
      boolean isDirectory = Files.isDirectory(file);
      Files.setPosixFilePermissions(
          file, permissions(mode | (isDirectory ? GROUP_MAY_ENTER : GROUP_MAY_READ)));
    } else {
      Files.setPosixFilePermissions(file, permissions(mode));
    }
  }

  /** From chmod(1)'s numbers. */
  static Set<PosixFilePermission> permissions(int mode) {
    PosixFilePermission[] all = PosixFilePermission.values(); // from the owner's right to read on
    Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
    for (int bit = 0; bit < all.length; bit++) {
      if ((mode & (0400 >> bit)) != 0) {
        set.add(all[bit]);
      }
    }
    return set;
  }

  private void showNames(Set<String> names) throws IOException {
    for (String name : names) {
      Path link = directory.resolve(name);
      if (!Files.isSymbolicLink(link)) {
        Files.createSymbolicLink(link, Path.of(DATA, name));
      }
    }
    try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
      for (Path each : all) {
        String name = Objects.requireNonNull(each.getFileName()).toString();
        if (!name.startsWith("..") && !names.contains(name)) {
          Files.delete(each);
        }
      }
    }
  }

  /** Deletes a directory with all that it holds; links are deleted, not followed. */
  static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.deleteIfExists(file);
      }
    }
  }
}
