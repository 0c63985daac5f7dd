package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Server-side apply, and who owns which field. */
class ApplyContractTest extends ContractTest {
  private static ObjectNode data(String name, String data) {
    return Wire.object(
        "{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: '%s'}, data: %s}", name, data);
  }

  private static ObjectNode partial(String name, String spec) {
    return Wire.object(
        "{apiVersion: 'apps/v1', kind: 'Deployment', metadata: {name: '%s'}, spec: %s}",
        name, spec);
  }

  private static JsonNode managed(Reply reply, String manager) {
    for (JsonNode entry : reply.at("/metadata/managedFields")) {
      if (entry.path("manager").asText().equals(manager)) {
        return entry;
      }
    }
    return Wire.value("null");
  }

  private static List<String> managers(Reply reply) {
    List<String> managers = new ArrayList<>();
    for (JsonNode entry : reply.at("/metadata/managedFields")) {
      managers.add(entry.path("manager").asText() + " " + entry.path("operation").asText());
    }
    return managers;
  }

  @Test
  void anApplyMakesWhatIsNotThere() {
    String name = unique("a");
    Reply made = api.apply("me", configMaps() + "/" + name, data(name, "{a: '1'}")).is(201);
    assertThat(made.text("/data/a")).isEqualTo("1");
  }

  @Test
  void anApplyOfWhatIsThereIsAnUpdate() {
    String name = unique("a");
    String path = configMaps() + "/" + name;
    api.apply("me", path, data(name, "{a: '1'}")).is(201);
    assertThat(api.apply("me", path, data(name, "{a: '2'}")).is(200).text("/data/a"))
        .isEqualTo("2");
  }

  @Test
  void anApplyNotesWhatItsManagerOwns() {
    String name = unique("a");
    Reply made = api.apply("me", configMaps() + "/" + name, data(name, "{a: '1'}")).is(201);
    JsonNode entry = managed(made, "me");
    assertThat(entry.path("operation").asText()).isEqualTo("Apply");
    assertThat(entry.path("apiVersion").asText()).isEqualTo("v1");
    assertThat(entry.path("fieldsType").asText()).isEqualTo("FieldsV1");
    assertThat(entry.path("time").asText()).isNotEmpty();
    assertThat(entry.path("fieldsV1")).isEqualTo(Wire.value("{'f:data': {'f:a': {}}}"));
  }

  @Test
  void aFieldThatIsNoLongerAppliedGoes() {
    String name = unique("a");
    String path = configMaps() + "/" + name;
    api.apply("me", path, data(name, "{a: '1', b: '2'}")).is(201);
    assertThat(api.apply("me", path, data(name, "{b: '2'}")).is(200).at("/data"))
        .isEqualTo(Wire.value("{b: '2'}"));
  }

  @Test
  void anApplyThatChangesNothingKeepsTheVersion() {
    String name = unique("a");
    String path = configMaps() + "/" + name;
    String version = api.apply("me", path, data(name, "{a: '1'}")).is(201).resourceVersion();
    assertThat(api.apply("me", path, data(name, "{a: '1'}")).is(200).resourceVersion())
        .isEqualTo(version);
  }

  @Test
  void twoManagersOfDifferentFieldsAgree() {
    String name = unique("a");
    String path = configMaps() + "/" + name;
    api.apply("me", path, data(name, "{a: '1'}")).is(201);
    Reply both = api.apply("you", path, data(name, "{b: '2'}")).is(200);
    assertThat(both.at("/data")).isEqualTo(Wire.value("{a: '1', b: '2'}"));
    assertThat(managers(both)).containsExactlyInAnyOrder("me Apply", "you Apply");
  }

  @Test
  void twoManagersOfOneValueShareIt() {
    String name = unique("a");
    String path = configMaps() + "/" + name;
    api.apply("me", path, data(name, "{a: '1'}")).is(201);
    api.apply("you", path, data(name, "{a: '1'}")).is(200);
    Reply left = api.apply("me", path, data(name, "{}")).is(200);
    assertThat(left.text("/data/a")).isEqualTo("1");
  }

  @Test
  void anotherManagersFieldConflicts() {
    String name = unique("a");
    String path = configMaps() + "/" + name;
    api.apply("me", path, data(name, "{a: '1'}")).is(201);
    Reply refused =
        api.apply("you", path, data(name, "{a: '2'}"))
            .refuses(
                409, "Conflict", "Apply failed with 1 conflict: conflict with \"me\": .data.a");
    assertThat(refused.causes()).containsExactly("FieldManagerConflict .data.a");
    assertThat(refused.text("/details/causes/0/message")).isEqualTo("conflict with \"me\"");
  }

