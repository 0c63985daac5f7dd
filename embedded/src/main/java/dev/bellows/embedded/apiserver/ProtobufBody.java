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
 * create} commands do. Only requests come in it; answers are always JSON, which every client takes.
 *
 * <p>The numbers of the fields stand in the definitions of the built-in kinds. What Go writes out
 * although it is empty is dropped, as Go itself drops it on the way to JSON.
 */
final class ProtobufBody {
  static final String MEDIA_TYPE = "application/vnd.kubernetes.protobuf";

  /** Every such text begins with these bytes, then an envelope: {@code runtime.Unknown}. */
  private static final byte[] MAGIC = {'k', '8', 's', 0};

  private static final String META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
  private static final String QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity";
  private static final String INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";

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
      object.setAll(message(new ProtobufReader(raw, 0, raw.length), schema(apiVersion, kind), 0));
      return object;
    } catch (IOException e) {
      throw ApiException.badRequest("error decoding the request body: " + e.getMessage());
    }
  }

  private static Schema schema(String apiVersion, String kind) {
    int slash = apiVersion.indexOf('/');
    String group = slash < 0 ? "" : apiVersion.substring(0, slash);
    String version = apiVersion.substring(slash + 1);
    String name = Definitions.builtIn().nameOf(group, version, kind);
    if (kind.equals("DeleteOptions")) {
      name = META + kind;
    }
    if (name.isEmpty()) {
      throw ApiException.badRequest(
          "no kind \"" + kind + "\" is registered for version \"" + apiVersion + "\"");
    }
    return Definitions.builtIn().schema(name);
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
    if (part.type().equals("array")) {
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
    switch (schema.reference()) {
      case META + "Time", META + "MicroTime" -> {
        return time(in.message());
      }
      case QUANTITY -> {
        return new TextNode(onlyText(in.message()));
      }
      case INT_OR_STRING -> {
        return intOrString(in.message());
      }
      default -> {} // an ordinary value
    }
    if (schema.preservesUnknown()) {
      return raw(in.message());
    }
    return switch (schema.type()) {
      case "integer" -> number(in.number64());
      case "boolean" -> BooleanNode.valueOf(in.number64() != 0);
      case "number" -> new DoubleNode(in.fraction());
      case "string" ->
          schema.keyword("format").asText("").equals("byte")
              ? new TextNode(Base64.getEncoder().encodeToString(in.bytes()))
              : new TextNode(in.text());
      default -> message(in.message(), schema, depth + 1);
    };
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
