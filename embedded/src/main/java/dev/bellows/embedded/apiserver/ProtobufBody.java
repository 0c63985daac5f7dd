package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads objects that a client has written in Kubernetes' protobuf form, as kubectl's own {@code
 * create} commands do.
 *
 * <p>The numbers of the fields stand in the definitions of the built-in kinds. What Go writes out
 * although it is empty is dropped, as Go itself drops it on the way to JSON.
 */
final class ProtobufBody {
  private static final byte[] MAGIC = ProtobufForm.magic();

  private ProtobufBody() {}

  /**
   * Reads an object.
   *
   * @throws ApiException 400 if it is not well formed or of a kind that is not built in
   */
  static ObjectNode read(byte[] body) {
    if (body.length < MAGIC.length
        || !Arrays.equals(body, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw ApiException.badRequest("provided data does not appear to be a protobuf message");
    }
    try {
      String apiVersion = "";
      String kind = "";
      byte[] raw = new byte[0];
      ProtobufReader envelope = new ProtobufReader(body, MAGIC.length, body.length);
      while (envelope.next()) {
        switch (envelope.number()) {
          case 1 -> {
            ProtobufReader meta = envelope.message();
            while (meta.next()) {
              switch (meta.number()) {
                case 1 -> apiVersion = meta.text();
                case 2 -> kind = meta.text();
                default -> meta.skip();
              }
            }
          }
          case 2 -> raw = envelope.bytes();
          default -> envelope.skip();
        }
      }
      ObjectNode object = Json.object();
      object.put("apiVersion", apiVersion).put("kind", kind);
      Schema schema = ProtobufForm.kind(object);
      if (!schema.isBuiltIn()) {
        throw ApiException.badRequest(
            "no kind \"" + kind + "\" is registered for version \"" + apiVersion + "\"");
      }
      object.setAll(message(new ProtobufReader(raw, 0, raw.length), schema, 0));
      return Json.notTooDeep(object);
    } catch (IOException e) {
      throw ApiException.badRequest("error decoding the request body: " + e.getMessage());
    }
  }

  private static ObjectNode message(ProtobufReader in, Schema schema, int depth)
      throws IOException {
    if (depth > Json.MAX_DEPTH) {
      throw new IOException("nested too deeply");
    }
    ObjectNode object = Json.object();
    JsonNode inline = schema.keyword("x-inline");
    Map<Integer, String> names = numbers(schema);
    while (in.next()) {
      String name = names.get(in.number());
      JsonNode inner = inline.path(Integer.toString(in.number()));
      if (name != null) {
        field(in, schema, name, object, depth);
      } else if (inner.isObject()) {
        inline(in.message(), schema, inner, object, depth);
      } else {
        in.skip();
      }
    }
    return object;
  }

  /** A message whose fields stand, in JSON, among those of the message around it. */
  private static void inline(
      ProtobufReader in, Schema schema, JsonNode numbers, ObjectNode object, int depth)
      throws IOException {
    Map<Integer, String> names = new HashMap<>();
    numbers.properties().forEach(each -> names.put(each.getValue().asInt(), each.getKey()));
    while (in.next()) {
      String name = names.get(in.number());
      if (name == null) {
        in.skip();
      } else {
        field(in, schema, name, object, depth);
      }
    }
  }

  private static Map<Integer, String> numbers(Schema schema) {
    Map<Integer, String> names = new HashMap<>();
    schema
        .keyword("properties")
        .properties()
        .forEach(field -> {
          if (field.getValue().has("x-number")) {
            names.put(field.getValue().path("x-number").asInt(), field.getKey());
          }
        });
    return names;
  }

  private static void field(
      ProtobufReader in, Schema schema, String name, ObjectNode object, int depth)
      throws IOException {
    Schema part = schema.field(name).orElse(Schema.ANY);
    if (ProtobufForm.of(part) == ProtobufForm.LIST) {
      ArrayNode list = object.get(name) instanceof ArrayNode found ? found : object.putArray(name);
      JsonNode element = value(in, part.items(), depth);
      if (element != null) {
        list.add(element);
      }
      return;
    }
    if (part.type().equals("object") && part.keyword("additionalProperties").isObject()) {
      entry(in.message(), part, Json.child(object, name), depth);
      return;
    }
    JsonNode value = value(in, part, depth);
    boolean pointer = part.keyword("x-pointer").asBoolean();
    if (value != null && (pointer || !isZero(value))) {
      object.set(name, value);
    }
  }

  private static void entry(ProtobufReader in, Schema map, ObjectNode object, int depth)
      throws IOException {
    String key = "";
    JsonNode value = new TextNode("");
    while (in.next()) {
      switch (in.number()) {
        case 1 -> key = in.text();
        case 2 -> {
          JsonNode read = value(in, map.field("").orElse(Schema.ANY), depth);
          value = read == null ? value : read;
        }
        default -> in.skip();
      }
    }
    object.set(key, value);
  }

  private static boolean isZero(JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> value.asText().isEmpty();
      case NUMBER -> value.decimalValue().signum() == 0;
      case BOOLEAN -> !value.asBoolean();
      default -> value.isEmpty();
    };
  }

