package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;

class CreateContractTest extends ContractTest {
  @Test
  void anObjectIsAnsweredAsItIsStored() {
    String name = unique("a");
    Reply made = api.post(configMaps(), configMap(name)).is(201);
    assertThat(made.text("/kind")).isEqualTo("ConfigMap");
    assertThat(made.text("/apiVersion")).isEqualTo("v1");
    assertThat(made.text("/data/a")).isEqualTo("1");
    assertThat(made.json()).isEqualTo(api.get(configMaps() + "/" + name).is(200).json());
  }

  @Test
  void theServerStampsIdentityVersionAndTime() {
    Reply made = api.post(configMaps(), configMap(unique("a"))).is(201);
    assertThat(made.uid()).matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    assertThat(made.resourceVersion()).matches("[1-9][0-9]*");
    assertThat(made.text("/metadata/creationTimestamp"))
        .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
    assertThat(made.text("/metadata/namespace")).isEqualTo(namespace);
  }

  @Test
  void whatOnlyTheServerMayStampIsNotTakenFromTheClient() {
    ObjectNode object = configMap(unique("a"));
    object
        .withObjectProperty("metadata")
        .put("uid", "mine")
        .put("creationTimestamp", "2001-01-01T00:00:00Z")
        .put("deletionTimestamp", "2001-01-01T00:00:00Z")
        .put("generation", 7)
        .put("selfLink", "/here");
    Reply made = api.post(configMaps(), object).is(201);
    assertThat(made.uid()).isNotEqualTo("mine");
    assertThat(made.text("/metadata/creationTimestamp")).isGreaterThan("2002");
    assertThat(made.at("/metadata").has("deletionTimestamp")).isFalse();
  }

  @Test
  void aNameCanBeTakenOnce() {
    String path = makeConfigMap("a");
    Reply again =
        api.post(configMaps(), configMap(nameIn(path)))
            .refuses(409, "AlreadyExists", "configmaps \"" + nameIn(path) + "\" already exists");
    assertThat(again.text("/details/name")).isEqualTo(nameIn(path));
    assertThat(again.text("/details/kind")).isEqualTo("configmaps");
  }

  @Test
  void theGroupStandsInErrorsOfGroups() {
    String path = makeDeployment("d");
    Reply again =
        api.post(deployments(), deployment(nameIn(path)))
            .refuses(
                409, "AlreadyExists", "deployments.apps \"" + nameIn(path) + "\" already exists");
    assertThat(again.text("/details/group")).isEqualTo("apps");
    assertThat(again.text("/details/kind")).isEqualTo("deployments");
  }

  @Test
  void aVersionMayNotBeGiven() {
    ObjectNode object = configMap(unique("a"));
    object.withObjectProperty("metadata").put("resourceVersion", "12");
    Reply refused = api.post(configMaps(), object).is(500);
    assertThat(refused.text("/message"))
        .isEqualTo("resourceVersion should not be set on objects to be created");
  }

  @Test
  void theNamespaceMustBeThere() {
    String missing = unique("missing");
    Reply refused =
        api.post("/api/v1/namespaces/" + missing + "/configmaps", configMap("a"))
            .refuses(404, "NotFound", "namespaces \"" + missing + "\" not found");
    assertThat(refused.text("/details/kind")).isEqualTo("namespaces");
  }

  @Test
  void theNamespaceInTheBodyMustBeThatOfThePath() {
    ObjectNode object = configMap(unique("a"));
    object.withObjectProperty("metadata").put("namespace", "default");
    api.post(configMaps(), object)
        .refuses(
            400,
            "BadRequest",
            "the namespace of the provided object does not match the namespace sent on the"
                + " request");
  }

  @Test
  void aNameIsNeeded() {
    Reply refused =
        api.post(configMaps(), Wire.object("{metadata: {}}"))
            .refusesSaying(422, "Invalid", "name or generateName is required");
    assertThat(refused.causes()).containsExactly("FieldValueRequired metadata.name");
  }

  @Test
  void aNameMustBeOneOfDns() {
    Reply refused =
        api.post(configMaps(), configMap("Not_Good"))
            .refusesSaying(
                422, "Invalid", "ConfigMap \"Not_Good\" is invalid: metadata.name: Invalid value");
    assertThat(refused.causes()).containsExactly("FieldValueInvalid metadata.name");
    assertThat(refused.text("/details/name")).isEqualTo("Not_Good");
    assertThat(refused.text("/details/kind")).isEqualTo("ConfigMap");
  }

