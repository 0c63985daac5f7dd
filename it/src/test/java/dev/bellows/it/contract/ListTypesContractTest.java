package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What {@code ==}, {@code in} and {@code +} are of lists of type {@code set} and {@code map}. */
class ListTypesContractTest extends ContractTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String DEFINITIONS =
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  private static final String INTEGERS = "type: 'array', maxItems: 5, items: {type: 'integer'}";
  private static final String SET = "{%s, 'x-kubernetes-list-type': 'set'}".formatted(INTEGERS);
  private static final String SCHEMA =
      """
      {type: 'object', properties: {s: %1$s, s2: %1$s, l: {%2$s},
        maps: {type: 'array', maxItems: 5, items: {type: 'array', maxItems: 5,
          'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'],
          items: {type: 'object', required: ['k'], properties: {
            k: {type: 'string', maxLength: 5}, v: {type: 'integer'}}}}},
        objects: {type: 'array', maxItems: 5, items: {type: 'object', properties: {s: %1$s}}},
        values: {type: 'object', maxProperties: 3, additionalProperties: %1$s}}}
      """
          .formatted(SET, INTEGERS);
  private static final String SPEC =
      """
      {s: [1, 2, 3], s2: [3, 2, 1], l: [3, 2, 1],
       maps: [[{k: 'a', v: 1}, {k: 'b', v: 2}], [{k: 'b', v: 2}, {k: 'a', v: 1}],
        [{k: 'b', v: 7}, {k: 'c', v: 8}]],
       objects: [{s: [1, 2]}, {s: [2, 1]}], values: {a: [1, 2], b: [2, 1]}}
      """;

  private static final List<String> TRUTHS =
      List.of(
          "self.s == self.s2",
          "!(self.s != self.s2)",
          "self.s == self.l",
          "!(self.l == self.s)",
          "self.s == [3, 2, 1]",
          "!([3, 2, 1] == self.s)",
          "!(self.s == [1, 2])",
          "self.s == [1, 2, 2]",
          "!(self.s == [3, 2, 1, 1])",
          "!(self.s == [1, 2, 4])",
          "[self.s] == [[3, 2, 1]]",
          "!([[3, 2, 1]] == [self.s])",
          "self.s in [[3, 2, 1]]",
          "{'a': self.s} == {'a': [3, 2, 1]}",
          "self.s + [4] == [4, 1, 2, 3]",
          "(self.s + [4, 4]).size() == 4",
          "([4, 4] + self.s).size() == 5",
          "(self.s + self.s2).size() == 3",
          "(self.s + [9, 3])[3] == 9",
          "(self.s + [9] + [9]).size() == 4",
          "self.s + [] == [3, 2, 1]",
          "[] + self.s == [3, 2, 1]",
          "self.l + self.s == [3, 2, 1, 1, 2, 3]",
          "!(self.s.map(x, x) == self.s2)",
          "!(self.s.filter(x, x > 0) == [3, 2, 1])",
          "(true ? self.s : [1]) == [3, 2, 1]",
          "[1] + [2] == [1, 2] && 1 in self.s && !(4 in self.s) && 'a' + 'b' == 'ab'",
          "self.maps[0] == self.maps[1]",
          "!(self.maps[0] == self.maps[2])",
          "self.maps[1] in [self.maps[0]]",
          "self.maps[0] == self.maps[1].filter(x, true)",
          "!(self.maps[1].filter(x, true) == self.maps[0])",
          "(self.maps[0] + self.maps[2]).map(x, x.k) == ['a', 'b', 'c']",
          "(self.maps[0] + self.maps[2]).map(x, x.v) == [1, 7, 8]",
          "(self.maps[2] + self.maps[0]).map(x, x.v) == [2, 8, 1]",
          "(self.maps[1].filter(x, true) + self.maps[0]).size() == 4");

  private Reply ask(String prefix, String suffix) {
    String group = namespace + ".example.com";
    String plural = unique("lists").replace("-", "");
    ObjectNode schema = Wire.object(SCHEMA);
    ArrayNode rules = schema.putArray("x-kubernetes-validations");
    TRUTHS.forEach(truth -> rules.addObject().put("rule", prefix + truth + suffix));
    ObjectNode definition =
        Wire.object(
            """
            {apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition',
             metadata: {name: '%1$s.%2$s'}, spec: {group: '%2$s', scope: 'Namespaced',
              names: {plural: '%1$s', singular: '%1$s1', kind: 'K%1$s', listKind: 'K%1$sList'},
              versions: [{name: 'v1', served: true, storage: true, schema: {openAPIV3Schema:
                {type: 'object', properties: {}}}}]}}
            """,
            plural, group);
    ((ObjectNode) definition.at("/spec/versions/0/schema/openAPIV3Schema/properties"))
        .set("spec", schema);
    api.post(DEFINITIONS, definition).is(201);
    backend.deleteAtEnd(DEFINITIONS + "/" + plural + "." + group);
    String path = path(group + "/v1", plural);
    ObjectNode object =
        Wire.object(
            "{apiVersion: '%s/v1', kind: 'K%s', metadata: {name: 'one'}, spec: %s}",
            group, plural, SPEC);
    await().atMost(PATIENCE).until(() -> api.post(path + "?dryRun=All", object).code() != 404);
    return api.post(path, object);
  }

  @Test
  void setsAndMapsAreMerged() {
    Reply reply = ask("", "");
    assertThat(reply.code()).as(reply.text()).isEqualTo(201);
  }

  @Test
  void noneOfThatIsTrueByChance() {
    assertThat(ask("!(", ")").is(422).causes()).hasSameSizeAs(TRUTHS);
  }
}
