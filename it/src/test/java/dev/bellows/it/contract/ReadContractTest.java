package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReadContractTest extends ContractTest {
  @Test
  void anObjectIsFoundByItsName() {
    String path = makeConfigMap("a");
    assertThat(api.get(path).is(200).name()).isEqualTo(nameIn(path));
  }

  @Test
  void aMissingObjectIsNamed() {
    Reply refused =
        api.get(configMaps() + "/missing")
            .refuses(404, "NotFound", "configmaps \"missing\" not found");
    assertThat(refused.text("/details/name")).isEqualTo("missing");
    assertThat(refused.text("/details/kind")).isEqualTo("configmaps");
    assertThat(refused.json().has("metadata")).isTrue();
  }

  @Test
  void anUnknownResourceOfAKnownGroupIsNotThere() {
    api.get("/apis/apps/v1/nothings").is(404);
  }

  @Test
  void anUnknownGroupIsNotThere() {
    api.get("/apis/nothing.example.com/v1/things").is(404);
  }

  @Test
  void anUnknownVersionIsNotThere() {
    api.get("/apis/apps/v9/deployments").is(404);
  }

  @Test
  void anUnknownSubresourceIsNotThere() {
    api.get(makeConfigMap("a") + "/nothing").is(404);
  }

  @Test
  void aKindWithoutAStatusHasNoStatusPath() {
    api.get(makeConfigMap("a") + "/status").is(404);
  }

  @Test
  void bodiesAreJson() {
    Reply reply = api.get(makeConfigMap("a"));
    assertThat(reply.headers().firstValue("content-type")).hasValue("application/json");
  }

  @Test
  void aClientThatTakesOtherFormsOnlyIsToldSo() {
    Reply reply = api.request("GET", configMaps()).accept("text/csv").send();
    assertThat(reply.code()).isEqualTo(406);
    assertThat(reply.text("/reason")).isEqualTo("NotAcceptable");
    assertThat(reply.text("/message")).contains("application/json");
  }

  @Test
  void theFirstFormOfAnAcceptHeaderThatThereIsIsTaken() {
    Reply reply =
        api.request("GET", makeConfigMap("a"))
            .accept("application/x-unknown, application/json")
            .send()
            .is(200);
    assertThat(reply.text("/kind")).isEqualTo("ConfigMap");
  }

  @Test
  void anEmptyListHasItemsAndAVersion() {
    Reply list = api.get("/api/v1/namespaces/" + unique("nobody") + "/configmaps").is(200);
    assertThat(list.text("/kind")).isEqualTo("ConfigMapList");
    assertThat(list.text("/apiVersion")).isEqualTo("v1");
    assertThat(list.at("/items").isArray()).isTrue();
    assertThat(list.names()).isEmpty();
    assertThat(list.resourceVersion()).matches("[1-9][0-9]*");
  }

  @Test
  void aListIsOrderedByName() {
    String fresh = backend.freshNamespace("order");
    for (String name : java.util.List.of("c", "a", "b")) {
      api.post(
              "/api/v1/namespaces/" + fresh + "/secrets",
              Wire.object("{metadata: {name: '%s'}}", name))
          .is(201);
    }
    assertThat(api.get("/api/v1/namespaces/" + fresh + "/secrets").is(200).names())
        .containsExactly("a", "b", "c");
  }

  @Test
  void aListOfAllNamespacesHoldsThoseOfEach() {
    String path = makeConfigMap("everywhere");
    assertThat(api.get("/api/v1/configmaps").is(200).names()).contains(nameIn(path));
  }

  @Test
  void itemsOfAListDoNotRepeatTheirKind() {
    makeConfigMap("a");
    assertThat(api.get(configMaps()).is(200).at("/items/0").has("kind")).isFalse();
  }

  @Test
  void aListAsOldAsTheCacheIsAnsweredToo() {
    String path = makeConfigMap("cached");
    String version = api.get(path).is(200).resourceVersion();
    assertThat(
            api.get(
                    configMaps()
                        + "?resourceVersion="
                        + version
                        + "&resourceVersionMatch=NotOlderThan")
                .is(200)
                .names())
        .contains(nameIn(path));
  }

  @Test
  void aListOfAnExactVersionShowsWhatWasThere() {
    String path = makeConfigMap("exact");
    String version = api.get(path).is(200).resourceVersion();
    api.delete(path).is(200);
    Reply list =
        api.get(configMaps() + "?resourceVersion=" + version + "&resourceVersionMatch=Exact")
            .is(200);
    assertThat(list.names()).contains(nameIn(path));
    assertThat(list.resourceVersion()).isEqualTo(version);
  }

  @Test
  void aMatchWithoutAVersionIsRefused() {
    api.get(configMaps() + "?resourceVersionMatch=Exact")
        .refusesSaying(
            422,
            "Invalid",
            "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless"
                + " resourceVersion is provided");
  }

  @Test
  void aVersionThatIsNoNumberIsRefused() {
    api.get(configMaps() + "?resourceVersion=abc").is(400);
  }

  @Test
  void anObjectCanBeReadFromTheCache() {
    String path = makeConfigMap("cached");
    String version = api.get(path).is(200).resourceVersion();
    assertThat(api.get(path + "?resourceVersion=" + version).is(200).name())
        .isEqualTo(nameIn(path));
  }

  @Test
  void onlyMetadataCanBeAskedFor() {
    Reply reply = api.request("GET", makeConfigMap("a")).accept(Api.PARTIAL).send().is(200);
    assertThat(reply.text("/kind")).isEqualTo("PartialObjectMetadata");
    assertThat(reply.text("/apiVersion")).isEqualTo("meta.k8s.io/v1");
    assertThat(reply.json().has("data")).isFalse();
    assertThat(reply.name()).startsWith("a-");
  }

  @Test
  void onlyTheMetadataOfAListCanBeAskedFor() {
    makeConfigMap("a");
    Reply reply = api.request("GET", configMaps()).accept(Api.PARTIAL_LIST).send().is(200);
    assertThat(reply.text("/kind")).isEqualTo("PartialObjectMetadataList");
    assertThat(reply.at("/items/0").has("data")).isFalse();
    assertThat(reply.names()).isNotEmpty();
  }

  @Test
  void aPrettyBodyHasLines() {
    assertThat(api.get(makeConfigMap("a") + "?pretty=true").is(200).text())
        .contains("\n  \"kind\"");
  }

  @Test
  void theHealthOfTheServerCanBeAskedFor() {
    for (String path : java.util.List.of("/healthz", "/livez", "/readyz")) {
      assertThat(api.get(path).is(200).text()).isEqualTo("ok");
    }
  }

  @Test
  void theVersionIsThatOfKubernetes() {
    Reply version = api.get("/version").is(200);
    assertThat(version.text("/major")).isEqualTo("1");
    assertThat(version.text("/minor")).matches("\\d+\\+?");
    assertThat(version.text("/gitVersion")).matches("v1\\.\\d+\\.\\d+.*");
    assertThat(version.text("/platform")).contains("/");
  }

  @Test
  void aTokenThatNobodyHasIsRefused() {
    api.as("nobody").get(configMaps()).refuses(401, "Unauthorized", "Unauthorized");
  }

  @Test
  void aDeleteOfAPathThatIsNoResourceIsRefused() {
    assertThat(api.delete("/apis/apps/v1").code()).isIn(403, 404, 405);
  }
}
