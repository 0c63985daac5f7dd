package dev.bellows.app.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which objects a command is about: {@code KIND}, {@code KIND NAME} or {@code KIND/NAME}. */
final class Target {
  @Parameters(
      arity = "0..2",
      paramLabel = "KIND[/NAME]",
      description = "a kind such as ksvc, revision or pods, and a name")
  private List<String> words = List.of();

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAMESPACE",
      description = "namespace (default: default)")
  private String namespace = "default";

  boolean isGiven() {
    return !words.isEmpty();
  }

  /**
   * @throws UserError if none was given
   */
  String kind() {
    if (words.isEmpty()) {
      throw UserError.wrongWords("which kind? for instance ksvc, revision, pods");
    }
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
      throw UserError.wrongWords("which " + kind() + "? give a name, as in: " + kind() + "/NAME");
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

  /**
   * The object that a manifest describes; in the namespace that was named, unless it names one.
   *
   * @throws UserError if there is no such kind, or it has no name
   */
  Named of(ClusterAccess cluster, JsonNode manifest) {
    ClusterAccess.Kind kind =
        cluster.kind(manifest.path("apiVersion").asText(), manifest.path("kind").asText());
    JsonNode metadata = manifest.path("metadata");
    String name = metadata.path("name").asText();
    if (name.isEmpty()) {
      throw new UserError("metadata.name is missing");
    }
    return new Named(kind, name, kind.path(metadata.path("namespace").asText(namespace), name));
  }

  String namespace() {
    return namespace;
  }
}
