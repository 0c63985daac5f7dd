package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.ref.SoftReference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.zip.CRC32C;

/**
 * OpenAPI documents, made when they are asked for: in the third version one per group and version,
 * in the second one of all.
 */
final class OpenApi {
  private static final String SECOND_IN_PROTOBUF =
      "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
  private static final List<String> QUERY =
      List.of("dryRun", "fieldManager", "fieldValidation", "pretty");

  /** Documents as they were sent last, by what they were made of; made one at a time. */
  private final Map<String, Sent> sent = new HashMap<>();

  private record Sent(Catalog of, SoftReference<byte[]> bytes) {}

  private final Registry registry;

  OpenApi(Registry registry) {
    this.registry = registry;
  }

  /**
   * The document of one group and version in JSON.
   *
   * @throws ApiException 404 if it is not served
   */
  byte[] json(String group, String version) {
    return json(path(group, version), () -> document(group, version));
  }

  /**
   * All of it as one document of the older form, in JSON or protobuf.
   *
   * @throws ApiException 406 if the client takes neither
   */
  void answerSecond(ApiRequest request) {
    for (String choice : request.header("accept").toLowerCase(Locale.ROOT).split(",", -1)) {
      switch (choice.split(";", -1)[0].strip()) {
        case "", "*/*", "application/*", "application/json" -> {
          request.answer().send(200, "application/json", made("v2", () -> Json.bytes(second())));
          return;
        }
        case SECOND_IN_PROTOBUF, "application/com.github.proto-openapi.spec.v2@v1.0+protobuf" -> {
          byte[] document = made("v2 in protobuf", () -> OpenApiProtobuf.write(second()));
          request.answer().send(200, SECOND_IN_PROTOBUF, document);
          return;
        }
        default -> {} // not to be had
      }
    }
    throw ApiException.of(406, "NotAcceptable", "this document is there in JSON and protobuf");
  }

  private byte[] json(String name, Supplier<ObjectNode> document) {
    return made(name, () -> Json.bytes(document.get()));
  }

  /** Making one takes a hundred times its size: many who ask at once are served the same. */
  private synchronized byte[] made(String name, Supplier<byte[]> document) {
    Catalog of = registry.catalog(); // another one whenever a definition changes
    Sent last = sent.get(name);
    byte[] known = last == null || last.of() != of ? null : last.bytes().get();
    if (known != null) {
      return known;
    }
    byte[] made = document.get();
    sent.values().removeIf(each -> each.of() != of);
    sent.put(name, new Sent(of, new SoftReference<>(made)));
    return made;
  }

  /** The list of documents at {@code /openapi/v3}. */
  ObjectNode index() {
    ObjectNode index = Json.object();
    ObjectNode paths = index.putObject("paths");
    TreeMap<String, String> hashes = new TreeMap<>();
    for (Resource resource : registry.catalog().all()) {
      for (String version : resource.versions()) {
        hashes.merge(path(resource.type().group(), version), resource.toString(), String::concat);
      }
    }
    hashes.forEach((path, content) ->
        paths
            .putObject(path)
            .put("serverRelativeURL", "/openapi/v3/" + path + "?hash=" + hash(content)));
    return index;
  }

  private static String path(String group, String version) {
    return group.isEmpty() ? "api/" + version : "apis/" + group + "/" + version;
  }

  private static String hash(String content) {
    CRC32C crc = new CRC32C();
    crc.update(content.getBytes(StandardCharsets.UTF_8));
    return Long.toHexString(crc.getValue());
  }

  /**
   * The document of one group and version.
   *
   * @throws ApiException 404 if it is not served
   */
  private ObjectNode document(String group, String version) {
    ObjectNode document = described(group, version);
    wrap(document.path("components"));
    return document;
  }

  /** In the third version, what stands beside a reference would not count. */
  private static void wrap(JsonNode part) {
    if (part instanceof ObjectNode object && object.size() > 1 && isReference(object)) {
      JsonNode reference = object.remove("$ref");
      object.putArray("allOf").addObject().set("$ref", reference);
      return;
    }
    part.forEach(OpenApi::wrap);
  }

  /** Whether this refers to a definition: a field may be named {@code $ref}, too. */
  private static boolean isReference(JsonNode part) {
    return part.path("$ref").isTextual();
  }

