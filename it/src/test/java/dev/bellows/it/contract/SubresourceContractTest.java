package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;

class SubresourceContractTest extends ContractTest {
  @Test
  void aStatusIsReadWithTheWholeObject() {
    String path = makeDeployment("d");
    assertThat(api.get(path + "/status").is(200).text("/kind")).isEqualTo("Deployment");
  }

  @Test
  void aStatusIsWrittenAlone() {
    String path = makeDeployment("d");
    Reply changed =
        api.patch(
                Api.MERGE_PATCH,
                path + "/status",
                "{spec: {minReadySeconds: 9}, metadata: {labels: {no: 'no'}},"
                    + " status: {collisionCount: 2}}")
            .is(200);
    assertThat(changed.at("/status/collisionCount").asInt()).isEqualTo(2);
    assertThat(changed.at("/spec").path("minReadySeconds").asInt()).isZero();
    assertThat(changed.generation()).isOne();
  }

  @Test
  void aStatusIsReplaced() {
    String path = makeDeployment("d");
    ObjectNode object = api.get(path).json();
    object.withObjectProperty("metadata").remove("resourceVersion");
    object.withObjectProperty("status").put("collisionCount", 8);
    assertThat(api.put(path + "/status", object).is(200).at("/status/collisionCount").asInt())
        .isEqualTo(8);
  }

  @Test
  void aStatusOfAnOldVersionConflicts() {
    String path = makeDeployment("d");
    ObjectNode object = api.get(path).json();
    api.patch(Api.MERGE_PATCH, path, "{metadata: {labels: {x: 'y'}}}").is(200);
    object.withObjectProperty("status").put("collisionCount", 8);
    api.put(path + "/status", object).refusesSaying(409, "Conflict", "has been modified");
  }

  @Test
  void aStatusIsNotMadeOrDeleted() {
    String path = makeDeployment("d");
    api.post(path + "/status", deployment("d")).is(405);
    api.delete(path + "/status").is(405);
  }

  @Test
  void aScaleIsReadFromAnObject() {
    String path = makeDeployment("d");
    Reply scale = api.get(path + "/scale").is(200);
    assertThat(scale.text("/kind")).isEqualTo("Scale");
    assertThat(scale.text("/apiVersion")).isEqualTo("autoscaling/v1");
    assertThat(scale.name()).isEqualTo(nameIn(path));
    assertThat(scale.uid()).isEqualTo(api.get(path).uid());
    assertThat(scale.at("/spec/replicas").asInt()).isZero();
    assertThat(scale.text("/status/selector")).isEqualTo("app=" + nameIn(path));
  }

  @Test
  void aScaleIsWritten() {
    String path = makeDeployment("d");
    ObjectNode scale = api.get(path + "/scale").json();
    scale.withObjectProperty("spec").put("replicas", 2);
    scale.withObjectProperty("metadata").remove("resourceVersion");
    assertThat(api.put(path + "/scale", scale).is(200).at("/spec/replicas").asInt()).isEqualTo(2);
    Reply object = api.get(path).is(200);
    assertThat(object.at("/spec/replicas").asInt()).isEqualTo(2);
    assertThat(object.generation()).isEqualTo(2);
  }

  @Test
  void aScaleIsPatched() {
    String path = makeDeployment("d");
    assertThat(
            api.patch(Api.MERGE_PATCH, path + "/scale", "{spec: {replicas: 1}}")
                .is(200)
                .at("/spec/replicas")
                .asInt())
        .isOne();
  }

  @Test
  void aScaleOfAnOldVersionConflicts() {
    String path = makeDeployment("d");
    ObjectNode scale = api.get(path + "/scale").json();
    api.patch(Api.MERGE_PATCH, path, "{metadata: {labels: {x: 'y'}}}").is(200);
    scale.withObjectProperty("spec").put("replicas", 2);
    api.put(path + "/scale", scale).refusesSaying(409, "Conflict", "has been modified");
  }

  @Test
  void aScaleIsNotNegative() {
    String path = makeDeployment("d");
    api.patch(Api.MERGE_PATCH, path + "/scale", "{spec: {replicas: -1}}")
        .refusesSaying(422, "Invalid", "must be greater than or equal to 0");
  }

  @Test
  void aScaleOfWhatIsNotThereIsNotFound() {
    api.get(deployments() + "/missing/scale")
        .refuses(404, "NotFound", "deployments.apps \"missing\" not found");
  }

