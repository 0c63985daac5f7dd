package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A list whose elements are found by what identifies them: the field that is the merge key, or
 * their whole value. Of several that are alike the first is meant. Every step takes constant time.
 */
final class MergedList {
  private final String key;

  /** A removed element leaves its place empty, so that the others keep theirs. */
  private final List<@Nullable JsonNode> places = new ArrayList<>();

  private final Map<String, Deque<Integer>> placesOf = new HashMap<>();

  /**
   * A list to change; the elements themselves are not copied.
   *
   * @param list what is not a list counts as an empty one
   * @param key empty if elements are identified by their whole value
   */
  MergedList(JsonNode list, String key) {
    this.key = key;
    if (list.isArray()) {
      list.forEach(this::add);
    }
  }

  Optional<JsonNode> find(JsonNode alike) {
    return place(alike).map(places::get);
  }

  private Optional<Integer> place(JsonNode alike) {
    return Optional.ofNullable(placesOf.get(identity(alike, key))).map(Deque::peekFirst);
  }

  void add(JsonNode element) {
    placesOf
        .computeIfAbsent(identity(element, key), none -> new ArrayDeque<>(2))
        .addLast(places.size());
    places.add(element);
  }

  /** Puts an element, alike in its identity, into the place of the first that is there. */
  void replace(JsonNode alike, JsonNode element) {
    place(alike).ifPresent(at -> places.set(at, element));
  }

  /** Removes the first element that is alike, if there is one. */
  void remove(JsonNode alike) {
    Deque<Integer> found = placesOf.get(identity(alike, key));
    Integer at = found == null ? null : found.pollFirst();
    if (at != null) {
      places.set(at, null);
    }
  }

  ArrayNode elements() {
    ArrayNode elements = Json.array();
    for (JsonNode element : places) {
      if (element != null) {
        elements.add(element);
      }
    }
    return elements;
  }

  /**
   * What identifies an element: the same text for what {@link Json#same} takes for the same, and
   * for nothing else.
   */
  static String identity(JsonNode element, String key) {
    StringBuilder text = new StringBuilder();
    if (element.isObject() && !key.isEmpty()) {
      write(element.path(key), text.append('@'));
    } else {
      write(element, text);
    }
    return text.toString();
  }

  private static void write(JsonNode value, StringBuilder text) {
    if (value.isObject()) {
      text.append('{');
      Map<String, JsonNode> sorted = new TreeMap<>();
      value.properties().forEach(field -> sorted.put(field.getKey(), field.getValue()));
      sorted.forEach((name, field) -> {
        quote(name, text);
        write(field, text);
      });
      text.append('}');
    } else if (value.isArray()) {
      text.append('[');
      value.forEach(each -> write(each, text));
      text.append(']');
    } else if (value.isNumber()) {
      // Not plain: 1e999999999 would be as many digits.
      text.append('#').append(value.decimalValue().stripTrailingZeros()).append(' ');
    } else if (value.isTextual()) {
      quote(value.textValue(), text);
    } else {
      text.append('!').append(value.asText()).append(' ');
    }
  }

  /** By its length, so that no text can look like the end of another. */
  private static void quote(String value, StringBuilder text) {
    text.append('"').append(value.length()).append(':').append(value);
  }
}
