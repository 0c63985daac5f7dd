package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What rules say of the forms of texts: named formats, versions, URLs. */
class TextFormsContractTest extends ContractTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String DEFINITIONS =
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  private static final List<String> FORMATS =
      List.of(
          "dns1123Label",
          "dns1123Subdomain",
          "dns1035Label",
          "qualifiedName",
          "dns1123LabelPrefix",
          "dns1123SubdomainPrefix",
          "dns1035LabelPrefix",
          "labelValue",
          "uri",
          "uuid",
          "byte",
          "date",
          "datetime");

  private String group() {
    return namespace + ".example.com";
  }

  /** Makes a kind, once, with a field for each form, whose rule says what is wrong with it. */
  private String path() {
    String name = "forms." + group();
    String path = path(group() + "/v1", "forms");
    if (api.get(DEFINITIONS + "/" + name).code() == 404) {
      api.post(DEFINITIONS, definition(name)).is(201);
      backend.deleteAtEnd(DEFINITIONS + "/" + name);
      await().atMost(PATIENCE).until(() -> api.get(path).code() == 200);
      await().atMost(PATIENCE).until(() -> ask(path, "byte", "YQ==").code() == 201);
    }
    return path;
  }

  private ObjectNode definition(String name) {
    ObjectNode definition =
        Wire.object(
            """
            {apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition',
             metadata: {name: '%s'}, spec: {group: '%s', scope: 'Namespaced',
              names: {plural: 'forms', singular: 'form', kind: 'Form', listKind: 'FormList'},
              versions: [{name: 'v1', served: true, storage: true, schema: {openAPIV3Schema:
                {type: 'object', properties: {spec: {type: 'object', properties: {}}}}}}]}}
            """,
            name, group());
    ObjectNode fields =
        (ObjectNode)
            definition.at("/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties");
    for (String format : FORMATS) {
      String asked = "format." + format + "().validate(self)";
      ArrayNode rules = field(fields, format);
      for (int i = 0; i < 2; i++) {
        rules
            .addObject()
            .put("rule", asked + ".orValue([]).size() <= " + i)
            .put("messageExpression", asked + ".value()[" + i + "]");
      }
    }
    field(fields, "semver").addObject().put("rule", "semver(self).major() >= 0");
    field(fields, "loose").addObject().put("rule", "semver(self, true).major() >= 0");
    field(fields, "url").addObject().put("rule", "url(self).getHost() != 'nobody'");
    return definition;
  }

  private static ArrayNode field(ObjectNode fields, String name) {
    return fields
        .putObject(name)
        .put("type", "string")
        .put("maxLength", 400)
        .putArray("x-kubernetes-validations");
  }

  private Reply ask(String path, String field, String value) {
    ObjectNode object =
        Wire.object(
            "{apiVersion: '%s/v1', kind: 'Form', metadata: {name: '%s'}, spec: {}}",
            group(), unique("form"));
    object.withObjectProperty("spec").put(field, value);
    return api.post(path + "?dryRun=All", object);
  }

  /** What is wrong with a text, if anything is. */
  private List<String> wrong(String field, String value) {
    Reply reply = ask(path(), field, value);
    assertThat(reply.code()).as(reply.text()).isIn(201, 422);
    return reply.at("/details/causes").findValues("message").stream()
        .map(JsonNode::asText)
        .map(message -> message.replace("Invalid value: \"string\": ", ""))
        .sorted()
        .toList();
  }

  private static String unescaped(String text) {
    return text.replace("\\t", "\t")
        .replace("253*", "a".repeat(253))
        .replace("63*", "a".repeat(63));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "dns1123Label | a |  |",
        "dns1123Label |  | a lowercase RFC 1123 label must consist of |",
        "dns1123Label | A | a lowercase RFC 1123 label must consist of |",
        "dns1123Label | 63*a | must be no more than 63 characters |",
        "dns1123Label | 63*A | must be no more than 63 characters | a lowercase RFC 1123 label must"
            + " consist of",
        "dns1123Label | a.b | must not contain dots |",
        "dns1123Subdomain | a.b |  |",
        "dns1123Subdomain | a..b | a lowercase RFC 1123 subdomain must consist of |",
        "dns1123Subdomain | 253*a | must be no more than 253 characters |",
        "dns1035Label | a |  |",
        "dns1035Label | 1 | a DNS-1035 label must consist of |",
        "dns1035Label | 63*A | must be no more than 63 characters | a DNS-1035 label must consist"
            + " of",
        "qualifiedName | x.y/A_b |  |",
        "qualifiedName |  | name part must be non-empty | name part must consist of",
        "qualifiedName | a/b/c | a qualified name must consist of |",
        "qualifiedName | /a | prefix part must be non-empty |",
        "qualifiedName | -/- | prefix part a lowercase RFC 1123 subdomain must consist of | name"
            + " part must consist of",
        "qualifiedName | x/63*a | name part must be no more than 63 characters |",
        "qualifiedName | 253*a/b | prefix part must be no more than 253 characters |",
        "dns1123LabelPrefix | ab-- |  |",
        "dns1123LabelPrefix | 63*- |  |",
        "dns1123LabelPrefix | - | a lowercase RFC 1123 label must consist of |",
        "dns1123LabelPrefix | a.b- | must not contain dots |",
        "dns1123SubdomainPrefix | a.- |  |",
        "dns1123SubdomainPrefix | -a | a lowercase RFC 1123 subdomain must consist of |",
        "dns1035LabelPrefix | 1- |  |",
        "dns1035LabelPrefix | - | a DNS-1035 label must consist of |",
        "labelValue |  |  |",
        "labelValue | a_b |  |",
        "labelValue | -63* | must be no more than 63 characters | a valid label must be an empty"
            + " string or",
        "labelValue | _ | a valid label must be an empty string or |",
        "uri | http://a |  |",
        "uri | /a b |  |",
        "uri | mailto:a b |  |",
        "uri | http://[::1] |  |",
        "uri | http://<a> |  |",
        "uri |  | parse \"\": empty url |",
        "uri | a | parse \"a\": invalid URI for request |",
        "uri | http://a b | parse \"http://a b\": invalid character \" \" in host name |",
        "uri | http://a/%zz | parse \"http://a/%zz\": invalid URL escape \"%zz\" |",
        "uri | http://a:b | parse \"http://a:b\": invalid port \":b\" after host |",
        "uri | http://[::1 | parse \"http://[::1\": missing ']' in host |",
        "uri | http://a\\tb | parse \"http://a\\tb\": net/url: invalid control character in URL |",
        "uri | :a | parse \":a\": missing protocol scheme |",
        "uri | http://u p@h | parse \"http://u p@h\": net/url: invalid userinfo |",
        "uri | http://a%20b | parse \"http://a%20b\": invalid URL escape \"%20\" |",
        "uuid | 123E4567-e89b-12d3-a456-426614174000 |  |",
        "uuid | 123e4567e89b12d3a456426614174000 |  |",
        "uuid | x | does not match the UUID format |",
        "byte | YQ== |  |",
        "byte |  | invalid base64 |",
        "byte | YQ==YWJj | invalid base64 |",
        "byte | -_-_ | invalid base64 |",
        "date | 2020-02-29 |  |",
        "date | 2021-02-29 | invalid date |",
        "date | 2020-1-2 | invalid date |",
        "datetime | 2020-01-02t03:04:05,5z |  |",
        "datetime | 2020-01-02T03:04:05+99:99 |  |",
        "datetime | 2020-01-02T03:04:60Z | invalid datetime |",
        "datetime | 2020-02-30T00:00:00Z | invalid datetime |",
        "datetime | 2020-01-02 | invalid datetime |",
        "semver | 1.2.3-a.1+b.01 |  |",
        "semver |  | Version string empty evaluating rule: semver(self). |",
        "semver | 1.2 | No Major.Minor.Patch elements found evaluating rule: semver(self). |",
        "semver | v1.2.3 | Invalid character(s) found in major number \"v1\" evaluating rule:"
            + " semver(self). |",
        "semver | 1.02.3 | Minor number must not contain leading zeroes \"02\" evaluating rule:"
            + " semver(self). |",
        "semver | 1.2.3-01 | Numeric PreRelease version must not contain leading zeroes \"01\""
            + " evaluating rule: semver(self). |",
        "semver | 1.2.3-a_b | Invalid character(s) found in prerelease \"a_b\" evaluating rule:"
            + " semver(self). |",
        "semver | 1.2.3- | Prerelease is empty evaluating rule: semver(self). |",
        "semver | 1.2.3+ | Build meta data is empty evaluating rule: semver(self). |",
        "semver | 18446744073709551616.0.0 | strconv.ParseUint: parsing \"18446744073709551616\":"
            + " value out of range evaluating rule: semver(self). |",
        "loose | 1 |  |",
        "loose | v1.2 |  |",
        "loose | v01.02.03 |  |",
        "loose | 1.2.00-rc.1 |  |",
        "loose |  | strconv.ParseUint: parsing \"\": invalid syntax evaluating rule: semver(self,"
            + " true). |",
        "loose | 1.2-a | short version cannot contain PreRelease/Build meta data evaluating rule:"
            + " semver(self, true). |",
        "loose | V1.2.3 | Invalid character(s) found in major number \"0V1\" evaluating rule:"
            + " semver(self, true). |",
        "loose | 1.2.3-01 | Numeric PreRelease version must not contain leading zeroes \"01\""
            + " evaluating rule: semver(self, true). |",
        "loose | 00x.2.3 | Invalid character(s) found in major number \"0x\" evaluating rule:"
            + " semver(self, true). |",
        "url | https://a:80/b?c=d |  |",
        "url | /a b |  |",
        "url | http://a: |  |",
        "url | http://nobody | failed rule:  |",
        "url | a | URL parse error during conversion from string: parse \"a\": invalid URI for"
            + " request |",
        "url | http://a b | URL parse error during conversion from string: parse \"http://a b\":"
            + " invalid character \" \" in host name |"
      })
  void aTextHasItsFormOrIsToldWhyNot(String format, String text, String first, String second) {
    List<String> expected =
        first == null ? List.of() : second == null ? List.of(first) : List.of(first, second);
    List<String> found = wrong(format, unescaped(text == null ? "" : text));
    assertThat(found).hasSameSizeAs(expected);
    for (String each : expected) {
      assertThat(found).anyMatch(message -> message.startsWith(each));
    }
  }

  @Test
  void aFormatIsFoundByItsName() {
    StringBuilder rule = new StringBuilder("!format.named('dateTime').hasValue()");
    for (String format : FORMATS) {
      rule.append(" && format.named('").append(format).append("').hasValue()");
    }
    rule.append(" && format.uuid() == format.uuid() && !(format.uuid() == format.uri())");
    rule.append(" && semver('v1', true).compareTo(semver('1.0.0')) == 0");
    rule.append(" && semver('1.2.0+a') == semver('1.2.0+b')");
    rule.append(" && semver('9223372036854775808.0.0').major() < 0");
    rule.append(" && semver('1.0.0').isLessThan(semver('9223372036854775808.0.0'))");
    rule.append(" && isSemver('v1', true) && !isSemver('v1', false) && !isSemver('V1', true)");
    String place = "/spec/versions/0/schema/openAPIV3Schema/properties/spec";
    ObjectNode definition = definition("forms." + group());
    ObjectNode spec = (ObjectNode) definition.at(place);
    spec.putObject("default").put("byte", "YQ==");
    spec.putArray("x-kubernetes-validations").addObject().put("rule", rule.toString());
    // Its default is held to the rule at once.
    api.post(DEFINITIONS + "?dryRun=All", definition).is(201);
    spec.putArray("x-kubernetes-validations").addObject().put("rule", "!(" + rule + ")");
    api.post(DEFINITIONS + "?dryRun=All", definition)
        .refusesSaying(422, "Invalid", "failed rule: !(!format.named('dateTime')");
  }
}