  @Test
  void aNamespaceHasANameOfOneLabel() {
    Reply refused =
        api.post("/api/v1/namespaces", Wire.object("{metadata: {name: 'a.b'}}"))
            .refusesSaying(422, "Invalid", "Namespace \"a.b\" is invalid: metadata.name");
    assertThat(refused.causes()).containsExactly("FieldValueInvalid metadata.name");
  }

  @Test
  void generateNameAsksForANameWithThisBeginning() {
    Reply made = api.post(configMaps(), Wire.object("{metadata: {generateName: 'gen-'}}")).is(201);
    assertThat(made.name()).matches("gen-[bcdfghjklmnpqrstvwxz2456789]{5}");
    assertThat(made.text("/metadata/generateName")).isEqualTo("gen-");
  }

  @Test
  void generatedNamesDiffer() {
    ObjectNode wanted = Wire.object("{metadata: {generateName: 'gen-'}}");
    String first = api.post(configMaps(), wanted).is(201).name();
    assertThat(api.post(configMaps(), wanted).is(201).name()).isNotEqualTo(first);
  }

  @Test
  void aNameGoesBeforeGenerateName() {
    String name = unique("named");
    ObjectNode wanted = Wire.object("{metadata: {name: '%s', generateName: 'gen-'}}", name);
    assertThat(api.post(configMaps(), wanted).is(201).name()).isEqualTo(name);
  }

  @Test
  void aLongBeginningIsCutForTheGeneratedPart() {
    String longOne = "g".repeat(250);
    Reply made =
        api.post(configMaps(), Wire.object("{metadata: {generateName: '%s'}}", longOne)).is(201);
    assertThat(made.name()).matches("g{58}.{5}");
  }

  @Test
  void theKindInTheBodyMustBeThatOfThePath() {
    ObjectNode object = configMap(unique("a")).put("kind", "Secret");
    api.post(configMaps(), object).refusesSaying(400, "BadRequest", "Secret");
  }

  @Test
  void theVersionInTheBodyMustBeThatOfThePath() {
    ObjectNode object = deployment(unique("a")).put("apiVersion", "apps/v1beta9");
    api.post(deployments(), object).refusesSaying(400, "BadRequest", "apps/v1beta9");
  }

  @Test
  void kindAndVersionMayBeLeftToThePath() {
    ObjectNode object = configMap(unique("a"));
    object.remove(java.util.List.of("kind", "apiVersion"));
    assertThat(api.post(configMaps(), object).is(201).text("/kind")).isEqualTo("ConfigMap");
  }

  @Test
  void whatIsNoJsonIsRefused() {
    api.request("POST", configMaps())
        .body("application/json", "{\"metadata\":")
        .send()
        .refusesSaying(400, "BadRequest", "unexpected end of JSON input");
  }

  @Test
  void aFieldOfTheWrongTypeIsRefused() {
    api.post(configMaps(), Wire.object("{metadata: {name: 'a'}, data: {a: 1}}"))
        .refusesSaying(400, "BadRequest", "cannot unmarshal number");
  }

  @Test
  void aBodyMayBeYaml() {
    String name = unique("yaml");
    Reply made =
        api.request("POST", configMaps())
            .body("application/yaml", "metadata:\n  name: " + name + "\ndata:\n  a: \"1\"\n")
            .send()
            .is(201);
    assertThat(made.text("/data/a")).isEqualTo("1");
  }

  @Test
  void aBodyOfAnotherTypeIsRefused() {
    api.request("POST", configMaps())
        .body("text/csv", "a,b")
        .send()
        .refusesSaying(415, "UnsupportedMediaType", "application/json");
  }

  @Test
  void aBodyThatIsTooLargeIsRefused() {
    ObjectNode object = configMap(unique("large"));
    object.withObjectProperty("data").put("a", "x".repeat(4 * 1024 * 1024));
    api.post(configMaps(), object).refusesSaying(413, "RequestEntityTooLarge", "limit is 3145728");
  }

