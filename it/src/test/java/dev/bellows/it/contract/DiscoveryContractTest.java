package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.junit.jupiter.api.Test;

class DiscoveryContractTest extends ContractTest {
  private static final String AGGREGATED =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

  private static JsonNode named(JsonNode list, String name) {
    for (JsonNode item : list) {
      if (item.path("name").asText().equals(name)
          || item.at("/metadata/name").asText().equals(name)
          || item.path("resource").asText().equals(name)) {
        return item;
      }
    }
    throw new AssertionError("no " + name + " in " + list);
  }

  @Test
  void theCoreGroupHasItsVersions() {
    Reply versions = api.get("/api").is(200);
    assertThat(versions.text("/kind")).isEqualTo("APIVersions");
    assertThat(versions.at("/versions")).isEqualTo(Wire.value("['v1']"));
  }

  @Test
  void groupsAreListed() {
    Reply groups = api.get("/apis").is(200);
    assertThat(groups.text("/kind")).isEqualTo("APIGroupList");
    JsonNode apps = named(groups.at("/groups"), "apps");
    assertThat(apps.at("/preferredVersion/groupVersion").asText()).isEqualTo("apps/v1");
    assertThat(apps.at("/versions/0/version").asText()).isEqualTo("v1");
    for (String group :
        List.of(
            "apiextensions.k8s.io",
            "authentication.k8s.io",
            "authorization.k8s.io",
            "autoscaling",
            "coordination.k8s.io",
            "discovery.k8s.io",
            "networking.k8s.io",
            "policy",
            "rbac.authorization.k8s.io",
            "admissionregistration.k8s.io")) {
      named(groups.at("/groups"), group);
    }
  }

  @Test
  void oneGroupIsDescribed() {
    Reply group = api.get("/apis/apps").is(200);
    assertThat(group.text("/kind")).isEqualTo("APIGroup");
    assertThat(group.text("/name")).isEqualTo("apps");
  }

  @Test
  void aGroupThatIsNotThereIsNotFound() {
    api.get("/apis/nothing.example.com").is(404);
  }

  @Test
  void resourcesOfTheCoreGroupAreListed() {
    Reply resources = api.get("/api/v1").is(200);
    assertThat(resources.text("/kind")).isEqualTo("APIResourceList");
    assertThat(resources.text("/groupVersion")).isEqualTo("v1");
    JsonNode pods = named(resources.at("/resources"), "pods");
    assertThat(pods.path("singularName").asText()).isEqualTo("pod");
    assertThat(pods.path("kind").asText()).isEqualTo("Pod");
    assertThat(pods.path("namespaced").asBoolean()).isTrue();
    assertThat(pods.path("shortNames")).isEqualTo(Wire.value("['po']"));
    assertThat(pods.path("categories")).isEqualTo(Wire.value("['all']"));
    assertThat(pods.path("verbs"))
        .isEqualTo(
            Wire.value(
                "['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update',"
                    + " 'watch']"));
    assertThat(named(resources.at("/resources"), "namespaces").path("namespaced").asBoolean())
        .isFalse();
  }

  @Test
  void subresourcesAreListed() {
    JsonNode core = api.get("/api/v1").is(200).at("/resources");
    assertThat(named(core, "pods/status").path("kind").asText()).isEqualTo("Pod");
    assertThat(named(core, "pods/log").path("verbs")).isEqualTo(Wire.value("['get']"));
    assertThat(named(core, "pods/binding").path("kind").asText()).isEqualTo("Binding");
    assertThat(named(core, "pods/eviction").path("group").asText()).isEqualTo("policy");
    assertThat(named(core, "serviceaccounts/token").path("kind").asText())
        .isEqualTo("TokenRequest");
    assertThat(named(core, "namespaces/finalize").path("verbs"))
        .isEqualTo(Wire.value("['update']"));
    JsonNode apps = api.get("/apis/apps/v1").is(200).at("/resources");
    JsonNode scale = named(apps, "deployments/scale");
    assertThat(scale.path("kind").asText()).isEqualTo("Scale");
    assertThat(scale.path("group").asText()).isEqualTo("autoscaling");
    assertThat(scale.path("version").asText()).isEqualTo("v1");
    assertThat(scale.path("verbs")).isEqualTo(Wire.value("['get', 'patch', 'update']"));
  }

  @Test
  void aVersionThatIsNotThereIsNotFound() {
    api.get("/apis/apps/v9").is(404);
  }

  @Test
  void groupsAreListedInTheAggregatedForm() {
    Reply groups = api.request("GET", "/apis").accept(AGGREGATED).send().is(200);
    assertThat(groups.headers().firstValue("content-type").orElse("")).isEqualTo(AGGREGATED);
    assertThat(groups.text("/kind")).isEqualTo("APIGroupDiscoveryList");
    assertThat(groups.text("/apiVersion")).isEqualTo("apidiscovery.k8s.io/v2");
    JsonNode apps = named(groups.at("/items"), "apps");
    JsonNode version = apps.at("/versions/0");
    assertThat(version.path("version").asText()).isEqualTo("v1");
    assertThat(version.path("freshness").asText()).isEqualTo("Current");
    JsonNode deployments = named(version.path("resources"), "deployments");
    assertThat(deployments.at("/responseKind/kind").asText()).isEqualTo("Deployment");
    assertThat(deployments.path("scope").asText()).isEqualTo("Namespaced");
    assertThat(deployments.path("singularResource").asText()).isEqualTo("deployment");
    assertThat(deployments.path("shortNames")).isEqualTo(Wire.value("['deploy']"));
    assertThat(deployments.path("subresources").findValuesAsText("subresource"))
        .contains("scale", "status");
  }

