package dev.bellows.embedded.apiserver;

import static dev.bellows.embedded.apiserver.PodSpecRules.standard;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The rules of CustomResourceDefinitions. A stored definition is served from that moment on. */
final class DefinitionRules implements KindRules {
  /** Of JSON Schema, what no structural schema has. */
  private static final List<String> NOT_SUPPORTED =
      List.of("$ref", "definitions", "dependencies", "patternProperties");

  private static final List<String> JUNCTORS = List.of("allOf", "anyOf", "oneOf");

  @Override
  public void complete(ObjectNode object) {
    ObjectNode spec = Json.child(object, "spec");
    ObjectNode names = Json.child(spec, "names");
    String kind = Json.text(names, "kind");
    if (!kind.isEmpty()) {
      standard(names, "singular", kind.toLowerCase(Locale.ROOT));
      standard(names, "listKind", kind + "List");
    }
    standard(Json.child(spec, "conversion"), "strategy", "None");
    ObjectNode status = Json.child(object, "status");
    status.set("acceptedNames", names.deepCopy());
    String since = Json.text(object, "metadata", "creationTimestamp");
    if (!(status.path("conditions") instanceof ArrayNode)) {
      ArrayNode conditions = status.putArray("conditions");
      condition(conditions, "NamesAccepted", since, "NoConflicts", "no conflicts found");
      condition(
          conditions,
          "Established",
          since,
          "InitialNamesAccepted",
          "the initial names have been accepted");
    }
    ArrayNode stored =
        status.path("storedVersions") instanceof ArrayNode found
            ? found
            : status.putArray("storedVersions");
    for (JsonNode version : spec.path("versions")) {
      String name = version.path("name").asText();
      boolean known = false;
      for (JsonNode each : stored) {
        known |= each.asText().equals(name);
      }
      if (version.path("storage").asBoolean() && !known) {
        stored.add(name);
      }
    }
  }

  private static void condition(
      ArrayNode conditions, String type, String since, String reason, String message) {
    conditions
        .addObject()
        .put("type", type)
        .put("status", "True")
        .put("lastTransitionTime", since)
        .put("reason", reason)
        .put("message", message);
  }

  @Override
  public void validate(ObjectNode object, List<Cause> causes) {
    JsonNode spec = object.path("spec");
    String group = spec.path("group").asText("");
    String plural = spec.path("names").path("plural").asText("");
    required(spec, "group", "spec.group", causes);
    required(spec.path("names"), "plural", "spec.names.plural", causes);
    required(spec.path("names"), "kind", "spec.names.kind", causes);
    String name = Json.text(object, "metadata", "name");
    if (!name.equals(plural + "." + group)) {
      causes.add(
          Cause.invalid("metadata.name", name, "must be spec.names.plural+\".\"+spec.group"));
    }
    String scope = spec.path("scope").asText("");
    if (!scope.equals("Namespaced") && !scope.equals("Cluster")) {
      causes.add(
          new Cause(
              "FieldValueNotSupported",
              "spec.scope",
              "Unsupported value: \""
                  + scope
                  + "\": supported values: \"Cluster\", \"Namespaced\""));
    }
    int storage = 0;
    boolean haveOneSchema = haveOneSchema(spec.path("versions"));
    for (int i = 0; i < spec.path("versions").size(); i++) {
      JsonNode version = spec.path("versions").get(i);
      storage += version.path("storage").asBoolean() ? 1 : 0;
      JsonNode schema = version.path("schema").path("openAPIV3Schema");
      if (!schema.isObject()) {
        causes.add(Cause.required("spec.versions[" + i + "].schema.openAPIV3Schema", ""));
      } else if (i == 0 || !haveOneSchema) {
        schema(
            schema,
            haveOneSchema
                ? "spec.validation.openAPIV3Schema"
                : "spec.versions[" + i + "].schema.openAPIV3Schema",
            causes);
      }
    }
    if (storage != 1) {
      causes.add(
          Cause.invalid(
              "spec.versions",
              spec.path("versions"),
              "must have exactly one version marked as storage version"));
    }
  }

  /** Whether all versions look the same: what is wrong is then said once. */
  private static boolean haveOneSchema(JsonNode versions) {
    for (JsonNode version : versions) {
      if (!version.path("schema").equals(versions.path(0).path("schema"))) {
        return false;
      }
    }
    return true;
  }

  private static void schema(JsonNode schema, String path, List<Cause> causes) {
    List<Cause> found = new ArrayList<>();
    structural(schema, path, found);
    if (schema.path("properties").path("metadata").has(ValidationRule.KEYWORD)) {
      found.add(
          Cause.forbidden(
              path + ".properties[metadata]",
              "must not specify anything other than name and generateName, but metadata is"
                  + " implicitly specified"));
    }
    if (found.isEmpty() && ValidationRules.areIn(schema)) {
      ValidationRules.check(schema, path, found);
    }
    causes.addAll(found);
  }

  /** Every field says its type, or that it may be anything: what else is there gets dropped. */
  private static void structural(JsonNode schema, String path, List<Cause> causes) {
    boolean open =
        schema.path("x-kubernetes-int-or-string").asBoolean()
            || schema.path("x-kubernetes-preserve-unknown-fields").asBoolean();
    if (schema.path("type").asText("").isEmpty() && !open) {
      causes.add(Cause.required(path + ".type", "must not be empty for specified object fields"));
    }
    for (String keyword : NOT_SUPPORTED) {
      if (schema.has(keyword)) {
        causes.add(Cause.forbidden(path + "." + keyword, keyword + " is not supported"));
      }
    }
    if (schema.path("uniqueItems").asBoolean()) {
      causes.add(
          Cause.forbidden(
              path + ".uniqueItems",
              "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"));
    }
    for (String junctor : JUNCTORS) {
      for (int i = 0; i < schema.path(junctor).size(); i++) {
        valueOnly(schema.path(junctor).path(i), path + "." + junctor + "[" + i + "]", causes);
      }
    }
    valueOnly(schema.path("not"), path + ".not", causes);
    pattern(schema, path, causes);
    for (Map.Entry<String, JsonNode> field : schema.path("properties").properties()) {
      structural(field.getValue(), path + ".properties[" + field.getKey() + "]", causes);
    }
    if (schema.path("items").isObject()) {
      structural(schema.path("items"), path + ".items", causes);
    }
    if (schema.path("additionalProperties").isObject()) {
      structural(schema.path("additionalProperties"), path + ".additionalProperties", causes);
    }
  }

  /** Rules stand beside a field's type, and nowhere else. */
  private static void valueOnly(JsonNode schema, String path, List<Cause> causes) {
    if (schema.has(ValidationRule.KEYWORD)) {
      causes.add(
          Cause.forbidden(path + "." + ValidationRule.KEYWORD, "must be empty to be structural"));
    }
  }

  private static void pattern(JsonNode schema, String path, List<Cause> causes) {
    String pattern = schema.path("pattern").asText("");
    if (pattern.isEmpty()) {
      return;
    }
    try {
      Pattern.compile(pattern);
    } catch (PatternSyntaxException e) {
      causes.add(
          Cause.invalid(
              path + ".pattern",
              pattern,
              "must be a valid regular expression, but isn't: " + e.getMessage()));
    }
  }

  private static void required(JsonNode node, String field, String path, List<Cause> causes) {
    if (node.path(field).asText("").isEmpty()) {
      causes.add(Cause.required(path, ""));
    }
  }
}
