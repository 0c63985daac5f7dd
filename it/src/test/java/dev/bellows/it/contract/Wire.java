package dev.bellows.it.contract;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** JSON, written in cases without quotes around names and with single ones around values. */
final class Wire {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(JsonReadFeature.ALLOW_UNQUOTED_FIELD_NAMES)
          .enable(JsonReadFeature.ALLOW_SINGLE_QUOTES)
          .build();

  private Wire() {}

  /** Any value; {@code arguments} are put in as {@link String#format} does. */
  @SuppressWarnings("AnnotateFormatMethod") // its annotation is in a library that tests lack
  static JsonNode value(String text, Object... arguments) {
    try {
      return JSON.readTree(arguments.length == 0 ? text : text.formatted(arguments));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON: " + text, e);
    }
  }

  static ObjectNode object(String text, Object... arguments) {
    if (value(text, arguments) instanceof ObjectNode object) {
      return object;
    }
    throw new IllegalArgumentException("not an object: " + text);
  }
}
