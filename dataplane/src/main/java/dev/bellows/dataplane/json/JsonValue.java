package dev.bellows.dataplane.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A value of JSON, immutable. Asking for what is not there gives {@link Absent}, so that a path can
 * be written down in one go; reading one as something that it is not gives the value named instead.
 */
public sealed interface JsonValue {
  /** A text, number, boolean or null, by its literal. */
  record Scalar(String literal, boolean quoted) implements JsonValue {}

  /** An object; its fields in their order. */
  record Fields(Map<String, JsonValue> values) implements JsonValue {
    public Fields {
      values = new LinkedHashMap<>(values);
    }
  }

  /** An array. */
  record Elements(List<JsonValue> values) implements JsonValue {
    public Elements {
      values = List.copyOf(values);
    }
  }

  /** Nothing: a field that is not there, or {@code null}. */
  record Absent() implements JsonValue {}

  /**
   * Reads one value.
   *
   * @throws IllegalArgumentException if the text is no JSON, or more than one value; its message is
   *     one line
   */
  static JsonValue parse(String text) {
    try (JsonParser in = new JsonFactory().createParser(text)) {
      JsonValue value = in.nextToken() == null ? new Absent() : read(in);
      if (in.nextToken() != null) {
        throw new IllegalArgumentException("more than one value");
      }
      return value;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e.getOriginalMessage().replaceAll("\\s*\\R\\s*", " "), e);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot be read: " + e.getMessage(), e);
    }
  }

  private static JsonValue read(JsonParser in) throws IOException {
    return switch (in.currentToken()) {
      case START_OBJECT -> {
        Map<String, JsonValue> fields = new LinkedHashMap<>();
        while (in.nextToken() == JsonToken.FIELD_NAME) {
          String name = in.currentName();
          in.nextToken();
          fields.put(name, read(in));
        }
        yield new Fields(fields);
      }
      case START_ARRAY -> {
        List<JsonValue> elements = new ArrayList<>();
        while (in.nextToken() != JsonToken.END_ARRAY) {
          elements.add(read(in));
        }
        yield new Elements(elements);
      }
      case VALUE_NULL -> new Absent();
      case VALUE_STRING -> new Scalar(in.getText(), true);
      default -> new Scalar(in.getText(), false);
    };
  }

  /** A field of an object. */
  default JsonValue get(String name) {
    return this instanceof Fields fields
        ? fields.values.getOrDefault(name, new Absent())
        : new Absent();
  }

  /** The elements of an array; none of anything else. */
  default List<JsonValue> elements() {
    return this instanceof Elements array ? array.values : List.of();
  }

  /** A text, or the literal of a number or boolean. */
  default String text(String otherwise) {
    return this instanceof Scalar scalar ? scalar.literal : otherwise;
  }

  /**
   * A whole number, also one in quotes.
   *
   * @throws IllegalArgumentException if it is something else, unless it is absent
   */
  default long number(long otherwise) {
    return switch (this) {
      case Scalar scalar -> {
        try {
          yield Long.parseLong(scalar.literal);
        } catch (NumberFormatException e) {
          throw new IllegalArgumentException("not a whole number: " + scalar.literal, e);
        }
      }
      case Absent absent -> otherwise;
      case Fields fields -> throw new IllegalArgumentException("an object, not a number");
      case Elements elements -> throw new IllegalArgumentException("an array, not a number");
    };
  }

  /** Whether it is {@code true}. */
  default boolean isTrue() {
    return this instanceof Scalar scalar && !scalar.quoted && scalar.literal.equals("true");
  }
}