  /** A value in its JSON form; null for a time that is not set. */
  private static @Nullable JsonNode value(ProtobufReader in, Schema schema, int depth)
      throws IOException {
    return switch (ProtobufForm.of(schema)) {
      case TIME -> time(in.message());
      case QUANTITY -> new TextNode(onlyText(in.message()));
      case INT_OR_STRING -> intOrString(in.message());
      case RAW -> raw(in.message());
      case SCHEMA_OR_BOOL -> schemaOrBool(in.message(), depth + 1);
      case SCHEMA_OR_SCHEMAS -> schemaOrList(in.message(), true, depth + 1);
      case SCHEMA_OR_NAMES -> schemaOrList(in.message(), false, depth + 1);
      case EMPTY -> message(in.message(), Schema.ANY, depth + 1);
      case LIST -> list(in.message(), schema, depth + 1);
      case NUMBER -> number(in.number64());
      case BOOLEAN -> BooleanNode.valueOf(in.number64() != 0);
      case FRACTION -> new DoubleNode(in.fraction());
      case BYTES -> new TextNode(Base64.getEncoder().encodeToString(in.bytes()));
      case TEXT -> new TextNode(in.text());
      case MESSAGE -> message(in.message(), schema, depth + 1);
    };
  }

  private static JsonNode list(ProtobufReader in, Schema schema, int depth) throws IOException {
    ArrayNode list = Json.array();
    while (in.next()) {
      JsonNode element = in.number() == 1 ? value(in, schema.items(), depth) : null;
      if (element != null) {
        list.add(element);
      } else if (in.number() != 1) {
        in.skip();
      }
    }
    return list;
  }

  private static JsonNode schemaOrBool(ProtobufReader in, int depth) throws IOException {
    JsonNode found = BooleanNode.FALSE;
    while (in.next()) {
      switch (in.number()) {
        case 1 -> {
          boolean allows = in.number64() != 0;
          found = found.isObject() ? found : BooleanNode.valueOf(allows);
        }
        case 2 -> found = message(in.message(), ProtobufForm.SCHEMA_PROPS, depth);
        default -> in.skip();
      }
    }
    return found;
  }

  private static JsonNode schemaOrList(ProtobufReader in, boolean schemas, int depth)
      throws IOException {
    ArrayNode list = Json.array();
    @Nullable JsonNode one = null;
    while (in.next()) {
      switch (in.number()) {
        case 1 -> one = message(in.message(), ProtobufForm.SCHEMA_PROPS, depth);
        case 2 ->
            list.add(
                schemas
                    ? message(in.message(), ProtobufForm.SCHEMA_PROPS, depth)
                    : new TextNode(in.text()));
        default -> in.skip();
      }
    }
    return one == null ? list : one;
  }

  private static JsonNode number(long value) {
    return value == (int) value ? new IntNode((int) value) : new LongNode(value);
  }

  private static @Nullable JsonNode time(ProtobufReader in) throws IOException {
    long seconds = 0;
    long nanos = 0;
    boolean set = false;
    while (in.next()) {
      set = true;
      switch (in.number()) {
        case 1 -> seconds = in.number64();
        case 2 -> nanos = in.number64();
        default -> in.skip();
      }
    }
    return set ? new TextNode(Instant.ofEpochSecond(seconds, nanos).toString()) : null;
  }

  private static String onlyText(ProtobufReader in) throws IOException {
    String text = "";
    while (in.next()) {
      if (in.number() == 1) {
        text = in.text();
      } else {
        in.skip();
      }
    }
    return text;
  }

  private static JsonNode intOrString(ProtobufReader in) throws IOException {
    boolean isText = false;
    long number = 0;
    String text = "";
    while (in.next()) {
      switch (in.number()) {
        case 1 -> isText = in.number64() == 1;
        case 2 -> number = in.number64();
        case 3 -> text = in.text();
        default -> in.skip();
      }
    }
    return isText ? new TextNode(text) : number(number);
  }

  /** JSON inside protobuf: RawExtension, FieldsV1. */
  private static JsonNode raw(ProtobufReader in) throws IOException {
    byte[] json = new byte[0];
    while (in.next()) {
      if (in.number() == 1) {
        json = in.bytes();
      } else {
        in.skip();
      }
    }
    return json.length == 0 ? Json.object() : Json.parse(json);
  }
}