  @Test
  void aPodIsBoundOnce() {
    String name = unique("p");
    String path = core("pods") + "/" + name;
    api.post(core("pods"), pod(name)).is(201);
    ObjectNode binding =
        Wire.object(
            "{apiVersion: 'v1', kind: 'Binding', metadata: {name: '%s'},"
                + " target: {kind: 'Node', name: 'nowhere'}}",
            name);
    Reply bound = api.post(path + "/binding", binding).is(201);
    assertThat(bound.text("/kind")).isEqualTo("Status");
    assertThat(bound.text("/status")).isEqualTo("Success");
    Reply after = api.get(path).is(200);
    assertThat(after.text("/spec/nodeName")).isEqualTo("nowhere");
    assertThat(after.text("/status/conditions/0/type")).isEqualTo("PodScheduled");
    api.post(path + "/binding", binding)
        .refusesSaying(409, "Conflict", "is already assigned to node \"nowhere\"");
    api.delete(path, "{gracePeriodSeconds: 0}").is(200);
  }

  @Test
  void aPodIsEvicted() {
    String name = unique("p");
    api.post(core("pods"), pod(name)).is(201);
    Reply evicted =
        api.post(
                core("pods") + "/" + name + "/eviction",
                Wire.object(
                    "{apiVersion: 'policy/v1', kind: 'Eviction', metadata: {name: '%s',"
                        + " namespace: '%s'}}",
                    name, namespace))
            .is(201);
    assertThat(evicted.text("/status")).isEqualTo("Success");
    api.get(core("pods") + "/" + name).is(404);
  }

  @Test
  void aPodsStatusIsWritten() {
    String name = unique("p");
    api.post(core("pods"), pod(name)).is(201);
    Reply changed =
        api.patch(
                Api.STRATEGIC_PATCH,
                core("pods") + "/" + name + "/status",
                "{status: {phase: 'Failed', reason: 'Tried'}}")
            .is(200);
    assertThat(changed.text("/status/phase")).isEqualTo("Failed");
  }

  @Test
  void conditionsOfAStatusMergeByTheirType() {
    String name = unique("p");
    String status = core("pods") + "/" + name + "/status";
    api.post(core("pods"), pod(name)).is(201);
    api.patch(
            Api.STRATEGIC_PATCH,
            status,
            "{status: {conditions: [{type: 'Ready', status: 'False'}]}}")
        .is(200);
    Reply both =
        api.patch(
                Api.STRATEGIC_PATCH,
                status,
                "{status: {conditions: [{type: 'Initialized', status: 'True'}]}}")
            .is(200);
    assertThat(both.at("/status/conditions").findValuesAsText("type"))
        .contains("Ready", "Initialized");
  }

  @Test
  void anAccountGetsAToken() {
    Reply made =
        api.post(
                core("serviceaccounts") + "/default/token",
                Wire.object(
                    "{apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest',"
                        + " spec: {expirationSeconds: 3600}}"))
            .is(201);
    assertThat(made.text("/kind")).isEqualTo("TokenRequest");
    assertThat(made.text("/status/token").split("\\.", -1)).hasSize(3);
    assertThat(made.text("/status/expirationTimestamp")).isNotEmpty();
    assertThat(made.at("/spec/audiences")).isNotEmpty();
  }

  @Test
  void theTokenOfAnAccountSaysWhoItIs() {
    String token =
        api.post(
                core("serviceaccounts") + "/default/token",
                Wire.object(
                    "{apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {}}"))
            .is(201)
            .text("/status/token");
    Reply self =
        api.as(token)
            .post(
                "/apis/authentication.k8s.io/v1/selfsubjectreviews",
                Wire.object("{apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview'}"))
            .is(201);
    assertThat(self.text("/status/userInfo/username"))
        .isEqualTo("system:serviceaccount:" + namespace + ":default");
    assertThat(self.at("/status/userInfo/groups").toString())
        .contains(
            "system:serviceaccounts",
            "system:serviceaccounts:" + namespace,
            "system:authenticated");
  }

  @Test
  void theTokenOfAnAccountMayNotDoWhatNobodyAllowedIt() {
    String token =
        api.post(
                core("serviceaccounts") + "/default/token",
                Wire.object(
                    "{apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {}}"))
            .is(201)
            .text("/status/token");
    api.as(token)
        .get(core("secrets"))
        .refusesSaying(
            403,
            "Forbidden",
            "secrets is forbidden: User \"system:serviceaccount:"
                + namespace
                + ":default\" cannot list resource \"secrets\" in API group \"\" in the namespace"
                + " \""
                + namespace
                + "\"");
  }

  @Test
  void aTokenIsNotShorterThanTenMinutes() {
    api.post(
            core("serviceaccounts") + "/default/token",
            Wire.object(
                "{apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest',"
                    + " spec: {expirationSeconds: 10}}"))
        .refusesSaying(422, "Invalid", "may not specify a duration less than 10 minutes");
  }

  @Test
  void aTokenOfAMissingAccountIsNotFound() {
    api.post(
            core("serviceaccounts") + "/missing/token",
            Wire.object("{apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {}}"))
        .refuses(404, "NotFound", "serviceaccounts \"missing\" not found");
  }
}
