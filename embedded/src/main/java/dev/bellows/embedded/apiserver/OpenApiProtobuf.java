package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.function.Function;

/**
 * Writes an OpenAPI document of the second version in its protobuf form, for clients that read no
 * other, as kubectl does. The numbers of the fields are those of {@code openapi.v2.Document}
 * (github.com/google/gnostic-models, openapiv2/OpenAPIv2.proto); of its messages those are here
 * that our documents have.
 */
final class OpenApiProtobuf {
  private OpenApiProtobuf() {}

  static byte[] write(JsonNode document) {
    JsonNode info = document.path("info");
    return new ProtobufOutput()
        .text(1, document.path("swagger").asText())
        .message(
            2,
            new ProtobufOutput()
                .text(1, info.path("title").asText())
                .text(2, info.path("version").asText()))
        .message(8, named(2, document.path("paths"), OpenApiProtobuf::path))
        .message(9, named(1, document.path("definitions"), OpenApiProtobuf::schema))
        .toBytes();
  }

  /** A map, which is a message of names and values that repeat in one field. */
  private static ProtobufOutput named(
      int field, JsonNode map, Function<JsonNode, ProtobufOutput> value) {
    ProtobufOutput out = new ProtobufOutput();
    for (Map.Entry<String, JsonNode> each : map.properties()) {
      out.message(
          field,
          new ProtobufOutput().text(1, each.getKey()).message(2, value.apply(each.getValue())));
    }
    return out;
  }

  /** Any value is a text in YAML, which JSON is. */
  private static ProtobufOutput any(JsonNode value) {
    return new ProtobufOutput().text(2, value.toString());
  }

  private static void extension(ProtobufOutput out, int field, String name, JsonNode value) {
    if (name.startsWith("x-")) {
      out.message(field, new ProtobufOutput().text(1, name).message(2, any(value)));
    }
  }

  private static ProtobufOutput path(JsonNode path) {
    ProtobufOutput out = new ProtobufOutput();
    for (Map.Entry<String, JsonNode> method : path.properties()) {
      int field =
          switch (method.getKey()) {
            case "get" -> 2;
            case "put" -> 3;
            case "post" -> 4;
            case "delete" -> 5;
            case "patch" -> 8;
            default -> throw new IllegalStateException("no such method: " + method.getKey());
          };
      out.message(field, operation(method.getValue()));
    }
    return out;
  }

  private static ProtobufOutput operation(JsonNode operation) {
    ProtobufOutput out = new ProtobufOutput().text(5, operation.path("operationId").asText());
    for (JsonNode parameter : operation.path("parameters")) {
      ProtobufOutput query =
          new ProtobufOutput()
              .text(2, parameter.path("in").asText())
              .text(4, parameter.path("name").asText())
              .text(6, parameter.path("type").asText())
              .number(20, parameter.path("uniqueItems").asBoolean() ? 1 : 0);
      ProtobufOutput parameterOfNoBody = new ProtobufOutput().message(3, query);
      out.message(
          8, new ProtobufOutput().message(1, new ProtobufOutput().message(2, parameterOfNoBody)));
    }
    out.message(9, named(1, operation.path("responses"), OpenApiProtobuf::response));
    for (Map.Entry<String, JsonNode> each : operation.properties()) {
      extension(out, 13, each.getKey(), each.getValue());
    }
    return out;
  }

  private static ProtobufOutput response(JsonNode response) {
    ProtobufOutput body = new ProtobufOutput().message(1, schema(response.path("schema")));
    return new ProtobufOutput()
        .message(
            1,
            new ProtobufOutput().text(1, response.path("description").asText()).message(2, body));
  }

  private static ProtobufOutput schema(JsonNode schema) {
    ProtobufOutput out = new ProtobufOutput();
    for (Map.Entry<String, JsonNode> each : schema.properties()) {
      keyword(out, each.getKey(), each.getValue());
    }
    return out;
  }

  private static void keyword(ProtobufOutput out, String name, JsonNode value) {
    switch (name) {
      case "$ref" -> out.text(1, value.asText());
      case "format" -> out.text(2, value.asText());
      case "title" -> out.text(3, value.asText());
      case "description" -> out.text(4, value.asText());
      case "default" -> out.message(5, any(value));
      case "multipleOf" -> out.fraction(6, value.asDouble());
      case "maximum" -> out.fraction(7, value.asDouble());
      case "exclusiveMaximum" -> out.number(8, value.asBoolean() ? 1 : 0);
      case "minimum" -> out.fraction(9, value.asDouble());
      case "exclusiveMinimum" -> out.number(10, value.asBoolean() ? 1 : 0);
      case "maxLength" -> out.number(11, value.asLong());
      case "minLength" -> out.number(12, value.asLong());
      case "pattern" -> out.text(13, value.asText());
      case "maxItems" -> out.number(14, value.asLong());
      case "minItems" -> out.number(15, value.asLong());
      case "uniqueItems" -> out.number(16, value.asBoolean() ? 1 : 0);
      case "maxProperties" -> out.number(17, value.asLong());
      case "minProperties" -> out.number(18, value.asLong());
      case "required" -> value.forEach(field -> out.text(19, field.asText()));
      case "enum" -> value.forEach(choice -> out.message(20, any(choice)));
      case "additionalProperties" ->
          out.message(
              21,
              value.isObject()
                  ? new ProtobufOutput().message(1, schema(value))
                  : new ProtobufOutput().number(2, value.asBoolean() ? 1 : 0));
      case "type" -> out.message(22, new ProtobufOutput().text(1, value.asText()));
      case "items" -> out.message(23, new ProtobufOutput().message(1, schema(value)));
      case "allOf" -> value.forEach(part -> out.message(24, schema(part)));
      case "properties" -> out.message(25, named(1, value, OpenApiProtobuf::schema));
      case "externalDocs" ->
          out.message(
              29,
              new ProtobufOutput()
                  .text(1, value.path("description").asText())
                  .text(2, value.path("url").asText()));
      case "example" -> out.message(30, any(value));
      default -> extension(out, 31, name, value); // no other keyword has a field
    }
  }
}