  private ObjectNode described(String group, String version) {
    ObjectNode document = Json.object();
    document.put("openapi", "3.0.0");
    document.putObject("info").put("title", "Kubernetes").put("version", "v1." + Discovery.MINOR);
    ObjectNode paths = document.putObject("paths");
    ObjectNode schemas = document.putObject("components").putObject("schemas");
    Set<String> wanted = new LinkedHashSet<>();
    boolean found = false;
    for (Resource resource : registry.catalog().all()) {
      if (resource.type().group().equals(group) && resource.versions().contains(version)) {
        found = true;
        String name = definition(resource, version, schemas, wanted);
        addPaths(paths, resource, version, name);
      }
    }
    if (!found) {
      throw ApiException.noSuchResource();
    }
    addReferenced(schemas, wanted);
    return document;
  }

  private ObjectNode second() {
    ObjectNode document = Json.object();
    document.put("swagger", "2.0");
    document.putObject("info").put("title", "Kubernetes").put("version", "v1." + Discovery.MINOR);
    ObjectNode paths = document.putObject("paths");
    ObjectNode definitions = document.putObject("definitions");
    Set<GroupVersion> done = new LinkedHashSet<>();
    for (Resource resource : registry.catalog().all()) {
      for (String version : resource.versions()) {
        done.add(new GroupVersion(resource.type().group(), version));
      }
    }
    for (GroupVersion each : done) {
      ObjectNode third = described(each.group(), each.version());
      for (Map.Entry<String, JsonNode> path : third.path("paths").properties()) {
        ObjectNode methods = paths.putObject(path.getKey());
        path.getValue()
            .properties()
            .forEach(method -> methods.set(method.getKey(), second(method.getValue())));
      }
      definitions.setAll((ObjectNode) third.path("components").path("schemas"));
    }
    for (Map.Entry<String, JsonNode> each : definitions.properties()) {
      if (Definitions.builtIn().node(each.getKey()).isMissingNode()) {
        narrow(each.getValue());
      } else if (each.getValue().has("oneOf") && each.getValue() instanceof ObjectNode either) {
        either.remove("oneOf");
        either.put("type", "string"); // of a Quantity, an IntOrString
      }
    }
    refer(document);
    return document;
  }

