package dev.bellows.app.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code bellows describe}: what an object says of itself, and what has happened to it. */
@Command(
    name = "describe",
    description = "Tell an object's state: its conditions, reasons and events.",
    mixinStandardHelpOptions = true)
final class DescribeCommand implements Callable<Integer> {
  @Mixin private DataDirectory dataDirectory = new DataDirectory();
  @Mixin private Target target = new Target();

  @Override
  public Integer call() {
    try (ClusterAccess cluster = ClusterAccess.open(dataDirectory)) {
      JsonNode object = cluster.get(target.named(cluster).path(), "application/json");
      print(object);
      JsonNode events =
          cluster.get(
              "/api/v1/namespaces/"
                  + target.namespace()
                  + "/events?fieldSelector=involvedObject.uid%3D"
                  + object.path("metadata").path("uid").asText(),
              "application/json");
      printEvents(events);
    }
    return 0;
  }

  private static void print(JsonNode object) {
    JsonNode metadata = object.path("metadata");
    System.out.printf("%s %s%n", object.path("kind").asText(), metadata.path("name").asText());
    System.out.printf("  namespace:  %s%n", metadata.path("namespace").asText("-"));
    System.out.printf("  created:    %s%n", metadata.path("creationTimestamp").asText());
    for (String field : List.of("url", "latestCreatedRevisionName", "latestReadyRevisionName")) {
      if (object.path("status").has(field)) {
        System.out.printf("  %s: %s%n", field, object.path("status").path(field).asText());
      }
    }
    JsonNode conditions = object.path("status").path("conditions");
    if (!conditions.isEmpty()) {
      List<List<String>> rows = new ArrayList<>();
      rows.add(List.of("  CONDITION", "STATUS", "REASON", "MESSAGE"));
      for (JsonNode condition : conditions) {
        rows.add(
            List.of(
                "  " + condition.path("type").asText(),
                condition.path("status").asText(),
                condition.path("reason").asText("").lines().findFirst().orElse(""),
                onOneLine(condition.path("message").asText(""))));
      }
      System.out.println();
      System.out.print(Columns.align(rows));
    }
    for (JsonNode container : object.path("status").path("containerStatuses")) {
      System.out.printf(
          "%n  container %s: restarts %d, %s%n",
          container.path("name").asText(),
          container.path("restartCount").asInt(),
          container.path("state"));
    }
  }

  /** Of a text of several lines the first and the last with words: a crash is told by its end. */
  private static String onOneLine(String message) {
    List<String> lines =
        message.lines().filter(line -> line.chars().anyMatch(Character::isLetterOrDigit)).toList();
    return switch (lines.size()) {
      case 0 -> "";
      case 1 -> lines.getFirst();
      default -> lines.getFirst() + " ... " + lines.getLast().strip();
    };
  }

  private static void printEvents(JsonNode events) {
    if (events.path("items").isEmpty()) {
      return;
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("  EVENT", "REASON", "LAST SEEN", "MESSAGE"));
    for (JsonNode event : events.path("items")) {
      rows.add(
          List.of(
              "  " + event.path("type").asText(),
              event.path("reason").asText(),
              event.path("lastTimestamp").asText(event.path("eventTime").asText("")),
              onOneLine(event.path("message").asText(""))));
    }
    System.out.println();
    System.out.print(Columns.align(rows));
  }
}
