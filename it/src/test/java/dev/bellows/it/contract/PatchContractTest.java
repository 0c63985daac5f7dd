package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PatchContractTest extends ContractTest {
  @Test
  void aMergePatchSetsFields() {
    Reply after =
        api.patch(Api.MERGE_PATCH, makeConfigMap("a"), "{data: {a: 'new', c: '3'}}").is(200);
    assertThat(after.at("/data")).isEqualTo(Wire.value("{a: 'new', b: '2', c: '3'}"));
  }

  @Test
  void aMergePatchTakesAwayWithNull() {
    Reply after = api.patch(Api.MERGE_PATCH, makeConfigMap("a"), "{data: {a: null}}").is(200);
    assertThat(after.at("/data")).isEqualTo(Wire.value("{b: '2'}"));
  }

  @Test
  void aMergePatchReplacesLists() {
    Reply after =
        api.patch(
                Api.MERGE_PATCH,
                makeDeployment("d"),
                "{spec: {template: {spec: {containers: [{name: 'two', image: 'i'}]}}}}")
            .is(200);
    assertThat(after.at("/spec/template/spec/containers")).hasSize(1);
    assertThat(after.text("/spec/template/spec/containers/0/name")).isEqualTo("two");
  }

  @Test
  void aMergePatchWithAnOldVersionConflicts() {
    String path = makeConfigMap("a");
    String old = api.get(path).resourceVersion();
    api.patch(Api.MERGE_PATCH, path, "{data: {a: 'x'}}").is(200);
    api.patch(Api.MERGE_PATCH, path, "{metadata: {resourceVersion: '%s'}, data: {a: 'y'}}", old)
        .refusesSaying(409, "Conflict", "the object has been modified");
  }

  @Test
  void aPatchThatChangesNothingKeepsTheVersion() {
    String path = makeConfigMap("a");
    String before = api.get(path).resourceVersion();
    assertThat(api.patch(Api.MERGE_PATCH, path, "{data: {a: '1'}}").is(200).resourceVersion())
        .isEqualTo(before);
  }

  @Test
  void aPatchOfWhatIsNotThereIsNotFound() {
    api.patch(Api.MERGE_PATCH, configMaps() + "/missing", "{data: {a: '1'}}")
        .refuses(404, "NotFound", "configmaps \"missing\" not found");
  }

  @Test
  void aPatchMayNotChangeTheName() {
    String path = makeConfigMap("a");
    Reply refused = api.patch(Api.MERGE_PATCH, path, "{metadata: {name: 'other'}}");
    assertThat(refused.code()).isIn(400, 422);
  }

  @Test
  void aPatchIsValidated() {
    Reply refused =
        api.patch(Api.MERGE_PATCH, makeDeployment("d"), "{spec: {replicas: -1}}")
            .refusesSaying(422, "Invalid", "must be greater than or equal to 0");
    assertThat(refused.causes()).containsExactly("FieldValueInvalid spec.replicas");
  }

  @Test
  void aPatchOfAnUnknownTypeIsRefused() {
    Reply refused =
        api.request("PATCH", makeConfigMap("a")).body("application/json", "{}").send().is(415);
    assertThat(refused.text("/reason")).isEqualTo("UnsupportedMediaType");
    assertThat(refused.text("/message")).isEqualTo("415: Unsupported Media Type");
  }

  @Test
  void aMergePatchThatIsNoObjectIsRefused() {
    assertThat(api.patch(Api.MERGE_PATCH, makeConfigMap("a"), "[1]").code()).isIn(400, 422);
  }

  @Test
  void aJsonPatchAddsReplacesAndRemoves() {
    Reply after =
        api.patch(
                Api.JSON_PATCH,
                makeConfigMap("a"),
                """
                [{op: 'add', path: '/data/c', value: '3'},
                 {op: 'replace', path: '/data/a', value: 'new'},
                 {op: 'remove', path: '/data/b'}]
                """)
            .is(200);
    assertThat(after.at("/data")).isEqualTo(Wire.value("{a: 'new', c: '3'}"));
  }

  @Test
  void aJsonPatchMovesAndCopies() {
    Reply after =
        api.patch(
                Api.JSON_PATCH,
                makeConfigMap("a"),
                """
                [{op: 'copy', from: '/data/a', path: '/data/c'},
                 {op: 'move', from: '/data/b', path: '/data/d'}]
                """)
            .is(200);
    assertThat(after.at("/data")).isEqualTo(Wire.value("{a: '1', c: '1', d: '2'}"));
  }

  @Test
  void aJsonPatchTestsBeforeItChanges() {
    String path = makeConfigMap("a");
    api.patch(
            Api.JSON_PATCH,
            path,
            "[{op: 'test', path: '/data/a', value: 'no'}, {op: 'remove', path: '/data/a'}]")
        .is(422);
    assertThat(api.get(path).text("/data/a")).isEqualTo("1");
  }

  @Test
  void aJsonPatchOfAMissingPlaceIsRefused() {
    api.patch(Api.JSON_PATCH, makeConfigMap("a"), "[{op: 'remove', path: '/data/none'}]")
        .refusesSaying(
            422, "Invalid", "the server rejected our request due to an error in our request");
  }

  @Test
  void aJsonPatchEscapesSlashes() {
    Reply after =
        api.patch(
                Api.JSON_PATCH,
                makeConfigMap("a"),
                "[{op: 'add', path: '/metadata/annotations', value: {}},"
                    + " {op: 'add', path: '/metadata/annotations/example.com~1x', value: 'y'}]")
            .is(200);
    assertThat(after.at("/metadata/annotations").path("example.com/x").asText()).isEqualTo("y");
  }

  @Test
  void aJsonPatchAppendsToALists() {
    Reply after =
        api.patch(
                Api.JSON_PATCH,
                makeDeployment("d"),
                "[{op: 'add', path: '/spec/template/spec/containers/-',"
                    + " value: {name: 'two', image: 'i'}}]")
            .is(200);
    assertThat(after.at("/spec/template/spec/containers")).hasSize(2);
  }

  @Test
  void aJsonPatchThatIsNoListIsRefused() {
    assertThat(api.patch(Api.JSON_PATCH, makeConfigMap("a"), "{op: 'remove'}").code())
        .isEqualTo(400);
  }

  @Test
  void aStrategicPatchMergesListsByTheirKeys() {
    Reply after =
        api.patch(
                Api.STRATEGIC_PATCH,
                makeDeployment("d"),
                "{spec: {template: {spec: {containers: [{name: 'two', image: 'i'}]}}}}")
            .is(200);
    assertThat(after.at("/spec/template/spec/containers")).hasSize(2);
  }

  @Test
  void aStrategicPatchChangesTheItemOfThatName() {
    Reply after =
        api.patch(
                Api.STRATEGIC_PATCH,
                makeDeployment("d"),
                "{spec: {template: {spec: {containers: [{name: 'one', image: 'other'}]}}}}")
            .is(200);
    assertThat(after.at("/spec/template/spec/containers")).hasSize(1);
    assertThat(after.text("/spec/template/spec/containers/0/image")).isEqualTo("other");
  }

  @Test
  void aStrategicPatchDeletesTheItemOfThatName() {
    String path = makeDeployment("d");
    api.patch(
            Api.STRATEGIC_PATCH,
            path,
            "{spec: {template: {spec: {containers: [{name: 'two', image: 'i'}]}}}}")
        .is(200);
    Reply after =
        api.patch(
                Api.STRATEGIC_PATCH,
                path,
                "{spec: {template: {spec: {containers: [{name: 'two', $patch: 'delete'}]}}}}"
                    .replace("$patch", "'$patch'"))
            .is(200);
    assertThat(after.at("/spec/template/spec/containers")).hasSize(1);
  }

  @Test
  void aStrategicPatchReplacesAMapOnRequest() {
    Reply after =
        api.patch(Api.STRATEGIC_PATCH, makeConfigMap("a"), "{data: {'$patch': 'replace', z: '9'}}")
            .is(200);
    assertThat(after.at("/data")).isEqualTo(Wire.value("{z: '9'}"));
  }

  @Test
  void aStrategicPatchTakesAwayWithNull() {
    Reply after = api.patch(Api.STRATEGIC_PATCH, makeConfigMap("a"), "{data: {a: null}}").is(200);
    assertThat(after.at("/data")).isEqualTo(Wire.value("{b: '2'}"));
  }

  @Test
  void aStrategicPatchMergesFinalizersAsASet() {
    String path = makeConfigMap("a");
    api.patch(Api.STRATEGIC_PATCH, path, "{metadata: {finalizers: ['example.com/a']}}").is(200);
    Reply after =
        api.patch(Api.STRATEGIC_PATCH, path, "{metadata: {finalizers: ['example.com/b']}}").is(200);
    assertThat(after.at("/metadata/finalizers")).hasSize(2);
    api.patch(Api.MERGE_PATCH, path, "{metadata: {finalizers: null}}").is(200);
  }

  @Test
  void aStrategicPatchTakesPrimitivesFromAList() {
    String path = makeConfigMap("a");
    api.patch(Api.MERGE_PATCH, path, "{metadata: {finalizers: ['example.com/a', 'example.com/b']}}")
        .is(200);
    Reply after =
        api.patch(
                Api.STRATEGIC_PATCH,
                path,
                "{metadata: {'$deleteFromPrimitiveList/finalizers': ['example.com/a']}}")
            .is(200);
    assertThat(after.at("/metadata/finalizers")).isEqualTo(Wire.value("['example.com/b']"));
    api.patch(Api.MERGE_PATCH, path, "{metadata: {finalizers: null}}").is(200);
  }

  @Test
  void aStrategicPatchRetainsChosenKeys() {
    Reply after =
        api.patch(
                Api.STRATEGIC_PATCH,
                makeDeployment("d"),
                "{spec: {strategy: {'$retainKeys': ['type'], type: 'Recreate'}}}")
            .is(200);
    assertThat(after.at("/spec/strategy")).isEqualTo(Wire.value("{type: 'Recreate'}"));
  }

  @Test
  void aStrategicPatchOrdersAList() {
    Reply after =
        api.patch(
                Api.STRATEGIC_PATCH,
                makeDeployment("d"),
                "{spec: {template: {spec: {'$setElementOrder/containers': [{name: 'two'}, {name:"
                    + " 'one'}], containers: [{name: 'two', image: 'i'}]}}}}")
            .is(200);
    assertThat(after.text("/spec/template/spec/containers/0/name")).isEqualTo("two");
    assertThat(after.text("/spec/template/spec/containers/1/name")).isEqualTo("one");
  }

  @Test
  void portsOfAServiceMergeByNumber() {
    String name = unique("s");
    api.post(
            core("services"),
            Wire.object("{metadata: {name: '%s'}, spec: {ports: [{name: 'a', port: 80}]}}", name))
        .is(201);
    Reply after =
        api.patch(
                Api.STRATEGIC_PATCH,
                core("services") + "/" + name,
                "{spec: {ports: [{port: 80, targetPort: 8080}, {name: 'b', port: 81}]}}")
            .is(200);
    assertThat(after.at("/spec/ports")).hasSize(2);
    assertThat(after.text("/spec/ports/0/name")).isIn("a", "b");
  }

  @Test
  void aPatchThatCopiesWithoutEndIsRefused() {
    String path = makeConfigMap("copies");
    StringBuilder operations = new StringBuilder();
    operations.append("[{op: 'add', path: '/data/0', value: '%s'}".formatted("x".repeat(100_000)));
    for (int i = 1; i < 100; i++) {
      operations.append(", {op: 'copy', from: '/data/0', path: '/data/%d'}".formatted(i));
    }
    api.patch(Api.JSON_PATCH, path, operations.append(']').toString())
        .refuses(422, "Invalid", "the server rejected our request due to an error in our request");
  }
}
