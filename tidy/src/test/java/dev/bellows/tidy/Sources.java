package dev.bellows.tidy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The project's own files, found from the directory that this module is tested in. */
final class Sources {
  static final Path ROOT = Path.of("").toAbsolutePath().getParent();

  private Sources() {}

  /** All Java sources, generated ones left out. */
  static List<Path> java() throws IOException {
    return under("src", ".java");
  }

  /** Files below any module's {@code folder} whose names end so, sorted. */
  static List<Path> under(String folder, String ending) throws IOException {
    List<Path> found = new ArrayList<>();
    try (Stream<Path> modules = Files.list(ROOT)) {
      for (Path directory : modules.map(module -> module.resolve(folder)).toList()) {
        if (!Files.isDirectory(directory)) {
          continue;
        }
        try (Stream<Path> files = Files.walk(directory)) {
          files.filter(file -> file.toString().endsWith(ending)).forEach(found::add);
        }
      }
    }
    found.sort(null);
    return found;
  }

  /** The file as a reader of the repository knows it. */
  static String name(Path file) {
    return ROOT.relativize(file).toString();
  }
}
