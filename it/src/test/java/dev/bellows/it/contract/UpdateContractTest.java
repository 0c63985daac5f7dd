package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;

class UpdateContractTest extends ContractTest {
  private static ObjectNode changed(Reply reply, String key, String value) {
    ObjectNode object = reply.json();
    object.withObjectProperty("data").put(key, value);
    return object;
  }

  @Test
  void anUpdateGivesANewVersion() {
    String path = makeConfigMap("a");
    Reply before = api.get(path);
    Reply after = api.put(path, changed(before, "a", "2")).is(200);
    assertThat(after.text("/data/a")).isEqualTo("2");
    assertThat(Long.parseLong(after.resourceVersion()))
        .isGreaterThan(Long.parseLong(before.resourceVersion()));
    assertThat(after.uid()).isEqualTo(before.uid());
  }

  @Test
  void anUpdateThatChangesNothingKeepsTheVersion() {
    String path = makeConfigMap("a");
    Reply before = api.get(path);
    assertThat(api.put(path, before.json()).is(200).resourceVersion())
        .isEqualTo(before.resourceVersion());
  }

  @Test
  void anUpdateOfAnOldVersionConflicts() {
    String path = makeConfigMap("a");
    Reply before = api.get(path);
    api.put(path, changed(before, "a", "2")).is(200);
    Reply refused =
        api.put(path, changed(before, "a", "3"))
            .refuses(
                409,
                "Conflict",
                "Operation cannot be fulfilled on configmaps \""
                    + nameIn(path)
                    + "\": the object has been modified; please apply your changes to the latest"
                    + " version and try again");
    assertThat(refused.text("/details/name")).isEqualTo(nameIn(path));
    assertThat(refused.text("/details/kind")).isEqualTo("configmaps");
  }

  @Test
  void anUpdateWithoutAVersionOverwrites() {
    String path = makeConfigMap("a");
    ObjectNode object = configMap(nameIn(path));
    object.withObjectProperty("data").put("a", "over");
    assertThat(api.put(path, object).is(200).text("/data/a")).isEqualTo("over");
  }

  @Test
  void anUpdateReplacesTheWhole() {
    String path = makeConfigMap("a");
    Reply after =
        api.put(path, Wire.object("{metadata: {name: '%s'}, data: {c: '3'}}", nameIn(path)))
            .is(200);
    assertThat(after.at("/data")).isEqualTo(Wire.value("{c: '3'}"));
  }

  @Test
  void anUpdateOfWhatIsNotThereIsNotFound() {
    api.put(configMaps() + "/missing", configMap("missing"))
        .refuses(404, "NotFound", "configmaps \"missing\" not found");
  }

  @Test
  void someKindsAreMadeByAnUpdate() {
    String name = unique("lease");
    String leases = path("coordination.k8s.io/v1", "leases");
    Reply made =
        api.put(
                leases + "/" + name,
                Wire.object(
                    "{apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: {name: '%s'}}",
                    name))
            .is(201);
    assertThat(made.name()).isEqualTo(name);
  }

  @Test
  void theNameInTheBodyMustBeThatOfThePath() {
    String path = makeConfigMap("a");
    api.put(path, configMap("another"))
        .refuses(
            400,
            "BadRequest",
            "the name of the object (another) does not match the name on the URL ("
                + nameIn(path)
                + ")");
  }

  @Test
  void theNamespaceInTheBodyMustBeThatOfThePathHereToo() {
    String path = makeConfigMap("a");
    ObjectNode object = api.get(path).json();
    object.withObjectProperty("metadata").put("namespace", "default");
    api.put(path, object).refusesSaying(400, "BadRequest", "does not match the namespace");
  }

  @Test
  void anUpdateOfAnotherObjectOfThisNameConflicts() {
    String path = makeConfigMap("a");
    ObjectNode object = api.get(path).json();
    object.withObjectProperty("metadata").put("uid", "00000000-0000-0000-0000-000000000000");
    object.withObjectProperty("metadata").remove("resourceVersion");
    api.put(path, object).refusesSaying(409, "Conflict", "Precondition failed: UID");
  }

  @Test
  void whatOnlyTheServerWritesStaysAsItWas() {
    String path = makeConfigMap("a");
    Reply before = api.get(path);
    ObjectNode object = before.json();
    object.withObjectProperty("metadata").put("creationTimestamp", "2001-01-01T00:00:00Z");
    Reply after = api.put(path, object).is(200);
    assertThat(after.text("/metadata/creationTimestamp"))
        .isEqualTo(before.text("/metadata/creationTimestamp"));
  }

  @Test
  void aDeletionIsNotPretended() {
    String path = makeConfigMap("a");
    ObjectNode object = api.get(path).json();
    object.withObjectProperty("metadata").put("deletionTimestamp", "2001-01-01T00:00:00Z");
    assertThat(api.put(path, object).refusesSaying(422, "Invalid", "field is immutable").causes())
        .contains("FieldValueInvalid metadata.deletionTimestamp");
  }

