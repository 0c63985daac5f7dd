package dev.bellows.app.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.YamlText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bellows apply}: creates or changes objects from manifests, by server-side apply. */
@Command(
    name = "apply",
    description = "Create or change objects from YAML or JSON manifests.",
    mixinStandardHelpOptions = true)
final class ApplyCommand implements Callable<Integer> {
  private static final int LARGEST_MANIFEST_BYTES = 3 * 1024 * 1024;

  @Mixin private DataDirectory dataDirectory = new DataDirectory();

  @Option(
      names = {"-f", "--filename"},
      required = true,
      paramLabel = "FILE",
      description = "a manifest, a directory of them, or - for standard input; may be repeated")
  private List<String> files = List.of();

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAMESPACE",
      description = "namespace of objects that name none (default: default)")
  private String namespace = "default";

  @Override
  public Integer call() throws IOException {
    try (ClusterAccess cluster = ClusterAccess.open(dataDirectory)) {
      for (ObjectNode manifest : read(files)) {
        System.out.println(apply(cluster, manifest, namespace));
      }
    }
    return 0;
  }

  /**
   * Applies one manifest.
   *
   * @return which object it is, and whether it was created, configured or left unchanged
   */
  static String apply(ClusterAccess cluster, ObjectNode manifest, String defaultNamespace) {
    ClusterAccess.Kind kind =
        cluster.kind(manifest.path("apiVersion").asText(), manifest.path("kind").asText());
    String name = manifest.path("metadata").path("name").asText();
    if (name.isEmpty()) {
      throw new UserError("metadata.name is missing");
    }
    String namespace = manifest.path("metadata").path("namespace").asText(defaultNamespace);
    Optional<JsonNode> before = cluster.find(kind.path(namespace, name));
    JsonNode after =
        cluster.send(
            "PATCH",
            kind.path(namespace, name) + "?fieldManager=bellows&force=true&fieldValidation=Strict",
            "application/json",
            "application/apply-patch+yaml",
            manifest.toString());
    return kind.qualified() + "/" + name + " " + outcome(before, after);
  }

  /** In kubectl's words. */
  static String outcome(Optional<JsonNode> before, JsonNode after) {
    if (before.isEmpty()) {
      return "created";
    }
    return wanted(before.get()).equals(wanted(after)) ? "unchanged" : "configured";
  }

  // The status is not the person's, and may have changed between our two looks.
  private static JsonNode wanted(JsonNode object) {
    JsonNode wanted = object.deepCopy();
    if (wanted instanceof ObjectNode whole) {
      whole.remove("status");
    }
    if (wanted.path("metadata") instanceof ObjectNode metadata) {
      metadata.remove(List.of("resourceVersion", "managedFields"));
    }
    return wanted;
  }

  /**
   * The objects that files hold, in their order.
   *
   * @param files each a manifest, a directory of them, or - for standard input
   * @throws UserError if one cannot be read
   */
  static List<ObjectNode> read(List<String> files) throws IOException {
    List<ObjectNode> manifests = new ArrayList<>();
    for (String file : files) {
      for (String text : texts(file)) {
        manifests.addAll(manifests(file, text));
      }
    }
    return manifests;
  }

  /**
   * The objects that a text holds.
   *
   * @throws UserError naming the file and, for bad YAML, the line
   */
  static List<ObjectNode> manifests(String file, String text) throws IOException {
    List<ObjectNode> manifests = new ArrayList<>();
    try (JsonParser documents = YamlText.parser(text)) {
      while (documents.nextToken() != null) {
        JsonNode document = documents.readValueAsTree();
        if (document instanceof ObjectNode object) {
          manifests.add(object);
        } else if (!document.isNull() && !document.isMissingNode()) {
          throw new UserError(file + ": not a Kubernetes manifest");
        }
      }
    } catch (JsonProcessingException e) {
      String where = e.getLocation() == null ? "" : " line " + e.getLocation().getLineNr();
      // The parser's message shows places and excerpts in indented lines between its own.
      String what =
          e.getOriginalMessage()
              .lines()
              .filter(line -> !line.isBlank() && !line.startsWith(" "))
              .collect(Collectors.joining(": "));
      throw new UserError(file + where + ": not readable as YAML: " + what);
    }
    if (manifests.isEmpty()) {
      throw new UserError(file + " holds no manifest");
    }
    return manifests;
  }

  private static List<String> texts(String file) throws IOException {
    if (file.equals("-")) {
      return List.of(
          new String(System.in.readNBytes(LARGEST_MANIFEST_BYTES), StandardCharsets.UTF_8));
    }
    Path path = Path.of(file);
    if (!Files.exists(path)) {
      throw new UserError("no such file: " + file);
    }
    if (!Files.isDirectory(path)) {
      return List.of(Files.readString(path));
    }
    List<String> all = new ArrayList<>();
    try (Stream<Path> inside = Files.list(path)) {
      for (Path each :
          inside.filter(name -> name.toString().matches(".*\\.(ya?ml|json)")).sorted().toList()) {
        all.add(Files.readString(each));
      }
    }
    if (all.isEmpty()) {
      throw new UserError(file + " holds no .yaml, .yml or .json file");
    }
    return all;
  }
}