  @Test
  void severalConflictsAreListed() {
    String name = unique("a");
    String path = configMaps() + "/" + name;
    api.apply("me", path, data(name, "{a: '1', b: '1'}")).is(201);
    Reply refused = api.apply("you", path, data(name, "{a: '2', b: '2'}")).is(409);
    assertThat(refused.text("/message"))
        .isEqualTo("Apply failed with 2 conflicts: conflicts with \"me\":\n- .data.a\n- .data.b");
    assertThat(refused.causes()).hasSize(2);
  }

  @Test
  void forceTakesTheField() {
    String name = unique("a");
    String path = configMaps() + "/" + name;
    api.apply("me", path, data(name, "{a: '1', b: '1'}")).is(201);
    Reply taken = api.apply("you", path + "?force=true", data(name, "{a: '2'}")).is(200);
    assertThat(taken.text("/data/a")).isEqualTo("2");
    assertThat(managed(taken, "you").path("fieldsV1"))
        .isEqualTo(Wire.value("{'f:data': {'f:a': {}}}"));
    assertThat(managed(taken, "me").at("/fieldsV1/f:data").has("f:a")).isFalse();
  }

  @Test
  void anUpdateTakesTheFieldsThatItChanges() {
    String name = unique("a");
    String path = configMaps() + "/" + name;
    api.apply("me", path, data(name, "{a: '1', b: '1'}")).is(201);
    Reply changed =
        api.patch(Api.MERGE_PATCH, path + "?fieldManager=patcher", "{data: {a: '2'}}").is(200);
    assertThat(managed(changed, "patcher").path("operation").asText()).isEqualTo("Update");
    assertThat(managed(changed, "patcher").path("fieldsV1"))
        .isEqualTo(Wire.value("{'f:data': {'f:a': {}}}"));
    assertThat(managed(changed, "me").at("/fieldsV1/f:data").has("f:a")).isFalse();
    Reply refused = api.apply("me", path, data(name, "{a: '1', b: '1'}")).is(409);
    assertThat(refused.text("/message")).contains("conflict with \"patcher\" using v1");
  }

  @Test
  void aCreationNotesItsManager() {
    String name = unique("a");
    Reply made = api.post(configMaps() + "?fieldManager=maker", configMap(name)).is(201);
    assertThat(managers(made)).containsExactly("maker Update");
    assertThat(managed(made, "maker").path("fieldsV1"))
        .isEqualTo(Wire.value("{'f:data': {'.': {}, 'f:a': {}, 'f:b': {}}}"));
  }

  @Test
  void withoutANameTheManagerIsTheUserAgent() {
    Reply made = api.post(configMaps(), configMap(unique("a"))).is(201);
    assertThat(managers(made)).containsExactly("contract Update");
  }

  @Test
  void anApplyNeedsAManager() {
    String name = unique("a");
    Reply refused =
        api.request("PATCH", configMaps() + "/" + name)
            .body(Api.APPLY_PATCH, data(name, "{a: '1'}").toString())
            .send()
            .refusesSaying(
                422, "Invalid", "fieldManager: Required value: is required for apply patch");
    assertThat(refused.causes()).containsExactly("FieldValueRequired fieldManager");
  }

  @Test
  void onlyAnApplyMayUseForce() {
    Reply refused =
        api.patch(Api.MERGE_PATCH, makeConfigMap("a") + "?force=true", "{data: {a: 'x'}}");
    refused.refusesSaying(422, "Invalid", "may not be specified for non-apply patch");
  }

  @Test
  void anApplyMayNotNameManagedFields() {
    String name = unique("a");
    ObjectNode object = data(name, "{a: '1'}");
    object.withObjectProperty("metadata").putArray("managedFields").addObject().put("manager", "x");
    api.apply("me", configMaps() + "/" + name, object)
        .refusesSaying(400, "BadRequest", "metadata.managedFields must be nil");
  }

  @Test
  void anApplyNamesKindAndVersion() {
    String name = unique("a");
    Reply refused =
        api.apply("me", configMaps() + "/" + name, Wire.object("{metadata: {name: '%s'}}", name));
    assertThat(refused.code()).isIn(400, 422, 500);
    assertThat(refused.code()).isEqualTo(400);
  }

  @Test
  void theNameOfAnAppliedObjectIsThatOfThePath() {
    api.apply("me", configMaps() + "/" + unique("a"), data("other", "{a: '1'}")).is(400);
  }

  @Test
  void anApplyWithAVersionThatIsOldConflicts() {
    String name = unique("a");
    String path = configMaps() + "/" + name;
    String old = api.apply("me", path, data(name, "{a: '1'}")).is(201).resourceVersion();
    api.apply("me", path, data(name, "{a: '2'}")).is(200);
    ObjectNode object = data(name, "{a: '3'}");
    object.withObjectProperty("metadata").put("resourceVersion", old);
    api.apply("me", path, object).refusesSaying(409, "Conflict", "the object has been modified");
  }

