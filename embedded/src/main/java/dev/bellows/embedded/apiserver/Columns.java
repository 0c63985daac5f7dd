package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import java.util.function.BiFunction;

/**
 * How {@code kubectl get} shows a kind.
 *
 * @param columns from left to right
 */
record Columns(List<Column> columns) {
  /**
   * One column.
   *
   * @param name its heading
   * @param type {@code string}, {@code integer}, {@code date}, {@code boolean}, {@code number}
   * @param format {@code name} for the object's name, otherwise empty
   * @param description for those who ask what it means
   * @param priority 0 is always shown, 1 only with {@code -o wide}
   * @param cell makes the value, knowing the present time
   */
  record Column(
      String name,
      String type,
      String format,
      String description,
      int priority,
      BiFunction<ObjectNode, Instant, Object> cell) {}

  /** The {@code columnDefinitions} of a Table. */
  ArrayNode definitions() {
    ArrayNode definitions = Json.array();
    for (Column column : columns) {
      definitions
          .addObject()
          .put("name", column.name())
          .put("type", column.type())
          .put("format", column.format())
          .put("description", column.description())
          .put("priority", column.priority());
    }
    return definitions;
  }

  /** The {@code cells} of one object's row. */
  ArrayNode cells(ObjectNode object, Instant now) {
    ArrayNode cells = Json.array();
    for (Column column : columns) {
      cells.addPOJO(column.cell().apply(object, now));
    }
    return cells;
  }

  static Column text(String name, BiFunction<ObjectNode, Instant, Object> cell) {
    return new Column(name, "string", "", "", 0, cell);
  }

  static Column wide(String name, BiFunction<ObjectNode, Instant, Object> cell) {
    return new Column(name, "string", "", "", 1, cell);
  }

  static Column number(String name, BiFunction<ObjectNode, Instant, Object> cell) {
    return new Column(name, "integer", "", "", 0, cell);
  }

  /** The first column of every kind. */
  static Column name() {
    return new Column(
        "Name", "string", "name", "", 0, (object, now) -> ObjectMeta.of(object).name());
  }

  /** When the object was created, as kinds without columns of their own show it. */
  static Column createdAt() {
    return text("Created At", (object, now) -> Json.text(object, "metadata", "creationTimestamp"));
  }

  /** How long ago the object was created. */
  static Column age() {
    return text(
        "Age", (object, now) -> Age.since(Json.text(object, "metadata", "creationTimestamp"), now));
  }
}
