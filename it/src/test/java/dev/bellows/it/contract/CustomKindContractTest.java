package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Kinds that a CustomResourceDefinition brings. */
class CustomKindContractTest extends ContractTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String DEFINITIONS =
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  private static final String SCHEMA =
      """
      {type: 'object', required: ['spec'], properties: {
        spec: {type: 'object', required: ['size'], properties: {
          size: {type: 'integer', minimum: 1, maximum: 10},
          colour: {type: 'string', default: 'red', enum: ['red', 'blue']},
          word: {type: 'string', pattern: '^[a-z]+$', maxLength: 5},
          either: {'x-kubernetes-int-or-string': true},
          free: {type: 'object', 'x-kubernetes-preserve-unknown-fields': true},
          labels: {type: 'object', additionalProperties: {type: 'string'}},
          maybe: {type: 'string', nullable: true},
          parts: {type: 'array', maxItems: 3, 'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['name'], items: {type: 'object', required: ['name'],
            properties: {name: {type: 'string'}, count: {type: 'integer', default: 1}}}},
          tags: {type: 'array', 'x-kubernetes-list-type': 'set', items: {type: 'string'}}}},
        status: {type: 'object', properties: {
          seen: {type: 'integer'}, replicas: {type: 'integer'}, selector: {type: 'string'}}}}}
      """;

  /** Of one group per run, so that the cases of this class share one definition. */
  private String group() {
    return namespace + ".example.com";
  }

  private ObjectNode definition(String plural, String kind, String schema) {
    return Wire.object(
        """
        {apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition',
         metadata: {name: '%1$s.%2$s'}, spec: {group: '%2$s', scope: 'Namespaced',
          names: {plural: '%1$s', singular: '%4$s', kind: '%3$s', shortNames: ['%4$sx'],
            categories: ['all']},
          versions: [{name: 'v1', served: true, storage: true, schema: {openAPIV3Schema: %5$s},
            subresources: {status: {}, scale: {specReplicasPath: '.spec.size',
              statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector'}},
            additionalPrinterColumns: [
              {name: 'Size', type: 'integer', jsonPath: '.spec.size', description: 'how big'},
              {name: 'Colour', type: 'string', jsonPath: '.spec.colour', priority: 1},
              {name: 'Since', type: 'date', jsonPath: '.metadata.creationTimestamp'}]}]}}
        """,
        plural, group(), kind, kind.toLowerCase(java.util.Locale.ROOT), schema);
  }

  /** Makes the kind of these cases; answers where its objects are. */
  private String boxes() {
    String name = "boxes." + group();
    if (api.get(DEFINITIONS + "/" + name).code() == 404) {
      api.post(DEFINITIONS, definition("boxes", "Box", SCHEMA)).is(201);
      backend.deleteAtEnd(DEFINITIONS + "/" + name);
      String boxes = path(group() + "/v1", "boxes");
      await().atMost(PATIENCE).until(() -> api.get(boxes).code() == 200);
    }
    return path(group() + "/v1", "boxes");
  }

  private ObjectNode box(String name, String spec) {
    return Wire.object(
        "{apiVersion: '%s/v1', kind: 'Box', metadata: {name: '%s'}, spec: %s}",
        group(), name, spec);
  }

  private String makeBox(String spec) {
    String name = unique("box");
    String boxes = boxes();
    api.post(boxes, box(name, spec)).is(201);
    return boxes + "/" + name;
  }

  private Reply refuse(String spec, String cause) {
    Reply refused = api.post(boxes(), box(unique("box"), spec)).is(422);
    assertThat(refused.causes()).contains(cause);
    return refused;
  }

  @Test
  void aDefinitionIsEstablished() {
    boxes();
    Reply definition = api.get(DEFINITIONS + "/boxes." + group()).is(200);
    assertThat(definition.at("/status/conditions").toString())
        .contains("\"type\":\"NamesAccepted\"", "\"type\":\"Established\"");
    assertThat(definition.at("/status/storedVersions")).isEqualTo(Wire.value("['v1']"));
    assertThat(definition.text("/status/acceptedNames/kind")).isEqualTo("Box");
    assertThat(definition.text("/spec/names/listKind")).isEqualTo("BoxList");
    assertThat(definition.text("/spec/conversion/strategy")).isEqualTo("None");
  }

  @Test
  void anObjectIsMadeAndRead() {
    String path = makeBox("{size: 3}");
    Reply box = api.get(path).is(200);
    assertThat(box.text("/kind")).isEqualTo("Box");
    assertThat(box.at("/spec/size").asInt()).isEqualTo(3);
    assertThat(box.generation()).isOne();
  }

  @Test
  void defaultsAreFilledIn() {
    assertThat(api.get(makeBox("{size: 3}")).text("/spec/colour")).isEqualTo("red");
  }

  @Test
  void defaultsAreFilledIntoItemsOfLists() {
    Reply box = api.get(makeBox("{size: 3, parts: [{name: 'a'}]}"));
    assertThat(box.at("/spec/parts/0/count").asInt()).isOne();
  }

  @Test
  void unknownFieldsAreDropped() {
    Reply box = api.get(makeBox("{size: 3, unknown: {a: 1}}"));
    assertThat(box.at("/spec").has("unknown")).isFalse();
  }

  @Test
  void unknownFieldsAreWarnedOf() {
    Reply made = api.post(boxes(), box(unique("box"), "{size: 3, unknown: 1}")).is(201);
    assertThat(made.warnings()).containsExactly("unknown field \"spec.unknown\"");
  }

  @Test
  void unknownFieldsAreRefusedWhereThatIsAskedFor() {
    api.post(boxes() + "?fieldValidation=Strict", box(unique("box"), "{size: 3, unknown: 1}"))
        .refusesSaying(400, "BadRequest", "strict decoding error: unknown field \"spec.unknown\"");
  }

  @Test
  void unknownFieldsStayWhereTheSchemaSaysSo() {
    Reply box = api.get(makeBox("{size: 3, free: {a: {b: [1, 2]}}}"));
    assertThat(box.at("/spec/free/a/b")).hasSize(2);
  }

  @Test
  void aNullIsNothingWhereAFieldMayNotBeNull() {
    Reply box =
        api.get(
            makeBox(
                """
                {size: 3, word: null, colour: null, maybe: null, either: null, parts: null,
                 labels: {a: null, b: 'c'}, free: {d: null}}
                """));
    assertThat(box.at("/spec"))
        .isEqualTo(
            Wire.value("{size: 3, colour: 'red', maybe: null, labels: {b: 'c'}, free: {d: null}}"));
    refuse("{size: null}", "FieldValueRequired spec.size");
  }

  @Test
  void anyKeyStaysInAMap() {
    assertThat(api.get(makeBox("{size: 3, labels: {x: 'y'}}")).text("/spec/labels/x"))
        .isEqualTo("y");
  }

  @Test
  void aRequiredFieldIsRequired() {
    Reply refused = refuse("{}", "FieldValueRequired spec.size");
    assertThat(refused.text("/message")).contains("spec.size: Required value");
    assertThat(refused.text("/message")).startsWith("Box." + group() + " \"");
  }

  @Test
  void aTypeIsChecked() {
    Reply refused = refuse("{size: 'big'}", "FieldValueTypeInvalid spec.size");
    assertThat(refused.text("/message"))
        .contains(
            "spec.size: Invalid value: \"string\": spec.size in body must be of type integer");
  }

  @Test
  void boundsAreChecked() {
    assertThat(refuse("{size: 0}", "FieldValueInvalid spec.size").text("/message"))
        .contains("spec.size in body should be greater than or equal to 1");
    assertThat(refuse("{size: 11}", "FieldValueInvalid spec.size").text("/message"))
        .contains("spec.size in body should be less than or equal to 10");
  }

  @Test
  void anEnumIsChecked() {
    assertThat(
            refuse("{size: 1, colour: 'green'}", "FieldValueNotSupported spec.colour")
                .text("/message"))
        .contains("Unsupported value: \"green\": supported values: \"red\", \"blue\"");
  }

  @Test
  void aPatternIsChecked() {
    assertThat(refuse("{size: 1, word: 'A'}", "FieldValueInvalid spec.word").text("/message"))
        .contains("spec.word in body should match '^[a-z]+$'");
  }

  @Test
  void aLengthIsChecked() {
    refuse("{size: 1, word: 'abcdef'}", "FieldValueTooLong spec.word");
  }

  @Test
  void aCountOfItemsIsChecked() {
    refuse(
        "{size: 1, parts: [{name: 'a'}, {name: 'b'}, {name: 'c'}, {name: 'd'}]}",
        "FieldValueTooMany spec.parts");
  }

  @Test
  void keysOfAListAreThereOnce() {
    refuse("{size: 1, parts: [{name: 'a'}, {name: 'a'}]}", "FieldValueDuplicate spec.parts[1]");
  }

  @Test
  void itemsOfASetAreThereOnce() {
    refuse("{size: 1, tags: ['a', 'a']}", "FieldValueDuplicate spec.tags[1]");
  }

  @Test
  void aNumberOrAStringIsEither() {
    makeBox("{size: 1, either: 1}");
    makeBox("{size: 1, either: 'one'}");
    refuse("{size: 1, either: [1]}", "FieldValueTypeInvalid spec.either");
  }

  @Test
  void nullIsAllowedWhereTheSchemaSaysSo() {
    assertThat(api.get(makeBox("{size: 1, maybe: null}")).at("/spec").has("maybe")).isTrue();
  }

  @Test
  void nullStandsForTheDefault() {
    assertThat(api.get(makeBox("{size: 1, colour: null}")).text("/spec/colour")).isEqualTo("red");
  }

  @Test
  void aMergePatchChangesIt() {
    Reply after = api.patch(Api.MERGE_PATCH, makeBox("{size: 3}"), "{spec: {size: 4}}").is(200);
    assertThat(after.at("/spec/size").asInt()).isEqualTo(4);
    assertThat(after.generation()).isEqualTo(2);
  }

  @Test
  void aJsonPatchChangesIt() {
    api.patch(
            Api.JSON_PATCH, makeBox("{size: 3}"), "[{op: 'replace', path: '/spec/size', value: 5}]")
        .is(200);
  }

  @Test
  void aStrategicPatchIsNotForCustomKinds() {
    Reply refused =
        api.patch(Api.STRATEGIC_PATCH, makeBox("{size: 3}"), "{spec: {size: 4}}").is(415);
    assertThat(refused.text("/message")).contains(Api.MERGE_PATCH);
  }

  @Test
  void anApplyMergesByTheSchema() {
    String name = unique("box");
    String path = boxes() + "/" + name;
    api.apply("me", path, box(name, "{size: 1, parts: [{name: 'a'}]}")).is(201);
    Reply both = api.apply("you", path, box(name, "{size: 1, parts: [{name: 'b'}]}")).is(200);
    assertThat(both.at("/spec/parts")).hasSize(2);
  }

  @Test
  void anUpdateNeedsTheVersion() {
    String path = makeBox("{size: 3}");
    Reply refused = api.put(path, box(nameIn(path), "{size: 4}")).is(422);
    assertThat(refused.text("/message"))
        .contains("metadata.resourceVersion: Invalid value")
        .contains("must be specified for an update");
  }

  @Test
  void anUpdateWithTheVersionSucceeds() {
    String path = makeBox("{size: 3}");
    ObjectNode object = api.get(path).json();
    object.withObjectProperty("spec").put("size", 4);
    assertThat(api.put(path, object).is(200).at("/spec/size").asInt()).isEqualTo(4);
  }

  @Test
  void itsStatusIsAPathOfItsOwn() {
    String path = makeBox("{size: 3}");
    Reply ignored = api.patch(Api.MERGE_PATCH, path, "{status: {seen: 1}}").is(200);
    assertThat(ignored.json().has("status")).isFalse();
    Reply written =
        api.patch(Api.MERGE_PATCH, path + "/status", "{spec: {size: 9}, status: {seen: 1}}")
            .is(200);
    assertThat(written.at("/status/seen").asInt()).isOne();
    assertThat(written.at("/spec/size").asInt()).isEqualTo(3);
    assertThat(written.generation()).isOne();
  }

  @Test
  void itsScaleIsReadAndWritten() {
    String path = makeBox("{size: 3}");
    api.patch(Api.MERGE_PATCH, path + "/status", "{status: {replicas: 2, selector: 'a=b'}}")
        .is(200);
    Reply scale = api.get(path + "/scale").is(200);
    assertThat(scale.text("/kind")).isEqualTo("Scale");
    assertThat(scale.at("/spec/replicas").asInt()).isEqualTo(3);
    assertThat(scale.at("/status/replicas").asInt()).isEqualTo(2);
    assertThat(scale.text("/status/selector")).isEqualTo("a=b");
    api.patch(Api.MERGE_PATCH, path + "/scale", "{spec: {replicas: 7}}").is(200);
    assertThat(api.get(path).at("/spec/size").asInt()).isEqualTo(7);
  }

  @Test
  void itsTableHasTheColumnsOfItsDefinition() {
    String path = makeBox("{size: 3}");
    Reply table = api.request("GET", path).accept(Api.TABLE).send().is(200);
    assertThat(table.at("/columnDefinitions").findValuesAsText("name"))
        .containsExactly("Name", "Size", "Colour", "Since");
    assertThat(table.text("/columnDefinitions/1/description")).isEqualTo("how big");
    assertThat(table.at("/columnDefinitions/2/priority").asInt()).isOne();
    assertThat(table.at("/rows/0/cells/1").asInt()).isEqualTo(3);
    assertThat(table.text("/rows/0/cells/2")).isEqualTo("red");
    assertThat(table.text("/rows/0/cells/3")).matches("\\d+[sm].*");
  }

  @Test
  void discoveryListsIt() {
    boxes();
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          Reply resources = api.get("/apis/" + group() + "/v1").is(200);
          assertThat(resources.at("/resources").findValuesAsText("name"))
              .contains("boxes", "boxes/status", "boxes/scale");
        });
    await().atMost(PATIENCE).until(() -> api.get("/apis").text().contains(group()));
  }

  @Test
  void openApiDescribesIt() {
    boxes();
    String path = "apis/" + group() + "/v1";
    await().atMost(PATIENCE).until(() -> api.get("/openapi/v3").is(200).at("/paths").has(path));
    JsonNode schemas = api.get("/openapi/v3/" + path).is(200).at("/components/schemas");
    StringBuilder names = new StringBuilder();
    schemas.fieldNames().forEachRemaining(name -> names.append(name).append(' '));
    assertThat(names.toString()).contains(".v1.Box ").contains(".v1.BoxList ");
  }

  @Test
  void itIsWatched() {
    String path = makeBox("{size: 3}");
    try (Watching watch =
        api.watch(boxes() + "?watch=true&fieldSelector=metadata.name%3D" + nameIn(path))) {
      assertThat(watch.nextChange()).hasToString("ADDED " + nameIn(path));
      api.patch(Api.MERGE_PATCH, path, "{spec: {size: 4}}").is(200);
      assertThat(watch.nextChange().object().at("/spec/size").asInt()).isEqualTo(4);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aVersionFromBeforeTheKindIsGone(WatchContractTest.Transport transport) {
    try (Watching watch = transport.watch(api, boxes() + "?watch=true&resourceVersion=1")) {
      Watching.Event error = watch.next();
      assertThat(error.type()).isEqualTo("ERROR");
      assertThat(error.object().path("kind").asText()).isEqualTo("Status");
      assertThat(error.object().path("code").asInt()).isEqualTo(410);
      assertThat(error.object().path("reason").asText()).isEqualTo("Expired");
      assertThat(error.object().path("message").asText()).contains("too old resource version");
    }
  }

  @Test
  void aDefinitionIsNamedAfterPluralAndGroup() {
    ObjectNode object = definition("crates", "Crate", "{type: 'object'}");
    object.withObjectProperty("metadata").put("name", "other." + group());
    api.post(DEFINITIONS, object).refusesSaying(422, "Invalid", "must be spec.names.plural+");
  }

  @Test
  void aDefinitionNeedsASchema() {
    ObjectNode object = definition("crates", "Crate", "{type: 'object'}");
    ((ObjectNode) object.at("/spec/versions/0")).remove("schema");
    api.post(DEFINITIONS, object)
        .refusesSaying(422, "Invalid", "spec.versions[0].schema.openAPIV3Schema: Required value");
  }

  @Test
  void aDefinitionStoresOneVersion() {
    ObjectNode object = definition("crates", "Crate", "{type: 'object'}");
    ((ObjectNode) object.at("/spec/versions/0")).put("storage", false);
    api.post(DEFINITIONS, object)
        .refusesSaying(422, "Invalid", "must have exactly one version marked as storage version");
  }

  @Test
  void aSchemaSaysTheTypeOfEveryField() {
    api.post(
            DEFINITIONS,
            definition("crates", "Crate", "{type: 'object', properties: {spec: {properties: {}}}}"))
        .refusesSaying(422, "Invalid", "must not be empty for specified object fields");
  }

  @Test
  void deletingTheDefinitionDeletesTheKind() {
    String name = "jars." + group();
    api.post(DEFINITIONS, definition("jars", "Jar", "{type: 'object'}")).is(201);
    String jars = path(group() + "/v1", "jars");
    await().atMost(PATIENCE).until(() -> api.get(jars).code() == 200);
    api.post(
            jars, Wire.object("{apiVersion: '%s/v1', kind: 'Jar', metadata: {name: 'a'}}", group()))
        .is(201);
    api.delete(DEFINITIONS + "/" + name).is(200);
    await().atMost(PATIENCE).until(() -> api.get(DEFINITIONS + "/" + name).code() == 404);
    await().atMost(PATIENCE).until(() -> api.get(jars).code() == 404);
  }

  @Test
  void everyServedVersionShowsTheSameObject() {
    ObjectNode object =
        definition(
            "cups",
            "Cup",
            "{type: 'object', properties: {spec: {type: 'object',"
                + " 'x-kubernetes-preserve-unknown-fields': true}}}");
    ObjectNode second = (ObjectNode) object.at("/spec/versions/0").deepCopy();
    second.put("name", "v2alpha1").put("storage", false);
    object.withObjectProperty("spec").withArrayProperty("versions").add(second);
    api.post(DEFINITIONS, object).is(201);
    backend.deleteAtEnd(DEFINITIONS + "/cups." + group());
    String old = path(group() + "/v1", "cups");
    String fresh = path(group() + "/v2alpha1", "cups");
    await()
        .atMost(PATIENCE)
        .until(() -> api.get(fresh).code() == 200 && api.get(old).code() == 200);
    api.post(
            fresh,
            Wire.object(
                "{apiVersion: '%s/v2alpha1', kind: 'Cup', metadata: {name: 'a'}, spec: {x: 1}}",
                group()))
        .is(201);
    assertThat(api.get(old + "/a").is(200).text("/apiVersion")).isEqualTo(group() + "/v1");
    assertThat(api.get(fresh + "/a").is(200).text("/apiVersion")).isEqualTo(group() + "/v2alpha1");
    assertThat(api.get(old + "/a").at("/spec/x").asInt()).isOne();
  }

  @Test
  void aSchemaRefersToNothing() {
    for (String keyword :
        new String[] {
          "'$ref': '#/definitions/x'",
          "definitions: {x: {type: 'object'}}",
          "dependencies: {x: ['y']}",
          "patternProperties: {x: {type: 'string'}}",
        }) {
      String name = keyword.substring(0, keyword.indexOf(':')).replace("'", "");
      Reply refused =
          api.post(
                  DEFINITIONS,
                  definition(
                      "crates",
                      "Crate",
                      "{type: 'object', properties: {spec: {type: 'object', " + keyword + "}}}"))
              .is(422);
      assertThat(refused.causes())
          .as(name)
          .anyMatch(cause ->
              cause.startsWith("FieldValueForbidden")
                  && cause.endsWith(".properties[spec]." + name));
    }
  }

  @Test
  void aSchemaDoesNotAskForUniqueItems() {
    api.post(
            DEFINITIONS,
            definition(
                "crates",
                "Crate",
                "{type: 'object', properties: {spec: {type: 'array', uniqueItems: true,"
                    + " items: {type: 'string'}}}}"))
        .refusesSaying(
            422,
            "Invalid",
            "uniqueItems cannot be set to true since the runtime complexity becomes quadratic");
  }

  @Test
  void aPatternThatIsNoneIsRefused() {
    api.post(
            DEFINITIONS,
            definition(
                "crates",
                "Crate",
                "{type: 'object', properties: {spec: {type: 'string', pattern: '(?=a)b'}}}"))
        .refusesSaying(422, "Invalid", "must be a valid regular expression, but isn't");
  }

  @Test
  void whatWasValidOnceStaysWhileNobodyChangesIt() {
    String loose =
        "{type: 'object', properties: {spec: {type: 'object', properties: {"
            + "word: {type: 'string'}, other: {type: 'string'},"
            + " parts: {type: 'array', 'x-kubernetes-list-type': 'map',"
            + " 'x-kubernetes-list-map-keys': ['name'], items: {type: 'object',"
            + " required: ['name'], properties: {name: {type: 'string'},"
            + " size: {type: 'integer'}}}}, plain: {type: 'array', items: {type: 'string'}}}}}}";
    String strict =
        loose
            .replace("word: {type: 'string'}", "word: {type: 'string', maxLength: 3}")
            .replace("size: {type: 'integer'}", "size: {type: 'integer', maximum: 5}")
            .replace("items: {type: 'string'}", "items: {type: 'string', maxLength: 3}");
    String definition = DEFINITIONS + "/kegs." + group();
    api.post(DEFINITIONS, definition("kegs", "Keg", loose)).is(201);
    backend.deleteAtEnd(definition);
    String kegs = path(group() + "/v1", "kegs");
    await().atMost(PATIENCE).until(() -> api.get(kegs).code() == 200);
    api.post(
            kegs,
            Wire.object(
                "{apiVersion: '%s/v1', kind: 'Keg', metadata: {name: 'a'}, spec: {word: 'longer',"
                    + " parts: [{name: 'x', size: 9}, {name: 'y', size: 1}], plain: ['longer']}}",
                group()))
        .is(201);
    api.patch(
            Api.JSON_PATCH,
            definition,
            "[{op: 'replace', path: '/spec/versions/0/schema/openAPIV3Schema', value: %s}]",
            strict)
        .is(200);
    // The new schema takes a moment to be in force.
    await()
        .atMost(PATIENCE)
        .until(() ->
            api.post(
                        kegs + "?dryRun=All",
                        Wire.object(
                            "{apiVersion: '%s/v1', kind: 'Keg', metadata: {name: 'b'},"
                                + " spec: {word: 'longer'}}",
                            group()))
                    .code()
                == 422);
    String keg = kegs + "/a";
    api.patch(Api.MERGE_PATCH, keg, "{metadata: {labels: {a: 'b'}}}").is(200);
    api.patch(Api.MERGE_PATCH, keg, "{spec: {other: 'new'}}").is(200);
    api.patch(Api.MERGE_PATCH, keg, "{spec: {parts: [{name: 'y', size: 2}, {name: 'x', size: 9}]}}")
        .is(200);
    api.patch(Api.MERGE_PATCH, keg, "{spec: {word: 'another'}}").is(422);
    api.patch(Api.MERGE_PATCH, keg, "{spec: {parts: [{name: 'x', size: 8}]}}").is(422);
    api.patch(Api.MERGE_PATCH, keg, "{spec: {plain: ['longer', 'b']}}").is(422);
    api.patch(Api.MERGE_PATCH, keg, "{spec: {word: 'now'}}").is(200);
  }
}
