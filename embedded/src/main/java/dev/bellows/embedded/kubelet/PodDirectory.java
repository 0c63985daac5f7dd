package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where the files of one pod are: {@code pods/NAMESPACE_NAME_UID/CONTAINER/RESTART.log}, the layout
 * of a kubelet's {@code /var/log/pods}.
 */
record PodDirectory(Path path) {
  // What the API lets through as names; whoever wrote the object, nothing else becomes a path.
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");

  static PodDirectory of(Path root, ObjectNode pod) {
    var meta = pod.path("metadata");
    return new PodDirectory(
        root.resolve(
            checked(meta.path("namespace").asText())
                + "_"
                + checked(meta.path("name").asText())
                + "_"
                + checked(meta.path("uid").asText())));
  }

  private static String checked(String name) {
    if (!NAME.matcher(name).matches() || name.contains("..")) {
      throw new IllegalArgumentException("'" + name + "' is no name of Kubernetes");
    }
    return name;
  }

  Path log(String container, int restart) {
    return path.resolve(checked(container)).resolve(restart + ".log");
  }

  /** Forgets the logs of starts before the previous one, which is all that clients can ask for. */
  void forgetBefore(String container, int restart) {
    Path directory = path.resolve(checked(container));
    if (restart < 2 || !Files.isDirectory(directory)) {
      return;
    }
    try (Stream<Path> logs = Files.list(directory)) {
      String old = restart - 2 + ".log";
      for (Path log : logs.toList()) {
        if (log.getFileName().toString().startsWith(old)) {
          Files.deleteIfExists(log);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete old logs in " + directory, e);
    }
  }

  void delete() {
    if (!Files.exists(path)) {
      return;
    }
    try (Stream<Path> files = Files.walk(path)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + path, e);
    }
  }
}
