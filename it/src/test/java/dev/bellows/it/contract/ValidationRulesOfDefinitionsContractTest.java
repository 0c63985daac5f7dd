package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which rules in the Common Expression Language a definition may have, and what changes them. */
class ValidationRulesOfDefinitionsContractTest extends ContractTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String DEFINITIONS =
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  private static final String SPEC =
      "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].";

  private String group() {
    return namespace + ".example.com";
  }

  private ObjectNode definition(String plural, JsonNode schema) {
    ObjectNode definition =
        Wire.object(
            """
            {apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition',
             metadata: {name: '%1$s.%2$s'}, spec: {group: '%2$s', scope: 'Namespaced',
              names: {plural: '%1$s', singular: '%1$s1', kind: '%3$s', listKind: '%3$sList'},
              versions: [{name: 'v1', served: true, storage: true, schema: {}}]}}
            """,
            plural, group(), kind(plural));
    ((ObjectNode) definition.at("/spec/versions/0/schema")).set("openAPIV3Schema", schema);
    return definition;
  }

  private static String kind(String plural) {
    return plural.substring(0, 1).toUpperCase(Locale.ROOT) + plural.substring(1);
  }

  /** With a spec of some fields and these rules. */
  private static ObjectNode spec(ObjectNode... rules) {
    ObjectNode schema =
        Wire.object(
            """
            {type: 'object', properties: {spec: {type: 'object', properties: {
              a: {type: 'integer'}, s: {type: 'string', maxLength: 20}, n: {type: 'number'},
              l: {type: 'array', maxItems: 5, items: {type: 'integer'}},
              t: {type: 'array', maxItems: 5, items: {type: 'string', maxLength: 5}},
              m: {type: 'object', maxProperties: 5, additionalProperties: {type: 'integer'}},
              either: {'x-kubernetes-int-or-string': true},
              open: {type: 'object', 'x-kubernetes-preserve-unknown-fields': true},
              'a-b': {type: 'integer'}}}}}
            """);
    ArrayNode list =
        ((ObjectNode) schema.at("/properties/spec")).putArray("x-kubernetes-validations");
    List.of(rules).forEach(list::add);
    return schema;
  }

  private static ObjectNode rule(String rule) {
    return Wire.object("{}").put("rule", rule);
  }

  private Reply ask(JsonNode schema) {
    return api.post(DEFINITIONS + "?dryRun=All", definition("asked", schema));
  }

  private static void refuses(Reply reply, String... causes) {
    reply.refusesSaying(422, "Invalid", " is invalid: ");
    assertThat(
            StreamSupport.stream(reply.at("/details/causes").spliterator(), false)
                .map(cause ->
                    cause.path("reason").asText()
                        + " "
                        + cause.path("field").asText()
                        + ": "
                        + cause.path("message").asText()))
        .containsExactlyInAnyOrder(causes);
  }

  private static String shown(String rule) {
    return "Invalid value: {\"Rule\":"
        + Wire.object("{}")
            .put("r", rule)
            .get("r")
            .toString()
            .replace("<", "\\u003c")
            .replace(">", "\\u003e")
            .replace("&", "\\u0026")
        + ",\"Message\":\"\",\"MessageExpression\":\"\",\"Reason\":null,\"FieldPath\":\"\","
        + "\"OptionalOldSelf\":null}: ";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "self.nope > 1 | 5 | undefined field 'nope'",
        "self.s.nope > 1 | 7 | type 'string' does not support field selection",
        "self.open.x == 1 | 10 | undefined field 'x'",
        "self.a > 'x' | 8 | found no matching overload for '_>_' applied to '(int, string)'",
        "self.a == self.n | 8 | found no matching overload for '_==_' applied to '(int, double)'",
        "self.s + 1 == 'x' | 8 | found no matching overload for '_+_' applied to '(string, int)'",
        "size(self.a) == 1 | 5 | found no matching overload for 'size' applied to '(int)'",
        "unknown(self.a) | 8 | undeclared reference to 'unknown' (in container '')",
        "self.a.unknown() | 15 | undeclared reference to 'unknown' (in container '')",
        "nothing | 1 | undeclared reference to 'nothing' (in container '')",
        "self.s.matches('[') | 16 | invalid matches argument",
        "self.a > 11111111111111111111 | 10 | invalid int literal",
        "has(self.a | 11 | Syntax error: missing ')' at '<EOF>'",
        "[1, 'a'] == [1] | 5 | expected type 'int' but found 'string'",
        "self.l.sort() == self.l | 12 | undeclared reference to 'sort' (in container '')",
        "self.s.reverse() == '' | 15 | undeclared reference to 'reverse' (in container '')"
      })
  void aRuleThatDoesNotCompileIsRefused(String rule, int column, String why) {
    refuses(
        ask(spec(rule(rule))),
        "FieldValueInvalid "
            + SPEC
            + "rule: "
            + shown(rule)
            + "compilation failed: ERROR: <input>:1:"
            + column
            + ": "
            + why
            + "\n | "
            + rule
            + "\n | "
            + ".".repeat(column - 1)
            + "^");
  }

  @Test
  void aRuleIsTrueOrFalse() {
    refuses(
        ask(spec(rule("self.a"))),
        "FieldValueInvalid "
            + SPEC
            + "rule: "
            + shown("self.a")
            + "cel expression must evaluate to a bool");
  }

  @Test
  void aRuleIsThere() {
    refuses(
        ask(spec(Wire.object("{}"))),
        "FieldValueRequired " + SPEC + "rule: Required value: rule is not specified");
    refuses(
        ask(spec(rule("  "))),
        "FieldValueRequired " + SPEC + "rule: Required value: rule is not specified");
  }

  @Test
  void aMessageIsOneLine() {
    refuses(
        ask(spec(rule("self.a > 1").put("message", "x\ny"))),
        "FieldValueInvalid "
            + SPEC
            + "message: Invalid value: \"x\\ny\": must not contain line breaks");
    refuses(
        ask(spec(rule("self.a > 1").put("message", " "))),
        "FieldValueInvalid "
            + SPEC
            + "message: Invalid value: \" \": must be non-empty if specified");
    refuses(
        ask(spec(rule("self.a >\n 1"))),
        "FieldValueRequired "
            + SPEC
            + "message: Required value: message must be specified if rule contains line breaks");
  }

  @Test
  void aMessageExpressionIsAText() {
    assertThat(
            ask(spec(rule("self.a > 1").put("messageExpression", "self.a")))
                .refusesSaying(422, "Invalid", "messageExpression must evaluate to a string")
                .causes())
        .containsExactly("FieldValueInvalid " + SPEC + "messageExpression");
    ask(spec(rule("self.a > 1").put("messageExpression", "nope")))
        .refusesSaying(
            422,
            "Invalid",
            "messageExpression compilation failed: ERROR: <input>:1:1: undeclared reference to"
                + " 'nope' (in container '')\n | nope\n | ^");
    refuses(
        ask(spec(rule("self.a > 1").put("messageExpression", "  "))),
        "FieldValueRequired "
            + SPEC
            + "messageExpression: Required value: messageExpression must be non-empty if"
            + " specified");
  }

  @Test
  void aReasonIsOneOfFour() {
    refuses(
        ask(spec(rule("self.a > 1").put("reason", "Foo"))),
        "FieldValueNotSupported "
            + SPEC
            + "reason: Unsupported value: \"Foo\": supported values: \"FieldValueDuplicate\","
            + " \"FieldValueForbidden\", \"FieldValueInvalid\", \"FieldValueRequired\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {".nope", "a", ".a.b", ".l[0]", "."})
  void aFieldPathLeadsToAField(String path) {
    refuses(
        ask(spec(rule("self.a > 1").put("fieldPath", path))),
        "FieldValueInvalid "
            + SPEC
            + "fieldPath: Invalid value: \""
            + path
            + "\": must be a valid path");
  }

  @ParameterizedTest
  @ValueSource(strings = {".a", "['a-b']", ".m.any", ".m['any.other']", ""})
  void aFieldPathMayLeadIntoAMap(String path) {
    ask(spec(rule("self.a > 1").put("fieldPath", path))).is(201);
  }

  @Test
  void anOptionalOldSelfIsUsed() {
    refuses(
        ask(spec(rule("self.a > 1").put("optionalOldSelf", true))),
        "FieldValueInvalid "
            + SPEC
            + "optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in"
            + " rule");
    ask(spec(rule("oldSelf.hasValue()").put("optionalOldSelf", true))).is(201);
    assertThat(
            ask(spec(rule("oldSelf.a > 1").put("optionalOldSelf", true)))
                .refusesSaying(
                    422, "Invalid", "overload for '_>_' applied to '(optional_type(int), int)'")
                .causes())
        .containsExactlyInAnyOrder(
            "FieldValueInvalid " + SPEC + "rule", "FieldValueInvalid " + SPEC + "optionalOldSelf");
  }

  private static ObjectNode field(String field) {
    return Wire.object(
        "{type: 'object', properties: {spec: {type: 'object', properties: {p: %s}}}}", field);
  }

  @Test
  void aChangeIsSeenOnlyWhereElementsAreTold() {
    String place = "spec.validation.openAPIV3Schema.properties[spec].properties[p]";
    refuses(
        ask(
            field(
                """
                {type: 'array', maxItems: 5, items: {type: 'integer',
                 'x-kubernetes-validations': [{rule: 'self > oldSelf'}]}}
                """)),
        "FieldValueInvalid "
            + place
            + ".items.x-kubernetes-validations[0].rule: Invalid value: \"self > oldSelf\":"
            + " oldSelf cannot be used on the uncorrelatable portion of the schema within "
            + place);
    ask(field(
            """
            {type: 'object', maxProperties: 5, additionalProperties: {type: 'integer',
             'x-kubernetes-validations': [{rule: 'self > oldSelf'}]}}
            """))
        .is(201);
    ask(field(
            """
            {type: 'array', maxItems: 5, 'x-kubernetes-list-type': 'map',
             'x-kubernetes-list-map-keys': ['k'], items: {type: 'object', required: ['k'],
              properties: {k: {type: 'string', maxLength: 5}, v: {type: 'integer'}},
              'x-kubernetes-validations': [{rule: 'self.v > oldSelf.v'}]}}
            """))
        .is(201);
  }

  @Test
  void rulesStandBesideATypeAlone() {
    String place = "spec.validation.openAPIV3Schema.properties[spec].properties[p]";
    refuses(
        ask(field("{type: 'string', allOf: [{'x-kubernetes-validations': [{rule: 'true'}]}]}")),
        "FieldValueForbidden "
            + place
            + ".allOf[0].x-kubernetes-validations: Forbidden: must be empty to be structural");
    refuses(
        ask(
            field(
                """
                {'x-kubernetes-preserve-unknown-fields': true,
                 'x-kubernetes-validations': [{rule: 'true'}]}
                """)),
        "InternalError "
            + place
            + ".x-kubernetes-validations: Internal error: internal error: failed to construct type"
            + " information for x-kubernetes-validations rules: unable to convert structural"
            + " schema to CEL declarations");
    refuses(
        ask(
            Wire.object(
                """
                {type: 'object', properties: {metadata: {type: 'object',
                 'x-kubernetes-validations': [{rule: "self.name != ''"}]}}}
                """)),
        "FieldValueForbidden spec.validation.openAPIV3Schema.properties[metadata]: Forbidden: must"
            + " not specify anything other than name and generateName, but metadata is implicitly"
            + " specified");
  }

  @Test
  void ofMetadataARuleSeesNamesAlone() {
    String rule = "self.metadata.labels.size() == 0";
    ObjectNode schema = spec();
    schema.putArray("x-kubernetes-validations").add(rule(rule));
    assertThat(
            ask(schema)
                .refusesSaying(422, "Invalid", "ERROR: <input>:1:14: undefined field 'labels'")
                .causes())
        .containsExactly(
            "FieldValueInvalid"
                + " spec.validation.openAPIV3Schema.x-kubernetes-validations[0].rule");
  }

  private static final String ADVICE =
      " (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays,"
          + " maps, and strings are declared)";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{type: 'array', items: {type: 'integer'}} | self.all(x, x > 0 && x < 9 && x != 5) |"
            + " 1.258291x",
        "{type: 'array', maxItems: 9, items: {type: 'string'}} | self.all(x, self.exists(y,"
            + " x.contains(y + 'a'))) | more than 100x",
        "{type: 'string'} | self.contains(self) | more than 100x",
        "{type: 'string'} | self.split(',').all(x, x == 'a') | 1.6x",
        "{type: 'array', maxItems: 1000, items: {type: 'string', maxLength: 1000}} |"
            + " self.all(x, self.all(y, x == y)) | 40.5x"
      })
  void aRuleThatCouldCostTooMuchIsRefused(String schema, String rule, String factor) {
    ObjectNode field = Wire.object(schema);
    field.putArray("x-kubernetes-validations").add(rule(rule));
    Reply refused = ask(field(field.toString()));
    String place =
        "spec.validation.openAPIV3Schema.properties[spec].properties[p]"
            + ".x-kubernetes-validations[0].rule";
    refused.refusesSaying(
        422,
        "Invalid",
        place + ": Forbidden: estimated rule cost exceeds budget by factor of " + factor + ADVICE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{type: 'array', items: {type: 'integer'}} | self.all(x, x > 0)",
        "{type: 'array', items: {type: 'string'}} | self.all(x, x.startsWith('a'))",
        "{type: 'array', maxItems: 9, items: {type: 'string', maxLength: 99}} | self.all(x,"
            + " self.exists(y, x.contains(y)))",
        "{type: 'string'} | self.matches('^a+$')",
        "{type: 'array', items: {type: 'object', required: ['k'], properties: {k: {type:"
            + " 'string'}}}} | self.map(x, x.k).size() > 1"
      })
  void aRuleThatCannotCostTooMuchIsTaken(String schema, String rule) {
    ObjectNode field = Wire.object(schema);
    field.putArray("x-kubernetes-validations").add(rule(rule));
    ask(field(field.toString())).is(201);
  }

  @Test
  void rulesTogetherCouldCostTooMuch() {
    String schema = "spec.validation.openAPIV3Schema";
    String items = schema + ".properties[spec].properties[p].items.x-kubernetes-validations[0]";
    refuses(
        ask(
            field(
                """
                {type: 'array', maxItems: 1000, items: {type: 'string',
                 'x-kubernetes-validations': [{rule: "self.contains('a')"}, {rule: 'true'}]}}
                """)),
        "FieldValueForbidden "
            + items
            + ".rule: Forbidden: estimated rule cost exceeds budget by factor of 31.5x"
            + ADVICE,
        "FieldValueForbidden "
            + items
            + ".rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for"
            + " entire OpenAPIv3 schema",
        "FieldValueForbidden "
            + schema
            + ": Forbidden: x-kubernetes-validations estimated rule cost total for entire"
            + " OpenAPIv3 schema exceeds budget by factor of 3.1x"
            + ADVICE);
    assertThat(
            ask(spec(rule("self.a > 1").put("messageExpression", "'a' + string(self.a)")))
                .refusesSaying(
                    422,
                    "Invalid",
                    "estimated messageExpression cost exceeds budget by factor of more than 100x")
                .causes())
        .containsExactly(
            "FieldValueForbidden " + SPEC + "messageExpression",
            "FieldValueForbidden " + SPEC + "messageExpression",
            "FieldValueForbidden " + schema);
  }

  @Test
  void aDefaultKeepsTheRules() {
    String place = "spec.validation.openAPIV3Schema.properties[spec].properties[p].default";
    refuses(
        ask(
            field(
                """
                {type: 'object', default: {b: 0}, properties: {b: {type: 'integer',
                  'x-kubernetes-validations': [{rule: 'self > 1'}]}},
                 'x-kubernetes-validations': [{rule: 'self.b > 3'}]}
                """)),
        "FieldValueInvalid " + place + ": Invalid value: \"object\": failed rule: self.b > 3",
        "FieldValueInvalid " + place + ".b: Invalid value: \"integer\": failed rule: self > 1");
  }

  @Test
  void whatIsWrongWithOneVersionIsToldOfIt() {
    ObjectNode definition = definition("asked", spec());
    ((ArrayNode) definition.at("/spec/versions"))
        .add(Wire.object("{name: 'v2', served: true, storage: false, schema: {}}"));
    ((ObjectNode) definition.at("/spec/versions/1/schema"))
        .set("openAPIV3Schema", spec(rule("self.nope")));
    assertThat(api.post(DEFINITIONS + "?dryRun=All", definition).is(422).causes())
        .containsExactly(
            "FieldValueInvalid spec.versions[1].schema.openAPIV3Schema.properties[spec]"
                + ".x-kubernetes-validations[0].rule");
  }

  @Test
  void theLanguageHasKubernetesFunctions() {
    List<String> truths =
        List.of(
            "'abc'.charAt(1) == 'b' && 'abc'.indexOf('c') == 2 && 'abca'.lastIndexOf('a') == 3",
            "'aBc'.lowerAscii() == 'abc' && 'aBc'.upperAscii() == 'ABC' && ' a '.trim() == 'a'",
            "'a,b'.split(',') == ['a', 'b'] && 'a,b,c'.split(',', 2) == ['a', 'b,c']",
            "'abc'.substring(1) == 'bc' && 'abc'.substring(1, 2) == 'b'",
            "'aba'.replace('a', 'x') == 'xbx' && 'aba'.replace('a', 'x', 1) == 'xba'",
            "self.t.join() == 'ba' && self.t.join('-') == 'b-a'",
            "strings.quote('a\"b') == '\"a\\\\\"b\"'",
            "'%s %d %.2f %x'.format(['a', 1, 1.5, 255]) == 'a 1 1.50 ff'",
            "'abc 123'.find('[0-9]+') == '123' && 'abc'.find('[0-9]+') == ''",
            "'1 a 2'.findAll('[0-9]') == ['1', '2'] && '1 a 2'.findAll('[0-9]', 1) == ['1']",
            "[1, 2, 3].isSorted() && !self.t.isSorted() && [1, 2, 3].sum() == 6",
            "[1.5, 2.5].sum() == 4.0 && [3, 1, 2].min() == 1 && [3, 1, 2].max() == 3",
            "[1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2 && [1].indexOf(5) == -1",
            "isURL('https://a.b:80/c?d=e') && !isURL('../a') && url('https://a.b:80/c').getScheme()"
                + " == 'https'",
            "url('https://a.b:80/c').getHost() == 'a.b:80' && url('https://a.b:80/c').getHostname()"
                + " == 'a.b' && url('https://a.b:80/c').getPort() == '80'",
            "url('https://a.b/c%20d').getEscapedPath() == '/c%20d' &&"
                + " url('https://a.b/?d=e&d=f').getQuery() == {'d': ['e', 'f']}",
            "isQuantity('1.5Gi') && !isQuantity('x') && quantity('1000m') == quantity('1')",
            "quantity('1Gi').isGreaterThan(quantity('1G')) &&"
                + " quantity('50k').isLessThan(quantity('50M'))",
            "quantity('50k').isInteger() && quantity('50k').asInteger() == 50000 &&"
                + " quantity('1.5').asApproximateFloat() == 1.5",
            "quantity('1').add(quantity('2')) == quantity('3') && quantity('3').sub(1) =="
                + " quantity('2') && sign(quantity('-1')) == -1 &&"
                + " quantity('1').compareTo(quantity('2')) == -1",
            "isIP('10.0.0.1') && !isIP('10.0.0.01') && ip('10.0.0.1').family() == 4 &&"
                + " ip('::1').family() == 6",
            "ip.isCanonical('::1') && !ip.isCanonical('0:0::1') && ip('127.0.0.1').isLoopback() &&"
                + " string(ip('::1')) == '::1'",
            "ip('10.0.0.1').isGlobalUnicast() && ip('0.0.0.0').isUnspecified() &&"
                + " ip('169.254.0.1').isLinkLocalUnicast() &&"
                + " ip('224.0.0.1').isLinkLocalMulticast()",
            "isCIDR('10.0.0.0/8') && !isCIDR('10.0.0.0') &&"
                + " cidr('10.0.0.0/8').containsIP('10.1.1.1') &&"
                + " !cidr('10.0.0.0/8').containsIP(ip('11.0.0.1'))",
            "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && cidr('10.1.2.3/8').masked() =="
                + " cidr('10.0.0.0/8') && cidr('10.0.0.0/8').prefixLength() == 8 &&"
                + " cidr('10.0.0.0/8').ip() == ip('10.0.0.0')",
            "isSemver('1.2.3') && !isSemver('v1.2') && semver('1.2.3').minor() == 2 &&"
                + " semver('1.2.3').isLessThan(semver('1.10.0')) &&"
                + " semver('1.0.0-a.1').isLessThan(semver('1.0.0'))",
            "sets.contains([1, 2], [1]) && sets.equivalent([1, 1], [1]) && sets.intersects([1],"
                + " [1])",
            "optional.of(1).hasValue() && !optional.none().hasValue() &&"
                + " optional.ofNonZeroValue(0).orValue(7) == 7",
            "{'a': 1}.?a.optMap(x, x + 1).orValue(0) == 2 && [1][?3].orValue(9) == 9",
            "[1, 2].all(i, v, v == i + 1) && [5].exists(i, v, i == 0 && v == 5) &&"
                + " [1, 2].transformList(i, v, i + v) == [1, 3]",
            "{'a': 1}.transformMap(k, v, v + 1) == {'a': 2} && [1].existsOne(i, v, v == 1)",
            "duration('1h30m') > duration('1h') && timestamp('2020-01-02T03:04:05Z').getHours() =="
                + " 3",
            "[1, 2, 3].filter(x, x > 1).map(x, x * 2) == [4, 6] && [1, 2].exists_one(x, x > 1)",
            "b'abc' == bytes('abc') && size('\\u00fc') == 1 && 1 in [1] && 'a' in {'a': 1}",
            "dyn(1) == 1.0 && type(1) == int && string(1.5) == '1.5' && int('7') == 7");
    ObjectNode[] rules =
        truths.stream().map(truth -> rule(truth).put("message", truth)).toArray(ObjectNode[]::new);
    String plural = make("spoken", spec(rules));
    assertThat(post(plural, "spoken", unique("one"), "{a: 1, t: ['b', 'a']}").text())
        .contains("\"a\":1");
  }

  private String make(String plural, JsonNode schema) {
    String path = path(group() + "/v1", plural);
    api.post(DEFINITIONS, definition(plural, schema)).is(201);
    backend.deleteAtEnd(DEFINITIONS + "/" + plural + "." + group());
    await().atMost(PATIENCE).until(() -> api.get(path).code() == 200);
    await()
        .atMost(PATIENCE)
        .until(() -> post(path + "?dryRun=All", plural, unique("none"), "{}").code() != 404);
    return path;
  }

  private Reply post(String path, String plural, String name, String spec) {
    return api.post(path, object(plural, name, spec));
  }

  private ObjectNode object(String plural, String name, String spec) {
    return Wire.object(
        "{apiVersion: '%s/v1', kind: '%s', metadata: {name: '%s'}, spec: %s}",
        group(), kind(plural), name, spec);
  }

  @Test
  void whatWasThereBeforeARuleStaysUntilItIsChanged() {
    String free =
        """
        {type: 'object', properties: {spec: {type: 'object', properties: {
          a: {type: 'integer'}, b: {type: 'integer'},
          list: {type: 'array', maxItems: 5, items: {type: 'integer'}},
          kept: {type: 'array', maxItems: 5, 'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['k'], items: {type: 'object', required: ['k'],
              properties: {k: {type: 'string', maxLength: 5}, v: {type: 'integer'}}}},
          map: {type: 'object', maxProperties: 5, additionalProperties: {type: 'integer'}}}}}}
        """;
    String plural = "ratcheted";
    String path = make(plural, Wire.object(free));
    String name = unique("old");
    String spec =
        "{a: 1, b: 1, list: [1, 2], kept: [{k: 'x', v: 1}, {k: 'y', v: 2}], map: {p: 1, q: 2}}";
    post(path, plural, name, spec).is(201);
    ObjectNode definition = api.get(DEFINITIONS + "/" + plural + "." + group()).json();
    ObjectNode fields =
        (ObjectNode)
            definition.at("/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties");
    JsonNode rules = Wire.value("[{rule: 'self > 5', message: 'small'}]");
    ((ObjectNode) fields.path("a")).set("x-kubernetes-validations", rules);
    ((ObjectNode) fields.at("/list/items")).set("x-kubernetes-validations", rules);
    ((ObjectNode) fields.at("/map/additionalProperties")).set("x-kubernetes-validations", rules);
    ((ObjectNode) fields.at("/kept/items/properties/v")).set("x-kubernetes-validations", rules);
    api.put(DEFINITIONS + "/" + plural + "." + group(), definition).is(200);
    await()
        .atMost(PATIENCE)
        .until(() -> post(path + "?dryRun=All", plural, unique("new"), spec).code() == 422);
    String one = path + "/" + name;
    Reply kept = api.patch(Api.MERGE_PATCH, one, "{spec: {b: 2}}").is(200);
    String small = ": Invalid value: \"integer\": small";
    assertThat(kept.warnings())
        .containsExactlyInAnyOrder(
            "spec.a" + small,
            "spec.list[0]" + small,
            "spec.list[1]" + small,
            "spec.kept[0].v" + small,
            "spec.kept[1].v" + small,
            "spec.map[p]" + small,
            "spec.map[q]" + small);
    String invalid = "FieldValueInvalid ";
    assertThat(api.patch(Api.MERGE_PATCH, one, "{spec: {a: 2}}").is(422).causes())
        .containsExactly(invalid + "spec.a");
    assertThat(api.patch(Api.MERGE_PATCH, one, "{spec: {list: [2, 1]}}").is(422).causes())
        .containsExactlyInAnyOrder(invalid + "spec.list[0]", invalid + "spec.list[1]");
    assertThat(
            api.patch(Api.MERGE_PATCH, one, "{spec: {kept: [{k: 'y', v: 2}, {k: 'x', v: 3}]}}")
                .is(422)
                .causes())
        .containsExactly(invalid + "spec.kept[1].v");
    assertThat(api.patch(Api.MERGE_PATCH, one, "{spec: {map: {q: 3, r: 1}}}").is(422).causes())
        .containsExactlyInAnyOrder(invalid + "spec.map[q]", invalid + "spec.map[r]");
    api.patch(Api.MERGE_PATCH, one, "{metadata: {labels: {a: 'b'}}, spec: {a: 6}}").is(200);
  }
}
