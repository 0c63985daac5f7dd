package dev.bellows.api;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Quantity;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Structural schemas (the subset of OpenAPI v3 that a CustomResourceDefinition may use), made from
 * the Jackson properties of the resource types and the marks in {@code schema-marks.yaml}.
 *
 * <p>A type of ours is taken whole. Of a Kubernetes type only the fields named in the marks are
 * taken, since Knative accepts a part of a pod spec; one that is reached and not named there is a
 * mistake, and so is a mark for a field that the type does not have.
 */
final class Schemas {
  private static final ObjectMapper TYPES = new ObjectMapper();
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String PRESERVE = "x-kubernetes-preserve-unknown-fields";

  // Kubernetes' own pattern for quantities, so that kubectl refuses the same texts.
  private static final String QUANTITY =
      "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|"
          + "([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$";

  private final JsonNode marks;

  Schemas() {
    this(readMarks());
  }

  Schemas(JsonNode marks) {
    this.marks = marks;
  }

  private static JsonNode readMarks() {
    try (InputStream in = Schemas.class.getResourceAsStream("schema-marks.yaml")) {
      return new YAMLMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException("reading schema-marks.yaml", e);
    }
  }

  /** The schema of a type's JSON form. */
  ObjectNode of(Class<?> type) {
    return schema(TYPES.constructType(type));
  }

  private ObjectNode schema(JavaType type) {
    Class<?> raw = type.getRawClass();
    if (raw == String.class) {
      return typed("string");
    }
    if (raw == Boolean.class) {
      return typed("boolean");
    }
    if (raw == Long.class) {
      return typed("integer").put("format", "int64");
    }
    if (raw == Integer.class) {
      return typed("integer").put("format", "int32");
    }
    if (raw == IntOrString.class) {
      return intOrString();
    }
    if (raw == Quantity.class) {
      return intOrString().put("pattern", QUANTITY);
    }
    if (Collection.class.isAssignableFrom(raw)) {
      return typed("array").set("items", schema(type.getContentType()));
    }
    if (Map.class.isAssignableFrom(raw)) {
      return typed("object").set("additionalProperties", schema(type.getContentType()));
    }
    return object(type);
  }

  private ObjectNode object(JavaType type) {
    // Sorted, so that two builds give the same bytes.
    Map<String, JsonNode> properties = new TreeMap<>();
    Set<String> required = new HashSet<>();
    collect(type, properties, required);
    ObjectNode schema = typed("object");
    schema.set("properties", JSON.objectNode().setAll(properties));
    if (!required.isEmpty()) {
      ArrayNode names = schema.putArray("required");
      required.stream().sorted().forEach(names::add);
    }
    return schema;
  }

  private void collect(JavaType type, Map<String, JsonNode> properties, Set<String> required) {
    boolean ours = type.getRawClass().getPackageName().startsWith("dev.bellows.");
    String name = type.getRawClass().getSimpleName();
    JsonNode typeMarks = marks.path(name);
    if (!ours && typeMarks.isMissingNode()) {
      throw new IllegalStateException("schema-marks.yaml does not say what to keep of " + name);
    }
    Set<String> unused = new HashSet<>();
    typeMarks.fieldNames().forEachRemaining(unused::add);
    BeanDescription bean = TYPES.getSerializationConfig().introspect(type);
    for (BeanPropertyDefinition property : bean.findProperties()) {
      if (property.getAccessor().hasAnnotation(JsonUnwrapped.class)) {
        collect(property.getPrimaryType(), properties, required);
        continue;
      }
      unused.remove(property.getName());
      JsonNode mark = typeMarks.path(property.getName());
      if (ours || !mark.isMissingNode()) {
        properties.put(property.getName(), marked(property, mark));
        if (mark.path("required").asBoolean()) {
          required.add(property.getName());
        }
      }
    }
    if (!unused.isEmpty()) {
      throw new IllegalStateException("schema-marks.yaml: " + name + " has no " + unused);
    }
  }

  private ObjectNode marked(BeanPropertyDefinition property, JsonNode mark) {
    JavaType type = property.getPrimaryType();
    ObjectNode schema =
        !mark.path("open").asBoolean()
            ? schema(type)
            : Collection.class.isAssignableFrom(type.getRawClass())
                ? typed("array").set("items", anything())
                : anything();
    @Nullable String description = property.getMetadata().getDescription();
    if (mark.isTextual()) {
      description = mark.textValue();
    }
    if (description != null) {
      schema.put("description", description);
    }
    for (Map.Entry<String, JsonNode> each : mark.properties()) {
      if (!each.getKey().equals("open") && !each.getKey().equals("required")) {
        schema.set(each.getKey(), each.getValue());
      }
    }
    return schema;
  }

  private static ObjectNode anything() {
    return typed("object").put(PRESERVE, true);
  }

  private static ObjectNode intOrString() {
    ObjectNode schema = JSON.objectNode();
    schema.putArray("anyOf").add(typed("integer")).add(typed("string"));
    return schema.put("x-kubernetes-int-or-string", true);
  }

  private static ObjectNode typed(String type) {
    return JSON.objectNode().put("type", type);
  }
}