  @Test
  void anApplyMayBeYaml() {
    String name = unique("a");
    Reply made =
        api.request("PATCH", configMaps() + "/" + name + "?fieldManager=me")
            .body(
                Api.APPLY_PATCH,
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: "
                    + name
                    + "\ndata:\n  a: \"1\"\n")
            .send()
            .is(201);
    assertThat(made.text("/data/a")).isEqualTo("1");
  }

  @Test
  void itemsOfKeyedListsAreOwnedOneByOne() {
    String name = unique("d");
    String path = deployments() + "/" + name;
    api.apply("me", path, deployment(name)).is(201);
    Reply both =
        api.apply(
                "you",
                path,
                partial(
                    name,
                    "{template: {spec: {containers: [{name: 'two', image: 'dev.local/two'}]}}}"))
            .is(200);
    assertThat(both.at("/spec/template/spec/containers")).hasSize(2);
    JsonNode containers =
        managed(both, "you").at("/fieldsV1/f:spec/f:template/f:spec/f:containers");
    assertThat(containers)
        .isEqualTo(Wire.value("{'k:{\"name\":\"two\"}': {'.': {}, 'f:name': {}, 'f:image': {}}}"));
    Reply back = api.apply("you", path, partial(name, "{template: {spec: {}}}")).is(200);
    assertThat(back.at("/spec/template/spec/containers")).hasSize(1);
  }

  @Test
  void defaultsAreOwnedByNobody() {
    String name = unique("d");
    Reply made = api.apply("me", deployments() + "/" + name, deployment(name)).is(201);
    JsonNode spec = managed(made, "me").at("/fieldsV1/f:spec");
    assertThat(spec.has("f:replicas")).isTrue();
    assertThat(spec.has("f:strategy")).isFalse();
    assertThat(spec.has("f:revisionHistoryLimit")).isFalse();
  }

  @Test
  void anAtomicFieldIsOwnedAsAWhole() {
    String name = unique("d");
    Reply made = api.apply("me", deployments() + "/" + name, deployment(name)).is(201);
    assertThat(managed(made, "me").at("/fieldsV1/f:spec/f:selector")).isEqualTo(Wire.value("{}"));
  }

  @Test
  void finalizersAreASet() {
    String name = unique("a");
    String path = configMaps() + "/" + name;
    ObjectNode object = data(name, "{a: '1'}");
    object.withObjectProperty("metadata").putArray("finalizers").add("example.com/a");
    Reply made = api.apply("me", path, object).is(201);
    assertThat(managed(made, "me").at("/fieldsV1/f:metadata/f:finalizers"))
        .isEqualTo(Wire.value("{'v:\"example.com/a\"': {}}"));
    Reply gone = api.apply("me", path, data(name, "{a: '1'}")).is(200);
    assertThat(gone.at("/metadata").has("finalizers")).isFalse();
  }

  @Test
  void theOwnerOfAStatusIsNotedWithItsSubresource() {
    String path = makeDeployment("d");
    Reply changed =
        api.patch(
                Api.MERGE_PATCH,
                path + "/status?fieldManager=reporter",
                "{status: {collisionCount: 3}}")
            .is(200);
    JsonNode entry = managed(changed, "reporter");
    assertThat(entry.path("subresource").asText()).isEqualTo("status");
    assertThat(entry.path("fieldsV1"))
        .isEqualTo(Wire.value("{'f:status': {'f:collisionCount': {}}}"));
  }

  @Test
  void aStatusCanBeApplied() {
    String name = unique("d");
    api.post(deployments(), deployment(name)).is(201);
    Reply changed =
        api.apply(
                "reporter",
                deployments() + "/" + name + "/status",
                Wire.object(
                    "{apiVersion: 'apps/v1', kind: 'Deployment', metadata: {name: '%s'},"
                        + " status: {collisionCount: 4}}",
                    name))
            .is(200);
    assertThat(changed.at("/status/collisionCount").asInt()).isEqualTo(4);
    assertThat(managed(changed, "reporter").path("operation").asText()).isEqualTo("Apply");
  }

  @Test
  void managedFieldsCanBeTakenAway() {
    String path = makeConfigMap("a");
    Reply without = api.patch(Api.MERGE_PATCH, path, "{metadata: {managedFields: [{}]}}").is(200);
    assertThat(without.at("/metadata").has("managedFields")).isFalse();
  }

  @Test
  void aManagersNameIsPrintable() {
    Reply refused =
        api.post(configMaps() + "?fieldManager=" + "m".repeat(129), configMap(unique("a")));
    refused.refusesSaying(422, "Invalid", "fieldManager");
  }
}
