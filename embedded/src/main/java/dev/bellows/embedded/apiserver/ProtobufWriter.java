package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;

/**
 * Writes objects in Kubernetes' protobuf form, for clients that prefer it. The numbers of the
 * fields stand in the definitions of the built-in kinds; what is not among those has no such form.
 */
final class ProtobufWriter {
  private ProtobufWriter() {}

  /** Whether an object has a protobuf form. */
  static boolean canWrite(JsonNode object) {
    return ProtobufForm.kind(object).isBuiltIn();
  }

  /** An object in its envelope. */
  static byte[] write(JsonNode object) {
    ProtobufOutput type =
        new ProtobufOutput()
            .text(1, object.path("apiVersion").asText("v1"))
            .text(2, object.path("kind").asText());
    byte[] envelope =
        new ProtobufOutput()
            .message(1, type)
            .message(2, message(object, ProtobufForm.kind(object)))
            .toBytes();
    byte[] magic = ProtobufForm.magic();
    byte[] all = new byte[magic.length + envelope.length];
    System.arraycopy(magic, 0, all, 0, magic.length);
    System.arraycopy(envelope, 0, all, magic.length, envelope.length);
    return all;
  }

  /** An event of a watch: its length in four bytes, then it. */
  static byte[] event(JsonNode event) {
    byte[] message =
        new ProtobufOutput()
            .text(1, event.path("type").asText())
            .message(2, new ProtobufOutput().bytes(1, write(event.path("object"))))
            .toBytes();
    return ByteBuffer.allocate(Integer.BYTES + message.length)
        .putInt(message.length)
        .put(message)
        .array();
  }

  private static ProtobufOutput message(JsonNode object, Schema schema) {
    ProtobufOutput out = new ProtobufOutput();
    JsonNode fields = schema.keyword("properties");
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      int number = fields.path(field.getKey()).path("x-number").asInt();
      if (number > 0) {
        field(out, number, field.getValue(), schema.field(field.getKey()).orElse(Schema.ANY));
      }
    }
    for (Map.Entry<String, JsonNode> inline : schema.keyword("x-inline").properties()) {
      ProtobufOutput inner = new ProtobufOutput();
      for (Map.Entry<String, JsonNode> field : inline.getValue().properties()) {
        field(
            inner,
            field.getValue().asInt(),
            object.path(field.getKey()),
            schema.field(field.getKey()).orElse(Schema.ANY));
      }
      out.message(Integer.parseInt(inline.getKey()), inner);
    }
    return out;
  }

  private static void field(ProtobufOutput out, int number, JsonNode value, Schema schema) {
    if (value.isNull() || value.isMissingNode()) {
      return;
    }
    if (ProtobufForm.of(schema) == ProtobufForm.LIST) {
      value.forEach(each -> value(out, number, each, schema.items()));
    } else if (schema.keyword("additionalProperties").isObject()) {
      for (Map.Entry<String, JsonNode> entry : value.properties()) {
        ProtobufOutput pair = new ProtobufOutput().text(1, entry.getKey());
        value(pair, 2, entry.getValue(), schema.field("").orElse(Schema.ANY));
        out.message(number, pair);
      }
    } else {
      value(out, number, value, schema);
    }
  }

  private static void value(ProtobufOutput out, int number, JsonNode value, Schema schema) {
    switch (ProtobufForm.of(schema)) {
      case TIME -> out.message(number, time(value.asText()));
      case QUANTITY -> out.message(number, new ProtobufOutput().text(1, value.asText()));
      case INT_OR_STRING ->
          out.message(
              number,
              value.isTextual()
                  ? new ProtobufOutput().number(1, 1).text(3, value.asText())
                  : new ProtobufOutput().number(1, 0).number(2, value.asLong()));
      case RAW -> out.message(number, new ProtobufOutput().bytes(1, Json.bytes(value)));
      case SCHEMA_OR_BOOL -> out.message(number, schemaOrBool(value));
      case SCHEMA_OR_SCHEMAS, SCHEMA_OR_NAMES -> out.message(number, schemaOrList(value));
      case EMPTY -> out.message(number, new ProtobufOutput());
      case LIST -> {
        ProtobufOutput list = new ProtobufOutput();
        value.forEach(each -> value(list, 1, each, schema.items()));
        out.message(number, list);
      }
      case NUMBER -> out.number(number, value.asLong());
      case FRACTION -> out.fraction(number, value.asDouble());
      case BOOLEAN -> out.number(number, value.asBoolean() ? 1 : 0);
      case BYTES -> out.bytes(number, decoded(value));
      case TEXT -> out.text(number, value.asText());
      case MESSAGE -> out.message(number, message(value, schema));
    }
  }

  private static ProtobufOutput time(String text) {
    try {
      Instant time = Instant.parse(text);
      return new ProtobufOutput().number(1, time.getEpochSecond()).number(2, time.getNano());
    } catch (DateTimeException e) {
      throw new IllegalStateException("a time that is none: " + text, e);
    }
  }

  private static byte[] decoded(JsonNode value) {
    try {
      return value.isBinary() ? value.binaryValue() : Base64.getDecoder().decode(value.asText());
    } catch (IOException | IllegalArgumentException e) {
      throw new IllegalStateException("bytes that are not in base64", e);
    }
  }

  private static ProtobufOutput schemaOrBool(JsonNode value) {
    return value instanceof ObjectNode schema
        ? new ProtobufOutput().number(1, 1).message(2, message(schema, ProtobufForm.SCHEMA_PROPS))
        : new ProtobufOutput().number(1, value.asBoolean() ? 1 : 0);
  }

  private static ProtobufOutput schemaOrList(JsonNode value) {
    ProtobufOutput out = new ProtobufOutput();
    if (value instanceof ObjectNode schema) {
      return out.message(1, message(schema, ProtobufForm.SCHEMA_PROPS));
    }
    for (JsonNode each : value) {
      if (each.isTextual()) {
        out.text(2, each.asText());
      } else {
        out.message(2, message(each, ProtobufForm.SCHEMA_PROPS));
      }
    }
    return out;
  }
}
