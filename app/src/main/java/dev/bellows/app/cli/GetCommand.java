package dev.bellows.app.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bellows get}: lists objects as the server's own tables, or whole. */
@Command(
    name = "get",
    description = "List objects: bellows get ksvc, bellows get pods -o yaml.",
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

  @Override
  public Integer call() throws IOException {
    try (ClusterAccess cluster = ClusterAccess.open(dataDirectory.path())) {
      ClusterAccess.Kind kind = cluster.kind(target.kind());
      String path = kind.path(target.namespace(), target.name());
      switch (output) {
        case table -> printTable(cluster.get(path, TABLE), false);
        case wide -> printTable(cluster.get(path, TABLE), true);
        case json -> System.out.println(cluster.get(path, "application/json").toPrettyString());
        case yaml ->
            System.out.print(
                YAMLMapper.builder()
                    .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                    .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                    .build()
                    .writeValueAsString(cluster.get(path, "application/json")));
      }
    }
    return 0;
  }

  private void printTable(JsonNode table, boolean wide) {
    List<Integer> shown = new ArrayList<>();
    ArrayNode header = JsonNodeFactory.instance.arrayNode();
    JsonNode columns = table.path("columnDefinitions");
    for (int i = 0; i < columns.size(); i++) {
      if (wide || columns.get(i).path("priority").asInt() == 0) {
        shown.add(i);
        header.add(columns.get(i).path("name").asText().toUpperCase(java.util.Locale.ROOT));
      }
    }
    if (table.path("rows").isEmpty()) {
      System.err.println("No resources found in " + target.namespace() + " namespace.");
      return;
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(cells(header, java.util.stream.IntStream.range(0, shown.size()).boxed().toList()));
    for (JsonNode row : table.path("rows")) {
      rows.add(cells(row.path("cells"), shown));
    }
    System.out.print(Columns.align(rows));
  }

  private static List<String> cells(JsonNode row, List<Integer> shown) {
    return shown.stream().map(i -> row.path(i).asText("")).toList();
  }
}
