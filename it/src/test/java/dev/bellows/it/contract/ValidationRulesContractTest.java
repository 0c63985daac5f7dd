package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Objects of kinds whose schemas have rules in the Common Expression Language. */
class ValidationRulesContractTest extends ContractTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String DEFINITIONS =
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

  /** One field for each thing that a rule can be about, so that one definition serves all. */
  private static final String SCHEMA =
      """
      {type: 'object',
       'x-kubernetes-validations': [
         {rule: "!self.metadata.name.startsWith('bad')", message: 'a bad name'},
         {rule: "!has(self.metadata.generateName) || self.metadata.generateName == 'good'",
          message: 'a bad prefix'},
         {rule: "!has(self.status) || !has(self.spec.limit) || self.status.seen < self.spec.limit",
          message: 'seen too much'}],
       properties: {
        status: {type: 'object', properties: {seen: {type: 'integer',
          'x-kubernetes-validations': [{rule: 'self >= 0'}]}}},
        spec: {type: 'object', properties: {
          limit: {type: 'integer'},
          plain: {type: 'integer', 'x-kubernetes-validations': [{rule: '  self > 1 '}]},
          said: {type: 'integer', 'x-kubernetes-validations': [
            {rule: 'self >\\n 1', message: '  too small '}]},
          spoken: {type: 'object', properties: {
              a: {type: 'integer'}, word: {type: 'string', maxLength: 10},
              divisor: {type: 'integer'}},
            'x-kubernetes-validations': [
            {rule: 'self.a > 1', messageExpression: "'not ' + self.word"},
            {rule: 'self.a > 1', message: 'stays', messageExpression: "['', self.word][self.a]"},
            {rule: 'self.a > 1', message: 'breaks', messageExpression: "'a\\\\n' + self.word"}]},
          forbidden: {type: 'integer', 'x-kubernetes-validations': [
            {rule: 'self > 1', reason: 'FieldValueForbidden', message: 'why'}]},
          needed: {type: 'integer', 'x-kubernetes-validations': [
            {rule: 'self > 1', reason: 'FieldValueRequired'}]},
          twice: {type: 'integer', 'x-kubernetes-validations': [
            {rule: 'self > 1', reason: 'FieldValueDuplicate'}]},
          blamed: {type: 'object', properties: {a: {type: 'integer'}, 'x-y': {type: 'integer'},
              deep: {type: 'object', properties: {b: {type: 'integer'}}},
              map: {type: 'object', additionalProperties: {type: 'integer'}}},
            'x-kubernetes-validations': [
              {rule: 'self.a > 1', fieldPath: '.a'},
              {rule: 'self.a > 1', fieldPath: "['x-y']"},
              {rule: 'self.a > 1', fieldPath: '.deep.b', reason: 'FieldValueRequired'},
              {rule: 'self.a > 1', fieldPath: '.map.key'}]},
          shown: {type: 'object', properties: {
            text: {type: 'string', 'x-kubernetes-validations': [{rule: 'false'}]},
            list: {type: 'array', items: {type: 'integer'},
              'x-kubernetes-validations': [{rule: 'false'}]},
            map: {type: 'object', additionalProperties: {type: 'integer'},
              'x-kubernetes-validations': [{rule: 'false'}]},
            truth: {type: 'boolean', 'x-kubernetes-validations': [{rule: 'false'}]},
            number: {type: 'number', 'x-kubernetes-validations': [{rule: 'false'}]},
            either: {'x-kubernetes-int-or-string': true,
              'x-kubernetes-validations': [{rule: 'false'}]}}},
          inside: {type: 'array', maxItems: 5, items: {type: 'object',
            properties: {key: {type: 'string', maxLength: 9}},
            'x-kubernetes-validations': [{rule: "self.key != 'b'", message: 'no b'}]}},
          map: {type: 'object', maxProperties: 5, additionalProperties: {type: 'string',
            maxLength: 9, 'x-kubernetes-validations': [{rule: "self != 'z'"}]}},
          grows: {type: 'integer', 'x-kubernetes-validations': [{rule: 'self >= oldSelf'}]},
          starts: {type: 'integer', 'x-kubernetes-validations': [
            {rule: 'oldSelf.hasValue() ? self > oldSelf.value() : self == 1',
             optionalOldSelf: true}]},
          kept: {type: 'array', maxItems: 5, 'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['key'], items: {type: 'object', required: ['key'],
              properties: {key: {type: 'string', maxLength: 9}, count: {type: 'integer'}},
              'x-kubernetes-validations': [{rule: 'self.count >= oldSelf.count'}]}},
          errors: {type: 'object', properties: {a: {type: 'integer'},
              text: {type: 'string', maxLength: 9},
              list: {type: 'array', maxItems: 5, items: {type: 'integer'}},
              map: {type: 'object', maxProperties: 5,
                additionalProperties: {type: 'string', maxLength: 9}}},
            'x-kubernetes-validations': [
              {rule: 'self.list[5] == 1'}, {rule: "self.map['x'] == 'y'"},
              {rule: '1 / self.a == 1'}, {rule: 'self.a % 0 == 1'},
              {rule: '9223372036854775807 + self.a + 1 > 0', message: 'how much'},
              {rule: 'int(self.text) == 1'},
              {rule: "timestamp(self.text) == timestamp('2020-01-01T00:00:00Z')"},
              {rule: "duration(self.text) == duration('1h')"},
              {rule: "quantity(self.text) == quantity('1')"},
              {rule: "self.text.charAt(20) == ''"},
              {rule: 'self.list.min() == 1'},
              {rule: 'optional.none().value() == 1'},
              {rule: "self.?map.x == optional.of('y')", message: 'no error',
               reason: 'FieldValueForbidden'}]},
          costly: {type: 'array', maxItems: 700, items: {type: 'integer'},
            'x-kubernetes-validations': [
            {rule: 'self.all(a, self.all(b, a + b >= 0))'}]},
          sized: {type: 'object', properties: {text: {type: 'string', maxLength: 3},
              kind: {type: 'string', enum: ['a', 'b']}, pattern: {type: 'string', pattern: '^a'}},
            'x-kubernetes-validations': [{rule: 'has(self.text)'}]},
          nothing: {type: 'integer', nullable: true,
            'x-kubernetes-validations': [{rule: 'self > 1'}]},
          names: {type: 'object', properties: {'a-b': {type: 'integer'}, 'a.b': {type: 'integer'},
              'a/b': {type: 'integer'}, '__x': {type: 'integer'}, namespace: {type: 'integer'},
              'in': {type: 'integer'}, self: {type: 'integer'}},
            'x-kubernetes-validations': [{rule: 'self.a__dash__b + self.a__dot__b +
              self.a__slash__b + self.__underscores__x + self.__namespace__ + self.namespace +
              self.__in__ + self.self == 36', message: 'names'}]},
          types: {type: 'object', properties: {whole: {type: 'integer'}, number: {type: 'number'},
              either: {'x-kubernetes-int-or-string': true},
              day: {type: 'string', format: 'date'}, time: {type: 'string', format: 'date-time'},
              span: {type: 'string', format: 'duration'}, bytes: {type: 'string', format: 'byte'},
              any: {type: 'object', 'x-kubernetes-preserve-unknown-fields': true,
                properties: {known: {type: 'integer'}}},
              embedded: {type: 'object', 'x-kubernetes-embedded-resource': true,
                'x-kubernetes-preserve-unknown-fields': true}},
            'x-kubernetes-validations': [
              {rule: '!has(self.whole) || type(self.whole) == int', message: 'whole'},
              {rule: '!has(self.number) || type(self.number) == double && self.number == 2.0',
               message: 'number'},
              {rule: "!has(self.either) || (type(self.either) == int ? self.either > 1 :
                self.either == 'all')", message: 'either'},
              {rule: '!has(self.day) || self.day.getFullYear() == 2020', message: 'day'},
              {rule: "!has(self.time) || self.time > timestamp('2020-01-01T00:00:00Z')",
               message: 'time'},
              {rule: "!has(self.span) || self.span < duration('1h')", message: 'span'},
              {rule: "!has(self.bytes) || self.bytes == b'abc'", message: 'bytes'},
              {rule: '!has(self.any) || self.any.known == 1', message: 'any'},
              {rule: "!has(self.embedded) || self.embedded.kind == 'Inner' &&
                self.embedded.metadata.name == 'one'", message: 'embedded'}]}}}}}
      """;

  private String group() {
    return namespace + ".example.com";
  }

  private ObjectNode definition(String plural, String schema) {
    return Wire.object(
        """
        {apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition',
         metadata: {name: '%1$s.%2$s'}, spec: {group: '%2$s', scope: 'Namespaced',
          names: {plural: '%1$s', singular: '%3$s', kind: '%4$s', listKind: '%4$sList'},
          versions: [{name: 'v1', served: true, storage: true,
            subresources: {status: {}}, schema: {openAPIV3Schema: %5$s}}]}}
        """,
        plural, group(), plural + "1", kind(plural), schema.replaceAll("\\n *", " "));
  }

  private static String kind(String plural) {
    return plural.substring(0, 1).toUpperCase(Locale.ROOT) + plural.substring(1);
  }

  /** Makes a kind, once; answers where its objects are. */
  private String make(String plural, String schema) {
    String name = plural + "." + group();
    String path = path(group() + "/v1", plural);
    if (api.get(DEFINITIONS + "/" + name).code() == 404) {
      api.post(DEFINITIONS, definition(plural, schema)).is(201);
      backend.deleteAtEnd(DEFINITIONS + "/" + name);
      await().atMost(PATIENCE).until(() -> api.get(path).code() == 200);
      // Each server of a cluster learns of it by itself; a first object tells that this one has.
      await()
          .atMost(PATIENCE)
          .until(() -> api.post(path + "?dryRun=All", object(plural, "good", "{}")).code() == 201);
    }
    return path;
  }

  private ObjectNode object(String plural, String name, String spec) {
    return Wire.object(
        "{apiVersion: '%s/v1', kind: '%s', metadata: {name: '%s'}, spec: %s}",
        group(), kind(plural), name, spec);
  }

  private String ruled() {
    return make("ruled", SCHEMA);
  }

  private Reply post(String spec) {
    return api.post(ruled(), object("ruled", unique("good"), spec));
  }

  private String made(String spec) {
    String name = unique("good");
    api.post(ruled(), object("ruled", name, spec)).is(201);
    return ruled() + "/" + name;
  }

  private Reply merge(String path, String patch) {
    return api.patch(Api.MERGE_PATCH, path, patch);
  }

  private static void accepts(Reply reply) {
    assertThat(reply.code()).as(reply.text()).isIn(200, 201);
  }

  /** That it is refused for these causes and no others, in whichever order. */
  private static void refuses(Reply reply, String... causes) {
    reply.refusesSaying(422, "Invalid", " is invalid: ");
    assertThat(
            StreamSupport.stream(reply.at("/details/causes").spliterator(), false)
                .map(ValidationRulesContractTest::shown))
        .containsExactlyInAnyOrder(causes);
  }

  private static String shown(JsonNode cause) {
    return cause.path("reason").asText()
        + " "
        + cause.path("field").asText()
        + ": "
        + cause.path("message").asText();
  }

  private static String failed(String field, String kind, String detail) {
    return "FieldValueInvalid " + field + ": Invalid value: \"" + kind + "\": " + detail;
  }

  @Test
  void aValueThatBreaksARuleIsRefusedInTheRulesWords() {
    Reply refused = post("{plain: 1}");
    refuses(refused, failed("spec.plain", "integer", "failed rule: self > 1"));
    assertThat(refused.text("/message"))
        .endsWith("is invalid: spec.plain: Invalid value: \"integer\": failed rule: self > 1");
    accepts(post("{plain: 2}"));
  }

  @Test
  void aRuleSaysItsOwnMessage() {
    refuses(post("{said: 1}"), failed("spec.said", "integer", "too small"));
  }

  @Test
  void aMessageIsMadeByAnExpressionIfItCanBe() {
    refuses(
        post("{spoken: {a: 1, word: 'ok'}}"),
        failed("spec.spoken", "object", "not ok"),
        failed("spec.spoken", "object", "ok"),
        failed("spec.spoken", "object", "breaks"));
    refuses(
        post("{spoken: {a: 0}}"),
        failed("spec.spoken", "object", "failed rule: self.a > 1"),
        failed("spec.spoken", "object", "stays"),
        failed("spec.spoken", "object", "breaks"));
  }

  @Test
  void aRuleGivesItsReason() {
    refuses(
        post("{forbidden: 1, needed: 1, twice: 1}"),
        "FieldValueForbidden spec.forbidden: Forbidden: why",
        "FieldValueRequired spec.needed: Required value: failed rule: self > 1",
        "FieldValueDuplicate spec.twice: Duplicate value: \"integer\"");
  }

  @Test
  void aRuleBlamesAField() {
    refuses(
        post("{blamed: {a: 1}}"),
        failed("spec.blamed.a", "object", "failed rule: self.a > 1"),
        failed("spec.blamed.x-y", "object", "failed rule: self.a > 1"),
        "FieldValueRequired spec.blamed.deep.b: Required value: failed rule: self.a > 1",
        failed("spec.blamed.map[key]", "object", "failed rule: self.a > 1"));
  }

  @Test
  void ofAValueItsTypeIsShown() {
    refuses(
        post("{shown: {text: 'x', list: [1], map: {k: 1}, truth: true, number: 1.5, either: 'x'}}"),
        failed("spec.shown.text", "string", "failed rule: false"),
        failed("spec.shown.list", "array", "failed rule: false"),
        failed("spec.shown.map", "object", "failed rule: false"),
        failed("spec.shown.truth", "boolean", "failed rule: false"),
        failed("spec.shown.number", "number", "failed rule: false"),
        failed("spec.shown.either", "", "failed rule: false"));
  }

  @Test
  void rulesOfElementsAndOfValuesNameTheirPlace() {
    refuses(
        post("{inside: [{key: 'a'}, {key: 'b'}], map: {q: 'z', 'r.s': 'z', t: 'y'}}"),
        failed("spec.inside[1]", "object", "no b"),
        failed("spec.map[q]", "string", "failed rule: self != 'z'"),
        failed("spec.map[r.s]", "string", "failed rule: self != 'z'"));
  }

  @Test
  void aRuleOfTheWholeSeesItsName() {
    refuses(
        api.post(ruled(), object("ruled", unique("bad"), "{}")),
        failed("<nil>", "object", "a bad name"));
    ObjectNode generated = object("ruled", "", "{}");
    generated.putObject("metadata").put("generateName", "other");
    refuses(api.post(ruled(), generated), failed("<nil>", "object", "a bad prefix"));
    generated.putObject("metadata").put("generateName", "good");
    accepts(api.post(ruled(), generated));
  }

  @Test
  void aRuleAboutAChangeIsForUpdates() {
    String path = made("{grows: 3}");
    refuses(
        merge(path, "{spec: {grows: 2}}"),
        failed("spec.grows", "integer", "failed rule: self >= oldSelf"));
    accepts(merge(path, "{spec: {grows: 4}}"));
    accepts(merge(path, "{spec: {grows: null}}"));
    accepts(merge(path, "{spec: {grows: 1}}"));
  }

  @Test
  void aRuleMayAskWhetherThereWasAValue() {
    String broken = "failed rule: oldSelf.hasValue() ? self > oldSelf.value() : self == 1";
    refuses(post("{starts: 2}"), failed("spec.starts", "integer", broken));
    String path = made("{starts: 1}");
    accepts(merge(path, "{spec: {starts: 2}}"));
    refuses(merge(path, "{spec: {starts: 1}}"), failed("spec.starts", "integer", broken));
    refuses(
        merge(path, "{metadata: {labels: {a: 'b'}}}"), failed("spec.starts", "integer", broken));
  }

  @Test
  void anElementIsComparedWithTheOneOfTheSameKey() {
    String path = made("{kept: [{key: 'a', count: 1}, {key: 'b', count: 5}]}");
    refuses(
        merge(path, "{spec: {kept: [{key: 'b', count: 5}, {key: 'a', count: 0}]}}"),
        failed("spec.kept[1]", "object", "failed rule: self.count >= oldSelf.count"));
    accepts(merge(path, "{spec: {kept: [{key: 'c', count: 0}, {key: 'b', count: 6}]}}"));
  }

  @Test
  void everyWayToWriteIsJudged() {
    String path = made("{plain: 2}");
    String broken = failed("spec.plain", "integer", "failed rule: self > 1");
    refuses(merge(path, "{spec: {plain: 1}}"), broken);
    refuses(
        api.patch(Api.JSON_PATCH, path, "[{op: 'replace', path: '/spec/plain', value: 1}]"),
        broken);
    refuses(
        api.apply("me", path + "?force=true", object("ruled", nameIn(path), "{plain: 1}")), broken);
    ObjectNode whole = api.get(path).json();
    whole.withObjectProperty("spec").put("plain", 1);
    refuses(api.put(path, whole), broken);
    refuses(
        api.post(ruled() + "?dryRun=All", object("ruled", unique("good"), "{plain: 1}")), broken);
    String other = unique("good");
    refuses(api.apply("me", ruled() + "/" + other, object("ruled", other, "{plain: 1}")), broken);
  }

  @Test
  void aStatusIsJudged() {
    String path = made("{limit: 10, plain: 2}");
    refuses(
        merge(path + "/status", "{status: {seen: -1}}"),
        failed("status.seen", "integer", "failed rule: self >= 0"));
    refuses(
        merge(path + "/status", "{status: {seen: 11}, spec: {plain: 1}}"),
        failed("<nil>", "object", "seen too much"));
    accepts(merge(path + "/status", "{status: {seen: 9}, spec: {plain: 1}}"));
  }

  @Test
  void whatHasNoValueBreaksItsRule() {
    String text = "spec.errors";
    refuses(
        post("{errors: {a: 0, text: 'x', list: [], map: {}}}"),
        failed(text, "object", "index out of bounds: 5 evaluating rule: self.list[5] == 1"),
        failed(text, "object", "no such key: x evaluating rule: self.map['x'] == 'y'"),
        failed(text, "object", "division by zero evaluating rule: 1 / self.a == 1"),
        failed(text, "object", "modulus by zero evaluating rule: self.a % 0 == 1"),
        failed(text, "object", "integer overflow evaluating rule: how much"),
        failed(
            text,
            "object",
            "type conversion error from 'string' to 'int' evaluating rule: int(self.text) == 1"),
        failed(
            text,
            "object",
            "type conversion error from 'string' to 'google.protobuf.Timestamp' evaluating rule:"
                + " timestamp(self.text) == timestamp('2020-01-01T00:00:00Z')"),
        failed(
            text,
            "object",
            "type conversion error from 'string' to 'google.protobuf.Duration' evaluating rule:"
                + " duration(self.text) == duration('1h')"),
        failed(
            text,
            "object",
            "quantities must match the regular expression"
                + " '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$' evaluating rule:"
                + " quantity(self.text) == quantity('1')"),
        failed(
            text, "object", "index out of range: 20 evaluating rule: self.text.charAt(20) == ''"),
        failed(text, "object", "min called on empty list evaluating rule: self.list.min() == 1"),
        failed(
            text,
            "object",
            "optional.none() dereference evaluating rule: optional.none().value() == 1"),
        "FieldValueForbidden spec.errors: Forbidden: no error");
  }

  @Test
  void aRuleThatCostsTooMuchEndsTheJudgement() {
    String few = "1,".repeat(9) + "1";
    String many = "1,".repeat(699) + "1";
    accepts(post("{costly: [" + few + "]}"));
    refuses(
        post("{costly: [" + many + "]}"),
        failed(
            "spec.costly",
            "array",
            "'operation cancelled: actual cost limit exceeded': no further validation rules will"
                + " be run due to call cost exceeds limit for rule: self.all(a, self.all(b, a + b"
                + " >= 0))"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"text: 1", "text: 'long'", "kind: 'c'"})
  void anObjectOfWrongTypesOrSizesIsNotHeldToRules(String wrong) {
    Reply refused = post("{sized: {%s}}".formatted(wrong));
    refused.refusesSaying(422, "Invalid", "spec.sized.");
    assertThat(refused.text("/message"))
        .endsWith(
            ", <nil>: Invalid value: null: some validation rules were not checked because the"
                + " object was invalid; correct the existing errors to complete validation]");
    assertThat(refused.causes()).hasSize(2).contains("FieldValueInvalid <nil>");
  }

  @Test
  void anObjectOfWrongContentIsHeldToRulesToo() {
    assertThat(post("{sized: {pattern: 'b'}}").is(422).causes())
        .containsExactlyInAnyOrder(
            "FieldValueInvalid spec.sized.pattern", "FieldValueInvalid spec.sized");
  }

  @Test
  void nothingIsHeldToNoRule() {
    accepts(post("{nothing: null}"));
    refuses(post("{nothing: 1}"), failed("spec.nothing", "integer", "failed rule: self > 1"));
  }

  @Test
  void namesThatAreNoIdentifiersAreSpelledOut() {
    accepts(
        post("{names: {'a-b': 1, 'a.b': 2, 'a/b': 3, '__x': 4, namespace: 5, 'in': 7, self: 9}}"));
    refuses(
        post("{names: {'a-b': 0, 'a.b': 2, 'a/b': 3, '__x': 4, namespace: 5, 'in': 7, self: 9}}"),
        failed("spec.names", "object", "names"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "whole: 1",
        "number: 2",
        "number: 2.0",
        "either: 2",
        "either: 'all'",
        "day: '2020-02-03'",
        "time: '2020-02-03T04:05:06Z'",
        "span: '5m'",
        "bytes: 'YWJj'",
        "any: {known: 1, unknown: 'x'}",
        "embedded: {apiVersion: 'v1', kind: 'Inner', metadata: {name: 'one'}}"
      })
  void valuesAreOfTheirSchemasTypes(String value) {
    accepts(post("{types: {%s}}".formatted(value)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "number: 2.5",
        "either: 1",
        "either: 'none'",
        "day: '2021-02-03'",
        "time: '2019-02-03T04:05:06Z'",
        "span: '2h'",
        "bytes: 'YWJk'",
        "any: {known: 2}",
        "embedded: {apiVersion: 'v1', kind: 'Other', metadata: {name: 'one'}}"
      })
  void typedValuesBreakRules(String value) {
    refuses(
        post("{types: {%s}}".formatted(value)),
        failed("spec.types", "object", value.substring(0, value.indexOf(':'))));
  }
}
