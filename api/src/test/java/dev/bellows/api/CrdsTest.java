package dev.bellows.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.serving.ServiceSpec;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CrdsTest {
  private static final Map<String, ObjectNode> CRDS =
      Crds.all().stream()
          .collect(Collectors.toMap(crd -> crd.at("/metadata/name").asText(), crd -> crd));

  private static final Path WRITTEN =
      Path.of("src", "main", "resources", "dev", "bellows", "api", "crds.json");

  /** Rewrites the resource instead of checking it: -Dcrds=write. */
  @Test
  void areWhatTheTypesSay() throws Exception {
    ObjectWriter writer = new ObjectMapper().writerWithDefaultPrettyPrinter();
    String made = writer.writeValueAsString(CrdManifests.all()) + "\n";
    if (System.getProperty("crds", "").equals("write")) {
      Files.writeString(WRITTEN, made);
    }
    assertThat(Files.readString(WRITTEN))
        .as(
            "out of date; write it anew: mvn -pl api -am test -Dtest=CrdsTest -Dcrds=write"
                + " -Dsurefire.failIfNoSpecifiedTests=false")
        .isEqualTo(made);
  }

  @Test
  void namesEveryKindAsUpstreamDoes() {
    assertThat(CRDS)
        .containsOnlyKeys(
            "services.serving.knative.dev",
            "configurations.serving.knative.dev",
            "revisions.serving.knative.dev",
            "routes.serving.knative.dev",
            "domainmappings.serving.knative.dev",
            "ingresses.networking.internal.knative.dev",
            "serverlessservices.networking.internal.knative.dev",
            "certificates.networking.internal.knative.dev",
            "clusterdomainclaims.networking.internal.knative.dev",
            "podautoscalers.autoscaling.internal.knative.dev",
            "metrics.autoscaling.internal.knative.dev",
            "images.caching.internal.knative.dev");
    JsonNode names = crd("services.serving.knative.dev").at("/spec/names");
    assertThat(names.at("/shortNames").toString()).isEqualTo("[\"kservice\",\"ksvc\"]");
    assertThat(names.at("/categories").toString()).isEqualTo("[\"all\",\"knative\",\"serving\"]");
    assertThat(crd("clusterdomainclaims.networking.internal.knative.dev").at("/spec/scope"))
        .hasToString("\"Cluster\"");
  }

  /** Each line: the CRD, its short names, its categories, its columns (serving spec, section 1). */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "services.serving.knative.dev/v1|kservice ksvc|all knative serving"
            + "|URL, LatestCreated, LatestReady, Ready, Reason",
        "configurations.serving.knative.dev/v1|config cfg|all knative serving"
            + "|LatestCreated, LatestReady, Ready, Reason",
        "revisions.serving.knative.dev/v1|rev|all knative serving"
            + "|Config Name, Generation, Ready, Reason, Actual Replicas, Desired Replicas",
        "routes.serving.knative.dev/v1|rt|all knative serving|URL, Ready, Reason",
        "domainmappings.serving.knative.dev/v1beta1|dm|all knative serving|URL, Ready, Reason",
        "ingresses.networking.internal.knative.dev/v1alpha1|kingress king"
            + "|knative-internal networking|Ready, Reason",
        "serverlessservices.networking.internal.knative.dev/v1alpha1|sks"
            + "|knative-internal networking"
            + "|Mode, Activators, ServiceName, PrivateServiceName, Ready, Reason",
        "certificates.networking.internal.knative.dev/v1alpha1|kcert"
            + "|knative-internal networking|Ready, Reason",
        "clusterdomainclaims.networking.internal.knative.dev/v1alpha1|cdc"
            + "|knative-internal networking|-",
        "podautoscalers.autoscaling.internal.knative.dev/v1alpha1|kpa pa"
            + "|knative-internal autoscaling|DesiredScale, ActualScale, Ready, Reason",
        "metrics.autoscaling.internal.knative.dev/v1alpha1|-|knative-internal autoscaling"
            + "|Ready, Reason",
        "images.caching.internal.knative.dev/v1alpha1|-|knative-internal caching|Image",
      })
  void showsEveryKindAsUpstreamDoes(
      String nameAndVersion,
      @Nullable String shortNames,
      String categories,
      @Nullable String columns) {
    String[] parts = nameAndVersion.split("/", -1);
    ObjectNode crd = crd(parts[0]);
    assertThat(crd.at("/spec/versions"))
        .singleElement()
        .satisfies(version -> {
          assertThat(version.path("name").asText()).isEqualTo(parts[1]);
          assertThat(version.path("served").asBoolean()).isTrue();
          assertThat(version.path("storage").asBoolean()).isTrue();
          assertThat(version.at("/subresources/status").isObject()).isTrue();
          assertThat(texts(version.path("additionalPrinterColumns").findValues("name"), ", "))
              .isEqualTo(Objects.requireNonNullElse(columns, ""));
        });
    assertThat(texts(crd.at("/spec/names/shortNames"), " "))
        .isEqualTo(Objects.requireNonNullElse(shortNames, ""));
    assertThat(texts(crd.at("/spec/names/categories"), " ")).isEqualTo(categories);
    assertThat(crd.at("/metadata/labels").path("knative.dev/crd-install").asText())
        .isEqualTo("true");
  }

  @Test
  void labelsWhatCanBeAddressedAndWhatHasAPod() {
    assertThat(labelled("duck.knative.dev/addressable"))
        .containsExactlyInAnyOrder("services.serving.knative.dev", "routes.serving.knative.dev");
    assertThat(labelled("duck.knative.dev/podspecable"))
        .containsExactlyInAnyOrder(
            "services.serving.knative.dev", "configurations.serving.knative.dev");
  }

  @Test
  void mergesListsOfAPodByTheirKeys() {
    JsonNode container = pod("containers").path("items").path("properties");
    assertThat(pod("containers").path("x-kubernetes-list-type").asText()).isEqualTo("atomic");
    assertThat(keys(container.path("env"))).containsExactly("name");
    assertThat(keys(container.path("volumeMounts"))).containsExactly("mountPath");
    assertThat(keys(pod("volumes"))).containsExactly("name");
    assertThat(keys(pod("imagePullSecrets"))).containsExactly("name");
  }

  @Test
  void requiresWhatUpstreamRequires() {
    assertThat(required("domainmappings.serving.knative.dev")).contains("ref");
    assertThat(required("certificates.networking.internal.knative.dev"))
        .contains("dnsNames", "secretName");
    assertThat(required("serverlessservices.networking.internal.knative.dev"))
        .contains("objectRef", "protocolType");
  }

  private static String texts(Iterable<JsonNode> list, String between) {
    List<String> texts = new ArrayList<>();
    list.forEach(each -> texts.add(each.asText()));
    return String.join(between, texts);
  }

  private static List<String> labelled(String label) {
    return CRDS.entrySet().stream()
        .filter(each -> each.getValue().at("/metadata/labels").path(label).asBoolean())
        .map(Map.Entry::getKey)
        .toList();
  }

  private static List<String> keys(JsonNode list) {
    assertThat(list.path("x-kubernetes-list-type").asText()).isEqualTo("map");
    return list.path("x-kubernetes-list-map-keys").valueStream().map(JsonNode::asText).toList();
  }

  private static List<String> required(String name) {
    return crd(name)
        .at("/spec/versions/0/schema/openAPIV3Schema/properties/spec/required")
        .valueStream()
        .map(JsonNode::asText)
        .toList();
  }

  @Test
  void isReadByTheClientsOwnModel() throws Exception {
    for (ObjectNode crd : CRDS.values()) {
      var read = new ObjectMapper().treeToValue(crd, CustomResourceDefinition.class);
      var version = read.getSpec().getVersions().getFirst();
      assertThat(version.getSchema().getOpenAPIV3Schema().getProperties())
          .as(read.getMetadata().getName())
          .containsKeys("spec");
      assertThat(version.getSubresources().getStatus()).isNotNull();
    }
  }

  @Test
  void keepsOfAContainerWhatKnativeAccepts() {
    JsonNode container = pod("containers").at("/items/properties");
    assertThat(container.has("image")).isTrue();
    assertThat(container.has("lifecycle")).isFalse();
    assertThat(container.has("stdin")).isFalse();
    assertThat(container.at("/ports/items/properties").has("hostPort")).isFalse();
    assertThat(container.at("/ports/items/properties/protocol/default").asText()).isEqualTo("TCP");
    assertThat(container.at("/readinessProbe/properties/grpc/properties/service/default"))
        .hasToString("\"\"");
    assertThat(container.at("/env/x-kubernetes-list-map-keys").toString()).isEqualTo("[\"name\"]");
  }

  @Test
  void standsTheFieldsOfAPodSpecBesideKnativesOwn() {
    assertThat(pod("containerConcurrency").path("format").asText()).isEqualTo("int64");
    assertThat(pod("podSpec").isMissingNode()).isTrue();
    assertThat(template().at("/properties/spec/required").toString()).isEqualTo("[\"containers\"]");
  }

  @Test
  void keepsWhateverAFeatureMayAdmit() {
    for (String field : List.of("affinity", "dnsConfig", "securityContext")) {
      assertThat(pod(field).path("x-kubernetes-preserve-unknown-fields").asBoolean())
          .as(field)
          .isTrue();
    }
    for (String field :
        List.of("hostAliases", "initContainers", "tolerations", "topologySpreadConstraints")) {
      assertThat(pod(field).at("/items/x-kubernetes-preserve-unknown-fields").asBoolean())
          .as(field)
          .isTrue();
    }
    assertThat(
            template().at("/properties/metadata/x-kubernetes-preserve-unknown-fields").asBoolean())
        .isTrue();
  }

  @Test
  void describesEachFieldInASentence() {
    List<String> silent = new ArrayList<>();
    CRDS.forEach((name, crd) ->
        crd.at("/spec/versions/0/schema/openAPIV3Schema/properties")
            .properties()
            .forEach(each -> {
              if (!each.getKey().equals("metadata")) {
                findSilent(name + "." + each.getKey(), each.getValue(), silent);
              }
            }));
    assertThat(silent).isEmpty();
  }

  // Every schema must have a type or be int-or-string: the API server calls that structural.
  @Test
  void isStructural() {
    List<String> untyped = new ArrayList<>();
    CRDS.forEach((name, crd) ->
        findUntyped(name, crd.at("/spec/versions/0/schema/openAPIV3Schema"), untyped));
    assertThat(untyped).isEmpty();
  }

  @Test
  void refusesToForgetAKubernetesType() {
    var nothingMarked = new Schemas(JsonNodeFactory.instance.objectNode());
    assertThatThrownBy(() -> nothingMarked.of(ServiceSpec.class))
        .hasMessageContaining("ObjectMeta");
  }

  private static ObjectNode crd(String name) {
    return Objects.requireNonNull(CRDS.get(name), name);
  }

  private static JsonNode template() {
    return crd("services.serving.knative.dev")
        .at("/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/template");
  }

  private static JsonNode pod(String field) {
    return template().at("/properties/spec/properties").path(field);
  }

  private static void findSilent(String path, JsonNode schema, List<String> silent) {
    if (!schema.has("description")) {
      silent.add(path);
    }
    JsonNode holder = schema.has("items") ? schema.path("items") : schema;
    holder
        .path("properties")
        .properties()
        .forEach(each -> findSilent(path + "." + each.getKey(), each.getValue(), silent));
  }

  private static void findUntyped(String path, JsonNode schema, List<String> untyped) {
    if (!schema.has("type") && !schema.path("x-kubernetes-int-or-string").asBoolean()) {
      untyped.add(path);
    }
    schema
        .path("properties")
        .properties()
        .forEach(each -> findUntyped(path + "." + each.getKey(), each.getValue(), untyped));
    for (String inner : List.of("items", "additionalProperties")) {
      if (schema.has(inner)) {
        findUntyped(path + "[]", schema.path(inner), untyped);
      }
    }
  }
}