  @Test
  void aConfigMapHoldsNoMoreThanOneMebibyte() {
    ObjectNode object = configMap(unique("large"));
    object.withObjectProperty("data").put("a", "x".repeat(1024 * 1024 + 1));
    api.post(configMaps(), object).refusesSaying(422, "Invalid", "Too long");
  }

  @Test
  void objectsAreNotMadeAtTheirOwnPath() {
    api.post(configMaps() + "/a", configMap("a"))
        .refuses(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource");
  }

  @Test
  void aLabelMustHaveTheFormOfOne() {
    ObjectNode object = configMap(unique("a"));
    object.withObjectProperty("metadata").withObjectProperty("labels").put("a", "not good");
    assertThat(
            api.post(configMaps(), object)
                .refusesSaying(422, "Invalid", "metadata.labels")
                .causes())
        .containsExactly("FieldValueInvalid metadata.labels");
  }

  @Test
  void anAnnotationMustHaveAQualifiedName() {
    ObjectNode object = configMap(unique("a"));
    object.withObjectProperty("metadata").withObjectProperty("annotations").put("not good", "");
    assertThat(
            api.post(configMaps(), object)
                .refusesSaying(422, "Invalid", "metadata.annotations")
                .causes())
        .containsExactly("FieldValueInvalid metadata.annotations");
  }

  @Test
  void aKeyOfAConfigMapMustBeAFileName() {
    ObjectNode object = configMap(unique("a"));
    object.withObjectProperty("data").put("not/good", "");
    assertThat(api.post(configMaps(), object).refusesSaying(422, "Invalid", "not/good").causes())
        .containsExactly("FieldValueInvalid data[not/good]");
  }

  @Test
  void aStatusIsNotTakenFromTheClient() {
    ObjectNode object = deployment(unique("a"));
    object.withObjectProperty("status").put("replicas", 5);
    Reply made = api.post(deployments(), object).is(201);
    assertThat(made.at("/status/replicas").asInt()).isZero();
  }

  @Test
  void generationsOfAKindWithASpecBeginWithOne() {
    ObjectNode object = deployment(unique("a"));
    object.withObjectProperty("metadata").put("generation", 7);
    assertThat(api.post(deployments(), object).is(201).generation()).isOne();
  }

  @Test
  void fieldsThatAreLeftOutGetTheirDefaults() {
    Reply made = api.post(deployments(), deployment(unique("a"))).is(201);
    assertThat(made.text("/spec/strategy/type")).isEqualTo("RollingUpdate");
    assertThat(made.text("/spec/strategy/rollingUpdate/maxSurge")).isEqualTo("25%");
    assertThat(made.at("/spec/revisionHistoryLimit").asInt()).isEqualTo(10);
    assertThat(made.at("/spec/progressDeadlineSeconds").asInt()).isEqualTo(600);
    assertThat(made.text("/spec/template/spec/restartPolicy")).isEqualTo("Always");
    assertThat(made.text("/spec/template/spec/containers/0/imagePullPolicy")).isEqualTo("Always");
    assertThat(made.text("/spec/template/spec/containers/0/terminationMessagePath"))
        .isEqualTo("/dev/termination-log");
  }

  @Test
  void aServiceGetsAnAddress() {
    Reply made =
        api.post(
                core("services"),
                Wire.object("{metadata: {name: '%s'}, spec: {ports: [{port: 80}]}}", unique("s")))
            .is(201);
    assertThat(made.text("/spec/clusterIP")).matches("10\\.96\\.\\d+\\.\\d+");
    assertThat(made.text("/spec/clusterIPs/0")).isEqualTo(made.text("/spec/clusterIP"));
    assertThat(made.text("/spec/type")).isEqualTo("ClusterIP");
    assertThat(made.text("/spec/ports/0/protocol")).isEqualTo("TCP");
    assertThat(made.at("/spec/ports/0/targetPort").asInt()).isEqualTo(80);
  }

  @Test
  void severalFaultsAreToldTogether() {
    Reply refused =
        api.post(
                core("services"),
                Wire.object(
                    "{metadata: {name: '%s'}, spec: {ports: [{port: 0}, {port: 70000}]}}",
                    unique("s")))
            .refusesSaying(422, "Invalid", "is invalid: [");
    assertThat(refused.causes())
        .contains("FieldValueInvalid spec.ports[0].port", "FieldValueInvalid spec.ports[1].port");
  }
}