  @Test
  void theCoreGroupIsListedInTheAggregatedForm() {
    Reply groups = api.request("GET", "/api").accept(AGGREGATED).send().is(200);
    JsonNode core = groups.at("/items/0");
    assertThat(core.at("/versions/0/version").asText()).isEqualTo("v1");
    named(core.at("/versions/0/resources"), "configmaps");
  }

  @Test
  void theAggregatedFormIsOneOfSeveralChoices() {
    Reply groups =
        api.request("GET", "/apis")
            .accept(
                "application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList,"
                    + AGGREGATED
                    + ",application/json")
            .send()
            .is(200);
    assertThat(groups.text("/kind")).isEqualTo("APIGroupDiscoveryList");
  }

  @Test
  void everyListedResourceCanBeListed() {
    for (String groupVersion :
        List.of(
            "/api/v1",
            "/apis/apps/v1",
            "/apis/autoscaling/v2",
            "/apis/coordination.k8s.io/v1",
            "/apis/discovery.k8s.io/v1",
            "/apis/networking.k8s.io/v1",
            "/apis/policy/v1",
            "/apis/rbac.authorization.k8s.io/v1",
            "/apis/admissionregistration.k8s.io/v1",
            "/apis/apiextensions.k8s.io/v1")) {
      for (JsonNode resource : api.get(groupVersion).is(200).at("/resources")) {
        if (resource.path("verbs").toString().contains("\"list\"")) {
          Reply list = api.get(groupVersion + "/" + resource.path("name").asText()).is(200);
          assertThat(list.text("/kind")).isEqualTo(resource.path("kind").asText() + "List");
        }
      }
    }
  }

  @Test
  void openApiDocumentsAreListed() {
    Reply index = api.get("/openapi/v3").is(200);
    assertThat(index.at("/paths").path("apis/apps/v1").path("serverRelativeURL").asText())
        .matches("/openapi/v3/apis/apps/v1\\?hash=.+");
    assertThat(index.at("/paths").has("api/v1")).isTrue();
  }

  @Test
  void anOpenApiDocumentDescribesItsKinds() {
    String where =
        api.get("/openapi/v3")
            .is(200)
            .at("/paths")
            .path("apis/apps/v1")
            .path("serverRelativeURL")
            .asText();
    Reply document = api.get(where).is(200);
    assertThat(document.text("/openapi")).startsWith("3.");
    JsonNode schema = document.at("/components/schemas").path("io.k8s.api.apps.v1.Deployment");
    assertThat(schema.at("/properties/spec").toString()).contains("DeploymentSpec");
    assertThat(schema.path("x-kubernetes-group-version-kind").toString())
        .contains("\"kind\":\"Deployment\"");
    assertThat(document.at("/paths").has("/apis/apps/v1/namespaces/{namespace}/deployments"))
        .isTrue();
  }

  @Test
  void openApiKnowsHowListsMerge() {
    JsonNode schemas = api.get("/openapi/v3/api/v1").is(200).at("/components/schemas");
    JsonNode containers = schemas.path("io.k8s.api.core.v1.PodSpec").at("/properties/containers");
    assertThat(containers.path("x-kubernetes-list-type").asText()).isEqualTo("map");
    assertThat(containers.path("x-kubernetes-list-map-keys")).isEqualTo(Wire.value("['name']"));
    assertThat(containers.path("x-kubernetes-patch-merge-key").asText()).isEqualTo("name");
    assertThat(containers.path("x-kubernetes-patch-strategy").asText()).isEqualTo("merge");
  }

  @Test
  void openApiDescribesKindsAndTheirFieldsInWords() {
    JsonNode schemas = api.get("/openapi/v3/api/v1").is(200).at("/components/schemas");
    JsonNode pod = schemas.path("io.k8s.api.core.v1.Pod");
    assertThat(pod.path("description").asText())
        .isEqualTo(
            "Pod is a collection of containers that can run on a host. This resource is created by"
                + " clients and scheduled onto hosts.");
    JsonNode metadata = pod.at("/properties/metadata");
    assertThat(metadata.path("description").asText()).startsWith("Standard object's metadata.");
    assertThat(metadata.at("/allOf/0/$ref").asText())
        .isEqualTo("#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
    for (String definition : List.of("Pod", "PodSpec", "Container", "ServicePort", "Secret")) {
      JsonNode described = schemas.path("io.k8s.api.core.v1." + definition);
      assertThat(described.path("description").asText()).as(definition).isNotEmpty();
      described
          .path("properties")
          .properties()
          .forEach(field ->
              assertThat(field.getValue().path("description").asText())
                  .as("%s.%s", definition, field.getKey())
                  .isNotEmpty());
    }
    JsonNode second =
        api.get("/openapi/v2").is(200).at("/definitions").path("io.k8s.api.core.v1.Pod");
    assertThat(second.path("description")).isEqualTo(pod.path("description"));
    assertThat(second.at("/properties/metadata/$ref").asText())
        .isEqualTo("#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
  }

  @Test
  void anOpenApiDocumentThatIsNotThereIsNotFound() {
    api.get("/openapi/v3/apis/nothing.example.com/v1").is(404);
  }

  @Test
  void openApiIsThereInItsSecondVersionToo() {
    Reply document = api.get("/openapi/v2").is(200);
    assertThat(document.text("/swagger")).isEqualTo("2.0");
    assertThat(document.at("/definitions").has("io.k8s.api.apps.v1.Deployment")).isTrue();
    assertThat(document.at("/paths").has("/api/v1/namespaces/{namespace}/pods/{name}")).isTrue();
  }
}
