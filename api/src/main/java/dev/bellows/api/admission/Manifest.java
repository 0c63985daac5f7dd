package dev.bellows.api.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Reading and filling in the JSON of a manifest. */
final class Manifest {
  private Manifest() {}

  /** Whether a field says something: absent, null and the empty text do not. */
  static boolean isSet(JsonNode value) {
    return !value.isMissingNode()
        && !value.isNull()
        && !(value.isTextual() && value.textValue().isEmpty());
  }

  /** A field's text; empty if it is absent. */
  static String text(JsonNode object, String field) {
    JsonNode value = object.path(field);
    return value.isNull() ? "" : value.asText("");
  }

  /** Whether two values say the same; a number is the same however wide it is held. */
  static boolean same(JsonNode one, JsonNode other) {
    return one.equals(
        (a, b) ->
            a.isNumber() && b.isNumber()
                ? a.decimalValue().compareTo(b.decimalValue())
                : a.equals(b) ? 0 : 1,
        other);
  }

  /** The items of a list; none if it is absent. */
  static List<JsonNode> items(JsonNode object, String field) {
    return StreamSupport.stream(object.path(field).spliterator(), false).toList();
  }

  /** The items of a list that are objects, to be changed in place. */
  static Stream<ObjectNode> objects(JsonNode object, String field) {
    return items(object, field).stream().filter(JsonNode::isObject).map(ObjectNode.class::cast);
  }

  /** A map of texts, such as labels; empty if it is absent. */
  static Map<String, String> texts(JsonNode object, String field) {
    Map<String, String> texts = new LinkedHashMap<>();
    object
        .path(field)
        .properties()
        .forEach(each -> texts.put(each.getKey(), each.getValue().asText("")));
    return texts;
  }

  /** The object in a field, made if it is absent. */
  static ObjectNode within(ObjectNode object, String field) {
    return object.path(field) instanceof ObjectNode present ? present : object.putObject(field);
  }

  /** The list in a field, made if it is absent. */
  static ArrayNode list(ObjectNode object, String field) {
    return object.path(field) instanceof ArrayNode present ? present : object.putArray(field);
  }
}