  /**
   * Takes from a schema, in place, what the second version cannot say. What may also be null or
   * hold anything is then left undescribed: clients would refuse what the server takes.
   */
  private static void narrow(JsonNode part) {
    if (!(part instanceof ObjectNode schema)) {
      return;
    }
    List<String> nullable = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : schema.path("properties").properties()) {
      if (field.getValue().path("nullable").asBoolean()) {
        nullable.add(field.getKey());
      }
    }
    if (schema.path("required") instanceof ArrayNode required) {
      required.removeIf(field -> nullable.contains(field.asText()));
    }
    boolean open = schema.path("x-kubernetes-preserve-unknown-fields").asBoolean();
    if (open || schema.path("nullable").asBoolean()) {
      schema.remove(List.of("type", "items", "properties"));
    }
    schema.remove(List.of("nullable", "oneOf", "anyOf", "not"));
    schema.path("properties").forEach(OpenApi::narrow);
    narrow(schema.path("items"));
    narrow(schema.path("additionalProperties"));
  }

  private record GroupVersion(String group, String version) {}

  private static ObjectNode second(JsonNode operation) {
    ObjectNode older = operation.deepCopy();
    for (JsonNode parameter : older.path("parameters")) {
      if (parameter instanceof ObjectNode each) {
        each.setAll((ObjectNode) each.remove("schema"));
      }
    }
    ObjectNode answer = (ObjectNode) older.path("responses").path("200");
    JsonNode content = answer.remove("content");
    answer.set("schema", content.path("application/json").path("schema"));
    return older;
  }

  private static void refer(JsonNode part) {
    if (part instanceof ObjectNode object && isReference(object)) {
      String name = object.path("$ref").asText().substring(Definitions.REFERENCE.length());
      object.put("$ref", "#/definitions/" + name);
    }
    part.forEach(OpenApi::refer);
  }

  private static String definition(
      Resource resource, String version, ObjectNode schemas, Set<String> wanted) {
    ResourceType type = resource.type();
    if (!resource.isCustom()) {
      String name = Definitions.builtIn().nameOf(type.group(), version, type.kind());
      wanted.add(name);
      wanted.add(name + "List");
      return name;
    }
    List<String> domain = List.of(type.group().split("\\.", -1)).reversed();
    String name = String.join(".", domain) + "." + version + "." + type.kind();
    ObjectNode schema = resource.openApi(version).deepCopy();
    groupVersionKind(schema, type, version, type.kind());
    schemas.set(name, schema);
    ObjectNode list = schemas.putObject(name + "List").put("type", "object");
    ObjectNode properties = list.putObject("properties");
    properties.putObject("apiVersion").put("type", "string");
    properties.putObject("kind").put("type", "string");
    properties.putObject("metadata").put("$ref", Definitions.REFERENCE + Definitions.LIST_META);
    properties
        .putObject("items")
        .put("type", "array")
        .putObject("items")
        .put("$ref", Definitions.REFERENCE + name);
    list.putArray("required").add("items");
    groupVersionKind(list, type, version, resource.listKind());
    wanted.add(Definitions.OBJECT_META);
    wanted.add(Definitions.LIST_META);
    return name;
  }

  private static void groupVersionKind(
      ObjectNode schema, ResourceType type, String version, String kind) {
    schema
        .putArray("x-kubernetes-group-version-kind")
        .addObject()
        .put("group", type.group())
        .put("kind", kind)
        .put("version", version);
  }

  /** Adds every built-in definition that another one refers to. */
  private static void addReferenced(ObjectNode schemas, Set<String> roots) {
    Descriptions descriptions = Descriptions.read();
    ArrayDeque<String> open = new ArrayDeque<>(roots);
    while (!open.isEmpty()) {
      String name = open.poll();
      JsonNode found = Definitions.builtIn().node(name);
      if (schemas.has(name) || !(found instanceof ObjectNode definition)) {
        continue;
      }
      ObjectNode shown = definition.deepCopy();
      publish(shown, open);
      descriptions.describe(name, shown);
      schemas.set(name, shown);
    }
  }

  /** Takes out what is ours alone, and notes what is referred to. */
  private static void publish(JsonNode schema, ArrayDeque<String> references) {
    if (schema instanceof ObjectNode object) {
      object.remove(List.of("x-number", "x-pointer", "x-inline"));
      if (isReference(object)) {
        references.add(object.path("$ref").asText().substring(Definitions.REFERENCE.length()));
      }
    }
    schema.forEach(part -> publish(part, references));
  }

  private static void addPaths(
      ObjectNode paths, Resource resource, String version, String definition) {
    ResourceType type = resource.type();
    String root =
        "/"
            + path(type.group(), version)
            + (type.namespaced() ? "/namespaces/{namespace}" : "")
            + "/"
            + type.plural();
    ObjectNode collection = paths.putObject(root);
    operation(collection, "get", "list", resource, version, definition);
    operation(collection, "post", "post", resource, version, definition);
    ObjectNode object = paths.putObject(root + "/{name}");
    operation(object, "get", "get", resource, version, definition);
    operation(object, "put", "put", resource, version, definition);
    operation(object, "patch", "patch", resource, version, definition);
    operation(object, "delete", "delete", resource, version, definition);
  }

  private static void operation(
      ObjectNode path,
      String method,
      String action,
      Resource resource,
      String version,
      String definition) {
    ObjectNode operation = path.putObject(method);
    operation.put(
        "operationId", action + resource.type().kind() + version.toUpperCase(Locale.ROOT));
    if (!method.equals("get")) {
      ArrayNode parameters = operation.putArray("parameters");
      for (String name : QUERY) {
        parameters
            .addObject()
            .put("name", name)
            .put("in", "query")
            .putObject("schema")
            .put("type", "string")
            .put("uniqueItems", true);
      }
    }
    operation
        .putObject("responses")
        .putObject("200")
        .put("description", "OK")
        .putObject("content")
        .putObject("application/json")
        .putObject("schema")
        .put("$ref", Definitions.REFERENCE + definition);
    operation.put("x-kubernetes-action", action);
    operation
        .putObject("x-kubernetes-group-version-kind")
        .put("group", resource.type().group())
        .put("version", version)
        .put("kind", resource.type().kind());
  }
}
