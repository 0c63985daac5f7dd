package dev.bellows.app.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bellows get}: lists objects as the server's own tables, or whole. */
@Command(
    name = "get",
    description = {
      "List objects: bellows get ksvc, bellows get pods -o yaml.",
      "Several kinds are separated by commas: bellows get ksvc,pods.",
      "Of kubectl's, -w, -f, jsonpath and other templates, and field selectors are not there."
    },
    mixinStandardHelpOptions = true)
final class GetCommand implements Callable<Integer> {
  private static final String TABLE =
      "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

  /** How to print. */
  enum Output {
    table,
    wide,
    yaml,
    json
  }

  @Mixin private DataDirectory dataDirectory = new DataDirectory();
  @Mixin private Target target = new Target();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORM",
      description = "${COMPLETION-CANDIDATES} (default: table)")
  private Output output = Output.table;

  @Option(
      names = {"-l", "--selector"},
      paramLabel = "LABELS",
      description = "only what has these labels, as in app=hello,tier!=test")
  private String selector = "";

  @Option(
      names = {"-A", "--all-namespaces"},
      description = "in every namespace")
  private boolean everywhere;

  @Override
  public Integer call() throws IOException {
    List<String> words = List.of(target.kind().split(",", -1));
    if (words.size() > 1 && !target.name().isEmpty()) {
      throw UserError.wrongWords("a name goes with one kind");
    }
    if (!target.name().isEmpty() && (everywhere || !selector.isEmpty())) {
      throw UserError.wrongWords("a name goes neither with -A nor with -l");
    }
    try (ClusterAccess cluster = ClusterAccess.open(dataDirectory.path())) {
      List<ClusterAccess.Kind> kinds = words.stream().map(cluster::kind).toList();
      switch (output) {
        case table, wide -> printTables(cluster, kinds);
        case json -> System.out.println(objects(cluster, kinds).toPrettyString());
        case yaml ->
            System.out.print(
                YAMLMapper.builder()
                    .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                    .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                    .build()
                    .writeValueAsString(objects(cluster, kinds)));
      }
    }
    return 0;
  }

  private String path(ClusterAccess.Kind kind) {
    String path = kind.path(everywhere ? "" : target.namespace(), target.name());
    return selector.isEmpty()
        ? path
        : path + "?labelSelector=" + URLEncoder.encode(selector, StandardCharsets.UTF_8);
  }

  /** What the API has; of several kinds one list of all. */
  private JsonNode objects(ClusterAccess cluster, List<ClusterAccess.Kind> kinds) {
    if (kinds.size() == 1) {
      return cluster.get(path(kinds.getFirst()), "application/json");
    }
    ObjectNode all =
        JsonNodeFactory.instance.objectNode().put("apiVersion", "v1").put("kind", "List");
    ArrayNode items = all.putArray("items");
    for (ClusterAccess.Kind kind : kinds) {
      for (JsonNode each : cluster.get(path(kind), "application/json").path("items")) {
        items.add(
            ((ObjectNode) each.deepCopy())
                .put("apiVersion", kind.apiVersion())
                .put("kind", kind.kind()));
      }
    }
    return all;
  }

  private void printTables(ClusterAccess cluster, List<ClusterAccess.Kind> kinds) {
    List<String> printed = new ArrayList<>();
    for (ClusterAccess.Kind kind : kinds) {
      List<List<String>> rows =
          rows(
              cluster.get(path(kind), TABLE),
              output == Output.wide,
              everywhere && kind.namespaced(),
              kinds.size() > 1 ? kind.qualified() + "/" : "");
      if (!rows.isEmpty()) {
        printed.add(Columns.align(rows));
      }
    }
    if (printed.isEmpty()) {
      System.err.println(
          everywhere || kinds.stream().noneMatch(ClusterAccess.Kind::namespaced)
              ? "No resources found."
              : "No resources found in " + target.namespace() + " namespace.");
    }
    System.out.print(String.join("\n", printed));
  }

  /**
   * The server's table as lines of cells, the header first; none if it holds nothing.
   *
   * @param wide with the columns that are usually left out
   * @param namespaces with each object's namespace before it
   * @param prefix of the names
   */
  static List<List<String>> rows(JsonNode table, boolean wide, boolean namespaces, String prefix) {
    if (table.path("rows").isEmpty()) {
      return List.of();
    }
    List<Integer> shown = new ArrayList<>();
    List<String> header = new ArrayList<>(namespaces ? List.of("NAMESPACE") : List.of());
    JsonNode columns = table.path("columnDefinitions");
    for (int i = 0; i < columns.size(); i++) {
      if (wide || columns.get(i).path("priority").asInt() == 0) {
        shown.add(i);
        header.add(columns.get(i).path("name").asText().toUpperCase(Locale.ROOT));
      }
    }
    List<List<String>> rows = new ArrayList<>(List.of(header));
    for (JsonNode row : table.path("rows")) {
      List<String> cells = new ArrayList<>();
      if (namespaces) {
        cells.add(row.path("object").path("metadata").path("namespace").asText());
      }
      for (int i : shown) {
        cells.add((i == 0 ? prefix : "") + row.path("cells").path(i).asText(""));
      }
      rows.add(cells);
    }
    return rows;
  }
}
