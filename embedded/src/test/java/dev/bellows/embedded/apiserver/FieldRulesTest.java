package dev.bellows.embedded.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Unknown fields, types, schemas, selectors, columns: small rules on values. */
class FieldRulesTest {
  private static final Resource BELLS =
      CustomResources.of(
          Yaml.object(
              """
              spec:
                group: example.com
                scope: Namespaced
                names: {kind: Bell, plural: bells}
                versions:
                - name: v1
                  served: true
                  storage: true
                  additionalPrinterColumns:
                  - {name: Tone, type: string, jsonPath: ".spec.tone"}
                  - {name: Ready, type: string, jsonPath: ".status.conditions[?(@.type=='Ready')].status"}
                  - {name: Key, type: string, jsonPath: ".metadata.labels['a\\\\.b/c']"}
                  schema:
                    openAPIV3Schema:
                      type: object
                      required: [spec]
                      properties:
                        spec:
                          type: object
                          required: [tone]
                          properties:
                            tone: {type: string, enum: [low, high]}
                            size: {type: integer, minimum: 1, maximum: 9, default: 3}
                            name: {type: string, pattern: "^[a-z]+$", maxLength: 5}
                            port: {x-kubernetes-int-or-string: true}
                            any: {type: object, x-kubernetes-preserve-unknown-fields: true}
                            parts:
                              type: array
                              x-kubernetes-list-type: map
                              x-kubernetes-list-map-keys: [id]
                              items: {type: object, properties: {id: {type: string}}}
              """));

  private static final Resource PODS =
      BuiltIns.all().stream()
          .filter(resource -> resource.type().equals(ResourceTypes.PODS))
          .findFirst()
          .orElseThrow();

  @Test
  void unknownFieldsAreDroppedAndNamed() {
    ObjectNode bell =
        Yaml.object(
            "{kind: Bell, spec: {tone: low, x: 1, any: {y: 2}, parts: [{id: a, z: 3}]}, w: 4}");

    assertThat(FieldCheck.prune(BELLS, bell)).containsExactly("spec.x", "spec.parts[0].z", "w");
    assertThat(bell)
        .isEqualTo(Yaml.object("{kind: Bell, spec: {tone: low, any: {y: 2}, parts: [{id: a}]}}"));
  }

  @Test
  void builtInKindsAreTypedAsGoTypesThem() {
    assertThatThrownBy(
            () -> FieldCheck.prune(PODS, Yaml.object("{spec: {containers: [{name: 1}]}}")))
        .hasMessage(
            "Pod in version \"v1\" cannot be handled as a Pod: json: cannot unmarshal number into"
                + " Go struct field Container.spec.containers.name of type string");
  }

  @Test
  void quantitiesMayBeNumbersAndNullIsNothing() {
    ObjectNode pod =
        Yaml.object(
            "{spec: {nodeName: null, containers: [{name: a, resources: {limits: {cpu: 2}}}]}}");

    assertThat(FieldCheck.prune(PODS, pod)).isEmpty();
    assertThat(pod)
        .isEqualTo(
            Yaml.object("{spec: {containers: [{name: a, resources: {limits: {cpu: '2'}}}]}}"));
  }

  @Test
  void repeatedFieldsAreFoundByPath() {
    byte[] text =
        "{\"a\":{\"b\":1,\"b\":2},\"l\":[{\"c\":1},{\"c\":1,\"c\":2}],\"a\":0}"
            .getBytes(StandardCharsets.UTF_8);

    assertThat(DuplicateFields.find(text)).containsExactly("a.b", "l[1].c", "a");
  }

  @Test
  void schemasFillDefaults() {
    ObjectNode bell = Yaml.object("{spec: {tone: low}}");
    SchemaDefaults.fill(bell, BELLS.schema());

    assertThat(bell.path("spec").path("size").asInt()).isEqualTo(3);
  }

