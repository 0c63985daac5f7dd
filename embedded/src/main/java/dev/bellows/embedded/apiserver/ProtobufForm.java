package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;

/** What is special about Kubernetes' protobuf form, whether it is read or written. */
enum ProtobufForm {
  /** Seconds and, of a MicroTime, nanoseconds. */
  TIME,
  /** A text in a message of its own. */
  QUANTITY,
  /** A kind, a number and a text. */
  INT_OR_STRING,
  /** JSON inside protobuf: RawExtension, FieldsV1. */
  RAW,
  /** A schema, or whether there may be any. */
  SCHEMA_OR_BOOL,
  /** A schema, or several. */
  SCHEMA_OR_SCHEMAS,
  /** A schema, or names. */
  SCHEMA_OR_NAMES,
  /** A message that has no fields. */
  EMPTY,
  /** Several values, in the field 1 of a message of its own. */
  LIST,
  NUMBER,
  FRACTION,
  BOOLEAN,
  BYTES,
  TEXT,
  /** A message with the fields of a definition. */
  MESSAGE;

  static final String MEDIA_TYPE = "application/vnd.kubernetes.protobuf";

  /** Every such text begins with these bytes, then an envelope: {@code runtime.Unknown}. */
  private static final byte[] MAGIC = {'k', '8', 's', 0};

  private static final String META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
  private static final String CUSTOM = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.";

  /** The definition of a schema within a CustomResourceDefinition. */
  static final Schema SCHEMA_PROPS = Definitions.builtIn().schema(CUSTOM + "JSONSchemaProps");

  static byte[] magic() {
    return MAGIC.clone();
  }

  /** How one value of a schema is written; a list within a message is many of its items. */
  static ProtobufForm of(Schema schema) {
    switch (schema.reference()) {
      case META + "Time", META + "MicroTime" -> {
        return TIME;
      }
      case "io.k8s.apimachinery.pkg.api.resource.Quantity" -> {
        return QUANTITY;
      }
      case "io.k8s.apimachinery.pkg.util.intstr.IntOrString" -> {
        return INT_OR_STRING;
      }
      case CUSTOM + "JSONSchemaPropsOrBool" -> {
        return SCHEMA_OR_BOOL;
      }
      case CUSTOM + "JSONSchemaPropsOrArray" -> {
        return SCHEMA_OR_SCHEMAS;
      }
      case CUSTOM + "JSONSchemaPropsOrStringArray" -> {
        return SCHEMA_OR_NAMES;
      }
      case CUSTOM + "CustomResourceSubresourceStatus" -> {
        return EMPTY;
      }
      default -> {} // an ordinary value
    }
    if (schema.preservesUnknown()) {
      return RAW;
    }
    return switch (schema.type()) {
      case "integer" -> NUMBER;
      case "boolean" -> BOOLEAN;
      case "number" -> FRACTION;
      case "array" -> LIST;
      case "string" -> schema.keyword("format").asText("").equals("byte") ? BYTES : TEXT;
      default -> MESSAGE;
    };
  }

  /**
   * The schema of an object, one that knows nothing if the kind is not built in: only built-in
   * kinds have a protobuf form.
   */
  static Schema kind(JsonNode object) {
    String apiVersion = object.path("apiVersion").asText("v1");
    String kind = object.path("kind").asText();
    int slash = apiVersion.indexOf('/');
    String group = slash < 0 ? "" : apiVersion.substring(0, slash);
    String name = Definitions.builtIn().nameOf(group, apiVersion.substring(slash + 1), kind);
    return Definitions.builtIn().schema(kind.equals("DeleteOptions") ? META + kind : name);
  }
}
