package dev.bellows.controlplane.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.ConfigurationStatus;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.EndpointsBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PlainWritesTest {
  private AnsweringApi api;
  private PlainWrites writes;
  private int code = 200;
  private String answer = "{}";
  private String asked = "";
  private JsonNode sent = new ObjectMapper().createObjectNode();

  @BeforeEach
  void start() throws IOException {
    api = AnsweringApi.startForOneTry(this::answer);
    writes = new PlainWrites(api.client());
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  void anObjectIsCreatedWhereItsKindLivesAndItsVersionIsTold() {
    answer =
        "{\"kind\":\"ConfigMap\",\"metadata\":{\"labels\":{\"a\":\"b\"},\"resourceVersion\":\"42\"}}";
    assertThat(writes.create(map())).isEqualTo("42");
    assertThat(asked).isEqualTo("POST /api/v1/namespaces/default/configmaps application/json");
    assertThat(sent.at("/data/key").asText()).isEqualTo("value");
    assertThat(sent.at("/kind").asText()).isEqualTo("ConfigMap");
  }

  @Test
  void aKindThatIsAPluralAlreadyIsAskedForByItsName() {
    Endpoints endpoints =
        new EndpointsBuilder()
            .withNewMetadata()
            .withNamespace("default")
            .withName("it")
            .endMetadata()
            .build();
    writes.patch(endpoints, new ObjectMapper().createObjectNode().put("subsets", 1));
    assertThat(asked)
        .isEqualTo("PATCH /api/v1/namespaces/default/endpoints/it application/merge-patch+json");
    assertThat(sent).hasToString("{\"subsets\":1}");
  }

  @Test
  void aStatusGoesWithoutTheSpecButWithAllOfTheMetadata() {
    Configuration object = new Configuration();
    object.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace("default")
            .withName("it")
            .withUid("u")
            .withResourceVersion("7")
            .withLabels(Map.of("app", "it"))
            .build());
    object.setStatus(new ConfigurationStatus(1L, List.of(), Map.of(), null, "it-00001"));
    answer = "{\"metadata\":{\"resourceVersion\":\"8\"},\"status\":{}}";
    assertThat(writes.updateStatus(object)).isEqualTo("8");
    assertThat(asked)
        .isEqualTo(
            "PUT /apis/serving.knative.dev/v1/namespaces/default/configurations/it/status"
                + " application/json");
    assertThat(sent.at("/metadata/resourceVersion").asText()).isEqualTo("7");
    assertThat(sent.at("/metadata/labels/app").asText()).isEqualTo("it");
    assertThat(sent.path("metadata").has("managedFields")).isFalse();
    assertThat(sent.at("/status/latestCreatedRevisionName").asText()).isEqualTo("it-00001");
    assertThat(sent.properties().stream().map(Map.Entry::getKey))
        .containsExactly("apiVersion", "kind", "metadata", "status");
  }

  @Test
  void aRefusalKeepsTheServersWords() {
    code = 409;
    answer = "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"message\":\"somebody was faster\"}";
    KubernetesClientException refused = refused();
    assertThat(refused.getCode()).isEqualTo(409);
    assertThat(refused.getStatus().getMessage()).isEqualTo("somebody was faster");
  }

  @Test
  void aRefusalOfSomebodyInBetweenIsOneToo() {
    code = 413;
    answer = "<html>";
    KubernetesClientException refused = refused();
    assertThat(refused.getCode()).isEqualTo(413);
    assertThat(refused).hasMessage("the API server answers 413");
  }

  @Test
  void whereNobodyAnswersTheCodeIsZero() {
    api.stopAnswering();
    assertThat(refused().getCode()).isZero();
  }

  @Test
  void anAnswerWithoutAVersionHasNone() throws IOException {
    assertThat(PlainWrites.version(null)).isEmpty();
    for (String document : List.of("", "{}", "[]", "{\"metadata\":7}", "{\"metadata\":{}}")) {
      assertThat(PlainWrites.version(document.getBytes(StandardCharsets.UTF_8)))
          .as(document)
          .isEmpty();
    }
  }

  private KubernetesClientException refused() {
    return catchThrowableOfType(KubernetesClientException.class, () -> writes.create(map()));
  }

  private static ConfigMap map() {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withNamespace("default")
        .withName("it")
        .endMetadata()
        .addToData("key", "value")
        .build();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      asked =
          exchange.getRequestMethod()
              + " "
              + exchange.getRequestURI()
              + " "
              + exchange.getRequestHeaders().getFirst("Content-Type");
      sent = new ObjectMapper().readTree(body);
      byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(code, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }
}