  @Test
  void aChangeOfTheSpecCountsTheGeneration() {
    String path = makeDeployment("d");
    ObjectNode object = api.get(path).json();
    object.withObjectProperty("spec").put("minReadySeconds", 3);
    object.withObjectProperty("metadata").remove("resourceVersion");
    assertThat(api.put(path, object).is(200).generation()).isEqualTo(2);
  }

  @Test
  void aChangeOfLabelsDoesNotCountTheGeneration() {
    String path = makeDeployment("d");
    assertThat(
            api.patch(Api.MERGE_PATCH, path, "{metadata: {labels: {x: 'y'}}}").is(200).generation())
        .isOne();
  }

  @Test
  void aChangeOfADeploymentsAnnotationsCountsTheGeneration() {
    String path = makeDeployment("d");
    assertThat(
            api.patch(Api.MERGE_PATCH, path, "{metadata: {annotations: {x: 'y'}}}")
                .is(200)
                .generation())
        .isEqualTo(2);
  }

  @Test
  void anUpdateLeavesTheStatusAlone() {
    String path = makeDeployment("d");
    ObjectNode object = api.get(path).json();
    object.withObjectProperty("metadata").remove("resourceVersion");
    object.withObjectProperty("status").put("replicas", 77);
    assertThat(api.put(path, object).is(200).at("/status/replicas").asInt()).isNotEqualTo(77);
  }

  @Test
  void aFieldThatMayNotChangeIsNamed() {
    String path = makeDeployment("d");
    ObjectNode object = api.get(path).json();
    object.withObjectProperty("metadata").remove("resourceVersion");
    object.at("/spec/selector/matchLabels").deepCopy();
    ((ObjectNode) object.at("/spec/selector/matchLabels")).put("app", "other");
    ((ObjectNode) object.at("/spec/template/metadata/labels")).put("app", "other");
    Reply refused = api.put(path, object).refusesSaying(422, "Invalid", "field is immutable");
    assertThat(refused.causes()).containsExactly("FieldValueInvalid spec.selector");
  }

  @Test
  void anImmutableConfigMapKeepsItsData() {
    String name = unique("fixed");
    ObjectNode object = configMap(name).put("immutable", true);
    Reply made = api.post(configMaps(), object).is(201);
    Reply refused =
        api.put(configMaps() + "/" + name, changed(made, "a", "2"))
            .refusesSaying(422, "Invalid", "field is immutable when `immutable` is set");
    assertThat(refused.causes()).containsExactly("FieldValueForbidden data");
  }

  @Test
  void theTypeOfASecretDoesNotChange() {
    String name = unique("secret");
    api.post(core("secrets"), Wire.object("{metadata: {name: '%s'}, type: 'one'}", name)).is(201);
    Reply refused =
        api.put(
                core("secrets") + "/" + name,
                Wire.object("{metadata: {name: '%s'}, type: 'two'}", name))
            .refusesSaying(422, "Invalid", "field is immutable");
    assertThat(refused.causes()).containsExactly("FieldValueInvalid type");
  }

  @Test
  void theAddressOfAServiceDoesNotChange() {
    String name = unique("s");
    Reply made =
        api.post(
                core("services"),
                Wire.object("{metadata: {name: '%s'}, spec: {ports: [{port: 80}]}}", name))
            .is(201);
    ObjectNode object = made.json();
    object.withObjectProperty("spec").put("clusterIP", "10.96.255.254");
    object.withObjectProperty("spec").putArray("clusterIPs").add("10.96.255.254");
    api.put(core("services") + "/" + name, object)
        .refusesSaying(422, "Invalid", "may not change once set");
  }

  @Test
  void onlySomeFieldsOfAPodChange() {
    String name = unique("p");
    ObjectNode object = api.post(core("pods"), pod(name)).is(201).json();
    object.withObjectProperty("spec").put("restartPolicy", "Never");
    api.put(core("pods") + "/" + name, object)
        .refusesSaying(422, "Invalid", "pod updates may not change fields other than");
  }

  @Test
  void theImageOfAPodMayChange() {
    String name = unique("p");
    ObjectNode object = api.post(core("pods"), pod(name)).is(201).json();
    ((ObjectNode) object.at("/spec/containers/0")).put("image", "dev.local/two");
    assertThat(api.put(core("pods") + "/" + name, object).is(200).text("/spec/containers/0/image"))
        .isEqualTo("dev.local/two");
  }

  @Test
  void aStringDataOfASecretBecomesData() {
    String name = unique("secret");
    Reply made =
        api.post(
                core("secrets"),
                Wire.object("{metadata: {name: '%s'}, stringData: {k: 'hello'}}", name))
            .is(201);
    assertThat(made.text("/data/k")).isEqualTo("aGVsbG8=");
    assertThat(made.json().has("stringData")).isFalse();
    assertThat(made.text("/type")).isEqualTo("Opaque");
  }
}
