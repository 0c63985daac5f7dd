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
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bellows get}: lists objects as the server's own tables, or whole. */
@Command(
    name = "get",
    description = {
      "List objects: bellows get ksvc, bellows get pods -o yaml.",
      "Several kinds are separated by commas: bellows get ksvc,pods.",
      "With -w it goes on printing an object's row whenever it changes, until Ctrl-C.",
      "Of kubectl's, -f, jsonpath and other templates, and field selectors are not there."
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

  @Option(
      names = {"-w", "--watch"},
      description = "then print each change; one kind, as a table")
  private boolean watch;

  @Override
  public Integer call() throws IOException {
    List<String> words = List.of(target.kind().split(",", -1));
    if (words.size() > 1 && !target.name().isEmpty()) {
      throw UserError.wrongWords("a name goes with one kind");
    }
    if (!target.name().isEmpty() && (everywhere || !selector.isEmpty())) {
      throw UserError.wrongWords("a name goes neither with -A nor with -l");
    }
    if (watch && (words.size() > 1 || output == Output.yaml || output == Output.json)) {
      throw UserError.wrongWords("-w goes with one kind, and with a table");
    }
    try (ClusterAccess cluster = ClusterAccess.open(dataDirectory)) {
      List<ClusterAccess.Kind> kinds = words.stream().map(cluster::kind).toList();
      if (watch) {
        follow(cluster, kinds.getFirst());
        return 0;
      }
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

  /** Prints what there is, and then each change, for as long as the API answers. */
  private void follow(ClusterAccess cluster, ClusterAccess.Kind kind) {
    List<String> questions = new ArrayList<>();
    if (!selector.isEmpty()) {
      questions.add("labelSelector=" + URLEncoder.encode(selector, StandardCharsets.UTF_8));
    }
    if (!target.name().isEmpty()) {
      cluster.get(path(kind), "application/json"); // says so if there is none
      questions.add(
          "fieldSelector="
              + URLEncoder.encode("metadata.name=" + target.name(), StandardCharsets.UTF_8));
    }
    String all = kind.path(everywhere ? "" : target.namespace(), "") + "?";
    JsonNode table = cluster.get(all + String.join("&", questions), TABLE);
    List<List<String>> printed = new ArrayList<>();
    AtomicReference<String> version =
        new AtomicReference<>(table.path("metadata").path("resourceVersion").asText());
    printMore(printed, shownRows(kind, table));
    questions.add("watch=true&allowWatchBookmarks=true&resourceVersion=");
    while (true) { // a server ends each watch after a while; this one goes on where it was
      cluster.follow(
          all + String.join("&", questions) + version.get(),
          TABLE,
          event -> {
            JsonNode object = event.path("object");
            if (event.path("type").asText().equals("ERROR")) {
              throw new UserError(object.path("message").asText("the watch has ended"));
            }
            version.set(newest(object).orElse(version.get()));
            if (!event.path("type").asText().equals("BOOKMARK")) {
              printMore(
                  printed, shownRows(kind, withColumns(object, table.path("columnDefinitions"))));
            }
          });
    }
  }

  /** Of a watch's tables only the first describes its columns. */
  private static JsonNode withColumns(JsonNode table, JsonNode columns) {
    return table.path("columnDefinitions").isEmpty() && table instanceof ObjectNode bare
        ? bare.set("columnDefinitions", columns)
        : table;
  }

  /** The version that an event's table, or the object in it, is of. */
  private static Optional<String> newest(JsonNode table) {
    return Stream.of(
            table.path("rows").path(0).path("object").path("metadata"), table.path("metadata"))
        .map(metadata -> metadata.path("resourceVersion").asText())
        .filter(version -> !version.isEmpty())
        .findFirst();
  }

  private List<List<String>> shownRows(ClusterAccess.Kind kind, JsonNode table) {
    return rows(table, output == Output.wide, everywhere && kind.namespaced(), "");
  }

  /** The header is printed once; the rows after it stay in its columns. */
  private static void printMore(List<List<String>> printed, List<List<String>> rows) {
    List<List<String>> more =
        printed.isEmpty() || rows.isEmpty() ? rows : rows.subList(1, rows.size());
    if (!more.isEmpty()) {
      System.out.print(Columns.continued(printed, more));
      System.out.flush();
      if (printed.isEmpty()) {
        printed.addAll(more);
      }
    }
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
