package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DryRunContractTest extends ContractTest {
  @Test
  void aCreationIsAnsweredAndNotDone() {
    String name = unique("dry");
    Reply made = api.post(configMaps() + "?dryRun=All", configMap(name)).is(201);
    assertThat(made.uid()).isNotEmpty();
    assertThat(made.at("/metadata").has("resourceVersion")).isFalse();
    api.get(configMaps() + "/" + name).is(404);
  }

  @Test
  void aCreationOfWhatIsThereFails() {
    String path = makeConfigMap("dry");
    api.post(configMaps() + "?dryRun=All", configMap(nameIn(path)))
        .refusesSaying(409, "AlreadyExists", "already exists");
  }

  @Test
  void aCreationThatIsInvalidFails() {
    api.post(configMaps() + "?dryRun=All", configMap("Not_Good")).is(422);
  }

  @Test
  void anUpdateIsAnsweredAndNotDone() {
    String path = makeConfigMap("dry");
    Reply shown =
        api.put(
                path + "?dryRun=All",
                Wire.object("{metadata: {name: '%s'}, data: {a: 'dry'}}", nameIn(path)))
            .is(200);
    assertThat(shown.text("/data/a")).isEqualTo("dry");
    assertThat(api.get(path).text("/data/a")).isEqualTo("1");
  }

  @Test
  void aPatchIsAnsweredAndNotDone() {
    String path = makeDeployment("dry");
    Reply shown =
        api.patch(Api.MERGE_PATCH, path + "?dryRun=All", "{spec: {minReadySeconds: 5}}").is(200);
    assertThat(shown.at("/spec/minReadySeconds").asInt()).isEqualTo(5);
    assertThat(shown.generation()).isEqualTo(2);
    assertThat(api.get(path).generation()).isOne();
  }

  @Test
  void anApplyIsAnsweredAndNotDone() {
    String name = unique("dry");
    api.apply("me", configMaps() + "/" + name + "?dryRun=All", configMap(name)).is(201);
    api.get(configMaps() + "/" + name).is(404);
  }

  @Test
  void aDeletionIsAnsweredAndNotDone() {
    String path = makeConfigMap("dry");
    api.delete(path + "?dryRun=All").is(200);
    api.get(path).is(200);
  }

  @Test
  void aDeletionMayAskForItInItsBody() {
    String path = makeConfigMap("dry");
    api.delete(path, "{kind: 'DeleteOptions', apiVersion: 'v1', dryRun: ['All']}").is(200);
    api.get(path).is(200);
  }

  @Test
  void aCollectionIsNotDeleted() {
    String path = makeConfigMap("dry");
    api.delete(configMaps() + "?dryRun=All&fieldSelector=metadata.name=" + nameIn(path)).is(200);
    api.get(path).is(200);
  }

  @Test
  void thereIsNoOtherWayThanAll() {
    assertThat(api.post(configMaps() + "?dryRun=Some", configMap(unique("a"))).code())
        .isIn(400, 422);
  }

  @Test
  void generatedNamesAreShown() {
    Reply shown =
        api.post(configMaps() + "?dryRun=All", Wire.object("{metadata: {generateName: 'dry-'}}"))
            .is(201);
    assertThat(shown.name()).matches("dry-.{5}");
  }

  @Test
  void aServiceIsShownWithoutTakingAnAddress() {
    String name = unique("s");
    Reply shown =
        api.post(
                core("services") + "?dryRun=All",
                Wire.object("{metadata: {name: '%s'}, spec: {ports: [{port: 80}]}}", name))
            .is(201);
    assertThat(shown.text("/spec/type")).isEqualTo("ClusterIP");
    api.get(core("services") + "/" + name).is(404);
  }
}
