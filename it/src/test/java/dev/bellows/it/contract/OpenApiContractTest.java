package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The document of the second version, in JSON and as {@code openapi.v2.Document} in protobuf. */
class OpenApiContractTest extends ContractTest {
  private static final String SECOND = "/openapi/v2";
  private static final String PROTOBUF =
      "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  // Fields of Document, Schema and the maps of both.
  private static final int SWAGGER = 1;
  private static final int PATHS = 8;
  private static final int DEFINITIONS = 9;
  private static final int ENTRY = 1;
  private static final int ENTRY_OF_PATHS = 2;
  private static final int REF = 1;
  private static final int DESCRIPTION = 4;
  private static final int REQUIRED = 19;
  private static final int ENUM = 20;
  private static final int TYPE = 22;
  private static final int ITEMS = 23;
  private static final int PROPERTIES = 25;
  private static final int EXTENSION = 31;

  private ProtobufMessage document() {
    HttpResponse<byte[]> reply = get(PROTOBUF);
    assertThat(reply.statusCode()).isEqualTo(200);
    return new ProtobufMessage(reply.body());
  }

  private HttpResponse<byte[]> get(String accept) {
    return api.request("GET", SECOND).accept(accept).sendForBytes();
  }

  /** Values of any type are texts in YAML. */
  private static JsonNode yaml(String text) {
    try {
      return new YAMLMapper().readTree(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError("no YAML: " + text, e);
    }
  }

  private static String type(HttpResponse<?> reply) {
    return reply.headers().firstValue("content-type").orElse("");
  }

  private static ProtobufMessage definition(ProtobufMessage document, String name) {
    return document.message(DEFINITIONS).entry(ENTRY, name);
  }

  private static ProtobufMessage property(ProtobufMessage schema, String name) {
    return schema.message(PROPERTIES).entry(ENTRY, name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
        PROTOBUF,
        PROTOBUF + ", application/json"
      })
  void theSecondVersionIsThereInProtobufByBothItsNames(String accept) {
    HttpResponse<byte[]> reply = get(accept);
    assertThat(reply.statusCode()).isEqualTo(200);
    assertThat(type(reply)).isEqualTo(PROTOBUF);
    assertThat(new ProtobufMessage(reply.body()).text(SWAGGER)).isEqualTo("2.0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/json", "*/*", "application/json, " + PROTOBUF})
  void itIsThereInJsonForAllOthers(String accept) {
    HttpResponse<byte[]> reply = get(accept);
    assertThat(reply.statusCode()).isEqualTo(200);
    assertThat(type(reply)).isEqualTo("application/json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/plain", "application/vnd.kubernetes.protobuf"})
  void itIsThereInNoOtherForm(String accept) {
    assertThat(get(accept).statusCode()).isEqualTo(406);
  }

  @Test
  void bothFormsSayTheSameOfAKind() {
    ProtobufMessage document = document();
    JsonNode json = api.get(SECOND).is(200).at("/definitions").path("io.k8s.api.core.v1.Pod");
    ProtobufMessage pod = definition(document, "io.k8s.api.core.v1.Pod");
    assertThat(pod.text(DESCRIPTION)).isEqualTo(json.path("description").asText()).isNotEmpty();
    assertThat(pod.message(TYPE).text(1)).isEqualTo("object");
    assertThat(property(pod, "spec").text(REF))
        .isEqualTo("#/definitions/io.k8s.api.core.v1.PodSpec");
    ProtobufMessage kind = pod.entry(EXTENSION, "x-kubernetes-group-version-kind");
    assertThat(yaml(kind.text(2)))
        .isEqualTo(Wire.value("[{group: '', kind: 'Pod', version: 'v1'}]"));
    ProtobufMessage spec = definition(document, "io.k8s.api.core.v1.PodSpec");
    assertThat(spec.texts(REQUIRED)).containsExactly("containers");
    assertThat(property(spec, "containers").message(ITEMS).message(1).text(REF))
        .isEqualTo("#/definitions/io.k8s.api.core.v1.Container");
  }

  @Test
  void whatIsANumberOrATextIsATextInTheSecondVersion() {
    ProtobufMessage document = document();
    for (String name :
        List.of(
            "io.k8s.apimachinery.pkg.api.resource.Quantity",
            "io.k8s.apimachinery.pkg.util.intstr.IntOrString")) {
      assertThat(definition(document, name).message(TYPE).text(1)).as(name).isEqualTo("string");
    }
  }

  @Test
  void thePathsAreThereInProtobuf() {
    ProtobufMessage path =
        document()
            .message(PATHS)
            .entry(ENTRY_OF_PATHS, "/api/v1/namespaces/{namespace}/pods/{name}");
    int patch = 8;
    int extensionOfOperation = 13;
    ProtobufMessage action = path.message(patch).entry(extensionOfOperation, "x-kubernetes-action");
    assertThat(yaml(action.text(2)).asText()).isEqualTo("patch");
  }

  @Test
  void aCustomKindIsDescribedAsFarAsTheSecondVersionCan() {
    String group = unique("openapi") + ".example.com";
    ObjectNode definition =
        Wire.object(
            """
            {apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition',
             metadata: {name: 'lamps.%1$s'}, spec: {group: '%1$s', scope: 'Namespaced',
              names: {plural: 'lamps', singular: 'lamp', kind: 'Lamp'},
              versions: [{name: 'v1', served: true, storage: true, schema: {openAPIV3Schema: {
                type: 'object', properties: {spec: {type: 'object',
                 required: ['colour', 'maybe'], properties: {
                  colour: {type: 'string', enum: ['red', 'blue'], description: 'of the light'},
                  maybe: {type: 'string', nullable: true},
                  free: {type: 'object', 'x-kubernetes-preserve-unknown-fields': true,
                   properties: {known: {type: 'string'}}},
                  one: {type: 'object', properties: {a: {type: 'string'}},
                   oneOf: [{required: ['a']}]}}}}}}}]}}
            """,
            group);
    api.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition).is(201);
    backend.deleteAtEnd("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/lamps." + group);
    String name = String.join(".", List.of(group.split("\\.", -1)).reversed()) + ".v1.Lamp";
    await().atMost(PATIENCE).until(() -> api.get(SECOND).is(200).at("/definitions").has(name));
    JsonNode json = api.get(SECOND).at("/definitions").path(name).path("properties").path("spec");
    assertThat(json)
        .isEqualTo(
            Wire.object(
                """
                {type: 'object', required: ['colour'], properties: {
                  colour: {type: 'string', enum: ['red', 'blue'], description: 'of the light'},
                  maybe: {},
                  free: {'x-kubernetes-preserve-unknown-fields': true},
                  one: {type: 'object', properties: {a: {type: 'string'}}}}}
                """));
    ProtobufMessage spec = property(definition(document(), name), "spec");
    assertThat(spec.texts(REQUIRED)).containsExactly("colour");
    assertThat(property(spec, "colour").messages(ENUM))
        .extracting(any -> yaml(any.text(2)).asText())
        .containsExactly("red", "blue");
    assertThat(property(spec, "maybe").has(TYPE)).isFalse();
  }
}
