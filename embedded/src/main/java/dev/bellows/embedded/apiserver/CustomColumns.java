package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The columns that a CustomResourceDefinition's {@code additionalPrinterColumns} ask for. */
final class CustomColumns {
  private CustomColumns() {}

  static Columns of(JsonNode version) {
    List<Columns.Column> columns = new ArrayList<>();
    columns.add(Columns.name());
    for (JsonNode column : version.path("additionalPrinterColumns")) {
      JsonPath path = JsonPath.parse(column.path("jsonPath").asText());
      String type = column.path("type").asText("string");
      columns.add(
          new Columns.Column(
              column.path("name").asText(),
              type,
              column.path("format").asText(""),
              column.path("description").asText(""),
              column.path("priority").asInt(0),
              (object, now) -> cell(path, type, object, now)));
    }
    if (columns.size() == 1) {
      columns.add(Columns.age());
    }
    return new Columns(List.copyOf(columns));
  }

  private static @Nullable Object cell(JsonPath path, String type, ObjectNode object, Instant now) {
    List<JsonNode> found = path.find(object);
    if (found.isEmpty()) {
      return null;
    }
    JsonNode value = found.getFirst();
    return switch (type) {
      case "date" -> Age.since(value.asText(), now);
      case "integer" -> value.canConvertToLong() ? (Object) value.asLong() : null;
      case "number" -> value.isNumber() ? (Object) value.decimalValue() : null;
      case "boolean" -> value.isBoolean() ? (Object) value.asBoolean() : null;
      default -> value.isValueNode() ? value.asText() : value.toString();
    };
  }
}