  @Test
  void schemasJudgeInKubernetesWords() {
    assertThat(
            problems(
                "{spec: {tone: mid, size: 0, name: ABCDEF, port: 1.5, parts: [{id: a}, {id: a}]}}"))
        .containsExactly(
            "spec.tone: Unsupported value: \"mid\": supported values: \"low\", \"high\"",
            "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1",
            "spec.name: Too long: may not be more than 5 bytes",
            "spec.name: Invalid value: \"ABCDEF\": spec.name in body should match '^[a-z]+$'",
            "spec.port: Invalid value: \"number\": spec.port in body must be of type"
                + " integer,string: \"number\"",
            "spec.parts[1]: Duplicate value: {\"id\":\"a\"}");
    assertThat(problems("{spec: {size: big}}"))
        .containsExactlyInAnyOrder(
            "spec.tone: Required value",
            "spec.size: Invalid value: \"string\": spec.size in body must be of type integer:"
                + " \"string\"");
    assertThat(problems("{}")).containsExactly("spec: Required value");
  }

  private static List<String> problems(String yaml) {
    List<Cause> causes = new ArrayList<>();
    SchemaValidation.validate(Yaml.object(yaml), MissingNode.getInstance(), BELLS.schema(), causes);
    return causes.stream().map(Cause::toString).toList();
  }

  @Test
  void labelSelectorsSelect() {
    ObjectNode object = Yaml.object("{metadata: {labels: {app: web, tier: front, n: '5'}}}");
    for (String yes :
        List.of(
            "",
            "app",
            "app=web",
            "app==web",
            "app!=db",
            "!gone",
            "app in (db, web)",
            "x notin (y)",
            "n>4",
            "app=web,tier")) {
      assertThat(Selectors.labels(yes).test(object)).as(yes).isTrue();
    }
    for (String no :
        List.of(
            "gone",
            "app=db",
            "app!=web",
            "!app",
            "app in (db)",
            "app notin (web)",
            "n<5",
            "app=web,tier=back")) {
      assertThat(Selectors.labels(no).test(object)).as(no).isFalse();
    }
    assertThatThrownBy(() -> Selectors.labels("a b c")).isInstanceOf(ApiException.class);
  }

  @Test
  void fieldSelectorsKnowTheKindsFields() {
    ObjectNode pod = Yaml.object("{metadata: {name: p, namespace: n}, status: {phase: Running}}");
    assertThat(Selectors.fields(PODS, "status.phase=Running,metadata.name!=q").test(pod)).isTrue();
    assertThat(Selectors.fields(PODS, "spec.nodeName=here").test(pod)).isFalse();
    assertThatThrownBy(() -> Selectors.fields(PODS, "spec.color=red"))
        .hasMessage("field label not supported: spec.color");
  }

  @Test
  void columnsFollowThePathsOfTheDefinition() {
    ObjectNode bell =
        Yaml.object(
            "{metadata: {name: big, labels: {a.b/c: k}}, spec: {tone: low}, status: {conditions:"
                + " [{type: X, status: 'False'}, {type: Ready, status: 'True'}]}}");

    assertThat(BELLS.columns().cells(bell, java.time.Instant.EPOCH).toString())
        .isEqualTo("[\"big\",\"low\",\"True\",\"k\"]");
  }

  @Test
  void agesAreShownInTheirTwoLargestUnits() {
    assertThat(List.of(5, 119, 120, 200, 600, 15_000, 30_000, 100_000, 200_000, 700_000))
        .extracting(seconds -> Age.of(Duration.ofSeconds(seconds)))
        .containsExactly("5s", "119s", "2m", "3m20s", "10m", "4h10m", "8h", "27h", "2d7h", "8d");
  }

  @Test
  void versionsAreOrderedByStability() {
    List<String> versions =
        new ArrayList<>(List.of("v1alpha1", "v1", "foo", "v2beta1", "v10", "v2"));
    versions.sort(VersionOrder.PREFERRED_FIRST);

    assertThat(versions).containsExactly("v10", "v2", "v1", "v2beta1", "v1alpha1", "foo");
  }
}
