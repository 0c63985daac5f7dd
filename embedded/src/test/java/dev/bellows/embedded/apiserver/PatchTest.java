package dev.bellows.embedded.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class PatchTest {
  private static final Schema DEPLOYMENT = Definitions.builtIn().kind("apps", "v1", "Deployment");

  /** A list that is merged by {@code k}. */
  private static final Schema LIST =
      new Schema(
          Yaml.object(
              "{properties: {list: {items: {x-kubernetes-preserve-unknown-fields: true},"
                  + " x-kubernetes-patch-strategy: merge, x-kubernetes-patch-merge-key: k}}}"));

  @Test
  void mergeReplacesListsAndNullDeletes() {
    ObjectNode merged =
        MergePatch.apply(
            Yaml.object("{a: {b: null, c: [3]}, n: 1}"),
            Yaml.object("{a: {b: 1, c: [1, 2], d: 4}}"));

    assertThat(merged).isEqualTo(Yaml.object("{a: {c: [3], d: 4}, n: 1}"));
  }

  @Test
  void strategicMergeMergesByKey() {
    assertThat(
            strategic(
                "spec: {template: {spec: {containers: [{name: b, image: new}, {name: c, image:"
                    + " x}]}}}",
                "spec: {template: {spec: {containers: [{name: a, image: q}, {name: b, image: old,"
                    + " tty: true}]}}}"))
        .isEqualTo(
            Yaml.object(
                "spec: {template: {spec: {containers: [{name: a, image: q},"
                    + " {name: b, image: new, tty: true}, {name: c, image: x}]}}}"));
  }

  @Test
  void strategicMergeDeletesAnElementOnDemand() {
    assertThat(
            strategic(
                "spec: {template: {spec: {containers: [{name: a, $patch: delete}]}}}",
                "spec: {template: {spec: {containers: [{name: a}, {name: b}]}}}"))
        .isEqualTo(Yaml.object("spec: {template: {spec: {containers: [{name: b}]}}}"));
  }

  @Test
  void strategicMergeReplacesWhereTheKindSaysSo() {
    assertThat(
            strategic(
                "spec: {template: {spec: {containers: [{name: a, command: [z]}]}}}",
                "spec: {template: {spec: {containers: [{name: a, command: [x, y]}]}}}"))
        .isEqualTo(
            Yaml.object("spec: {template: {spec: {containers: [{name: a, command: [z]}]}}}"));
  }

  @Test
  void strategicMergeOrdersAndRetains() {
    assertThat(
            strategic(
                """
                spec:
                  strategy: {$retainKeys: [type], type: Recreate}
                  template:
                    spec:
                      $setElementOrder/containers: [{name: b}, {name: a}]
                      containers: [{name: b, image: n}]
                """,
                """
                spec:
                  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}
                  template: {spec: {containers: [{name: a}, {name: b}]}}
                """))
        .isEqualTo(
            Yaml.object(
                "spec: {strategy: {type: Recreate}, template: {spec: {containers:"
                    + " [{name: b, image: n}, {name: a}]}}}"));
  }

  @Test
  void strategicMergeOfScalarsAddsAndRemoves() {
    assertThat(
            strategic(
                "metadata: {finalizers: [c], $deleteFromPrimitiveList/finalizers: [a]}",
                "metadata: {finalizers: [a, b]}"))
        .isEqualTo(Yaml.object("metadata: {finalizers: [b, c]}"));
  }

  @Test
  void jsonPatchDoesEachOperation() {
    ObjectNode patched =
        JsonPatch.apply(
            operations(
                """
                [{op: test, path: /a/b, value: 1}, {op: add, path: /l/-, value: 3},
                 {op: add, path: /l/0, value: 0}, {op: remove, path: /a/b},
                 {op: replace, path: /s, value: y}, {op: copy, from: /s, path: /t},
                 {op: move, from: /m, path: "/a/x~1y"}]
                """),
            Yaml.object("{a: {b: 1}, l: [1, 2], s: x, m: {z: 1}}"));

    assertThat(patched).isEqualTo(Yaml.object("{a: {x/y: {z: 1}}, l: [0, 1, 2, 3], s: y, t: y}"));
  }

  @Test
  void aJsonPatchThatDoesNotFitIsRefused() {
    for (String bad :
        new String[] {
          "[{op: test, path: /a, value: 2}]",
          "[{op: remove, path: /none}]",
          "[{op: add, path: /l/9, value: 1}]",
          "[{op: replace, path: /none, value: 1}]",
          "[{op: nonsense, path: /a}]"
        }) {
      assertThatThrownBy(() -> JsonPatch.apply(operations(bad), Yaml.object("{a: 1, l: []}")))
          .as(bad)
          .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.code()).isEqualTo(422));
    }
  }

  /** In as many steps as there are elements, and not in the square of that. */
  @Test
  @Timeout(60)
  void aStrategicMergeOfALongListEnds() {
    int elements = 100_000;
    ObjectNode target = Json.object();
    ObjectNode patch = Json.object();
    ArrayNode present = target.putArray("list");
    ArrayNode wanted = patch.putArray("list");
    ArrayNode order = patch.withArrayProperty("$setElementOrder/list");
    for (int i = 0; i < elements; i++) {
      present.addObject().put("k", i).put("old", true);
      wanted.addObject().put("k", elements - 1 - i).put("$patch", i % 2 == 0 ? "delete" : "merge");
      order.addObject().put("k", elements - 1 - i);
    }

    ObjectNode merged = StrategicMergePatch.apply(patch, target, LIST);

    assertThat(merged.path("list")).hasSize(elements / 2);
    assertThat(merged.at("/list/0/k").asInt()).isEqualTo(elements - 2);
  }

  @Test
  void elementsThatShareTheMergeKeyAllStay() {
    ObjectNode merged =
        StrategicMergePatch.apply(
            Yaml.object("{list: [{k: 53, n: x}], $setElementOrder/list: [{k: 80}, {k: 53}]}"),
            Yaml.object("{list: [{k: 53, p: UDP}, {k: 53, p: TCP}, {k: 80}]}"),
            LIST);

    assertThat(merged)
        .isEqualTo(Yaml.object("{list: [{k: 80}, {k: 53, p: UDP, n: x}, {k: 53, p: TCP}]}"));
  }

  private static ObjectNode strategic(String patch, String target) {
    return StrategicMergePatch.apply(Yaml.object(patch), Yaml.object(target), DEPLOYMENT);
  }

  private static ArrayNode operations(String yaml) {
    return (ArrayNode)
        Bodies.value(yaml.getBytes(java.nio.charset.StandardCharsets.UTF_8), "application/yaml");
  }

  @Test
  void yamlWithAnAliasIsRefused() {
    assertThatThrownBy(() -> Yaml.object("a: &a [x]\nb: *a\n"))
        .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.code()).isEqualTo(400))
        .hasMessage(
            "error decoding the request body: aliases are not read; write out what *a stands for");
  }

  @Test
  void yamlOfTenThousandLevelsIsRefused() {
    assertThatThrownBy(() -> Yaml.object("{a: ".repeat(10_000) + "1" + "}".repeat(10_000)))
        .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.code()).isEqualTo(400));
  }

  @Test
  void yamlWithoutAValueIsNull() {
    assertThat(Yaml.object("a:\nb: ''\n")).isEqualTo(Json.object().putNull("a").put("b", ""));
  }
}
