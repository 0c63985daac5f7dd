package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;

class FieldValidationContractTest extends ContractTest {
  private ObjectNode withUnknownFields(String name) {
    ObjectNode object = deployment(name);
    object.withObjectProperty("spec").put("replicaz", 1);
    object.put("extra", true);
    return object;
  }

  private Reply postTwice(String query, String name) {
    return api.request("POST", configMaps() + query)
        .body(
            "application/json",
            "{\"metadata\":{\"name\":\"%s\"},\"data\":{\"a\":\"1\",\"a\":\"2\"}}".formatted(name))
        .send();
  }

  @Test
  void strictRefusesUnknownFields() {
    api.post(deployments() + "?fieldValidation=Strict", withUnknownFields(unique("d")))
        .refuses(
            400,
            "BadRequest",
            "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error:"
                + " unknown field \"spec.replicaz\", unknown field \"extra\"");
  }

  @Test
  void warnSaysThemInAHeader() {
    Reply made =
        api.post(deployments() + "?fieldValidation=Warn", withUnknownFields(unique("d"))).is(201);
    assertThat(made.warnings())
        .containsExactlyInAnyOrder("unknown field \"extra\"", "unknown field \"spec.replicaz\"");
    assertThat(made.json().has("extra")).isFalse();
  }

  @Test
  void warnIsTheDefault() {
    Reply made = api.post(deployments(), withUnknownFields(unique("d"))).is(201);
    assertThat(made.warnings()).hasSize(2);
  }

  @Test
  void ignoreSaysNothing() {
    Reply made =
        api.post(deployments() + "?fieldValidation=Ignore", withUnknownFields(unique("d"))).is(201);
    assertThat(made.warnings()).isEmpty();
    assertThat(made.json().has("extra")).isFalse();
  }

  @Test
  void anotherWordIsRefused() {
    api.post(deployments() + "?fieldValidation=Maybe", deployment(unique("d"))).is(422);
  }

  @Test
  void strictRefusesFieldsThatStandTwice() {
    postTwice("?fieldValidation=Strict", unique("twice"))
        .refusesSaying(400, "BadRequest", "strict decoding error: duplicate field \"data.a\"");
  }

  @Test
  void warnSaysWhatStandsTwiceAndTakesTheLast() {
    Reply made = postTwice("", unique("twice")).is(201);
    assertThat(made.warnings()).containsExactly("duplicate field \"data.a\"");
    assertThat(made.text("/data/a")).isEqualTo("2");
  }

  @Test
  void strictHoldsForUpdates() {
    String path = makeDeployment("d");
    api.put(path + "?fieldValidation=Strict", withUnknownFields(nameIn(path)))
        .refusesSaying(400, "BadRequest", "unknown field \"spec.replicaz\"");
  }

  @Test
  void strictHoldsForMergePatches() {
    Reply refused =
        api.patch(
            Api.MERGE_PATCH,
            makeDeployment("d") + "?fieldValidation=Strict",
            "{spec: {replicaz: 1}}");
    refused.refusesSaying(422, "Invalid", "unknown field \"spec.replicaz\"");
  }

  @Test
  void strictHoldsForStrategicPatches() {
    api.patch(
            Api.STRATEGIC_PATCH,
            makeDeployment("d") + "?fieldValidation=Strict",
            "{spec: {replicaz: 1}}")
        .refusesSaying(422, "Invalid", "unknown field \"spec.replicaz\"");
  }

  @Test
  void anApplyTakesOnlyFieldsOfTheSchema() {
    // Of several such fields a real server may name only the first it meets, in no fixed order.
    ObjectNode extra = deployment(unique("d"));
    extra.put("extra", 1);
    assertApplyNames(extra, ".extra: field not declared in schema");
    ObjectNode misspelt = deployment(unique("d"));
    ((ObjectNode) misspelt.get("spec")).put("replicaz", 1);
    assertApplyNames(misspelt, ".spec.replicaz: field not declared in schema");
  }

  private void assertApplyNames(ObjectNode object, String expected) {
    String name = object.at("/metadata/name").asText();
    Reply refused =
        api.apply("me", deployments() + "/" + name + "?fieldValidation=Ignore", object).is(500);
    assertThat(refused.text("/message"))
        .contains("failed to create typed patch object")
        .contains(expected);
  }

  @Test
  void warnHoldsForPatches() {
    Reply after = api.patch(Api.MERGE_PATCH, makeDeployment("d"), "{spec: {replicaz: 1}}").is(200);
    assertThat(after.warnings()).containsExactly("unknown field \"spec.replicaz\"");
  }

  @Test
  void fieldsInListsAreNamedWithTheirIndex() {
    ObjectNode object = deployment(unique("d"));
    ((ObjectNode) object.at("/spec/template/spec/containers/0")).put("imagez", "x");
    api.post(deployments() + "?fieldValidation=Strict", object)
        .refusesSaying(
            400, "BadRequest", "unknown field \"spec.template.spec.containers[0].imagez\"");
  }

  @Test
  void namesOfFieldsAreWrittenExactly() {
    ObjectNode object = configMap(unique("a"));
    object.set("Data", object.remove("data"));
    api.post(configMaps() + "?fieldValidation=Strict", object)
        .refusesSaying(400, "BadRequest", "unknown field \"Data\"");
  }
}
