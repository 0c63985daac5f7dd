package dev.bellows.app.cli;

import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which objects a command is about: {@code KIND}, {@code KIND NAME} or {@code KIND/NAME}. */
final class Target {
  @Parameters(
      arity = "1..2",
      paramLabel = "KIND[/NAME]",
      description = "a kind such as ksvc, revision or pods, and a name")
  private List<String> words = List.of();

  @Option(
      names = {"-n", "--namespace"},
      description = "namespace (default: default)")
  private String namespace = "default";

  String kind() {
    String first = words.getFirst();
    int slash = first.indexOf('/');
    return slash < 0 ? first : first.substring(0, slash);
  }

  /** Empty if no name was given. */
  String name() {
    String first = words.getFirst();
    int slash = first.indexOf('/');
    if (slash >= 0) {
      return first.substring(slash + 1);
    }
    return words.size() > 1 ? words.get(1) : "";
  }

  /**
   * @throws UserError if no name was given
   */
  private String requiredName() {
    if (name().isEmpty()) {
      throw new UserError("which " + kind() + "? give a name, as in: " + kind() + "/NAME");
    }
    return name();
  }

  /**
   * One object, as the API knows it.
   *
   * @param kind of the object
   * @param name of the object
   * @param path that the API has it under
   */
  record Named(ClusterAccess.Kind kind, String name, String path) {}

  /**
   * The object that was named.
   *
   * @throws UserError if there is no such kind, or no name was given
   */
  Named named(ClusterAccess cluster) {
    ClusterAccess.Kind kind = cluster.kind(kind());
    String name = requiredName();
    return new Named(kind, name, kind.path(namespace, name));
  }

  String namespace() {
    return namespace;
  }
}
