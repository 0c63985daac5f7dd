package dev.bellows.controlplane.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bellows.api.admission.Admission;
import dev.bellows.api.config.SystemConfig;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WebhookServerTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String HELLO =
      """
      {"apiVersion":"serving.knative.dev/v1","kind":"Service",
       "metadata":{"name":"hello","namespace":"default"},
       "spec":{"template":{"spec":{"containers":[{"image":"%s"}]}}}}
      """;
  private final Instant now = Instant.now();

  private final AtomicReference<SystemConfig> config = new AtomicReference<>(SystemConfig.DEFAULT);
  private final List<Pod> tried = new ArrayList<>();
  private Optional<String> refuseToCreate = Optional.empty();
  private ServingCertificate certificate = ServingCertificate.make(List.of("localhost"), now);
  private WebhookServer server;

  @BeforeEach
  void start() throws IOException {
    server =
        WebhookServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            new AdmissionReviews(new Admission(), config::get, this::dryRun));
    server.use(certificate);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void theDefaultingWebhookAnswersWithAPatchOfWhatItFilledIn() throws Exception {
    JsonNode response = review("/defaulting", "CREATE", HELLO.formatted("dev.local/hello"));
    assertThat(response.path("uid").asText()).isEqualTo("u-1");
    assertThat(response.path("allowed").asBoolean()).isTrue();
    assertThat(response.path("patchType").asText()).isEqualTo("JSONPatch");
    JsonNode patch = JSON.readTree(Base64.getDecoder().decode(response.path("patch").asText()));
    assertThat(patch).extracting(step -> step.path("path").asText()).contains("/spec");
    JsonNode metadata =
        patch
            .valueStream()
            .filter(step -> step.path("path").asText().equals("/metadata"))
            .findFirst()
            .orElseThrow()
            .path("value");
    assertThat(metadata.at("/annotations/serving.knative.dev~1creator").asText()).isEqualTo("ada");
  }

  @Test
  void aDryRunIsRefusedWithWhatKubernetesSaysOfThePod() throws Exception {
    refuseToCreate = Optional.of("no such pod here");
    JsonNode refused = review("/resource-validation", "CREATE", HELLO.formatted("a/b"), true);
    assertThat(refused.path("allowed").asBoolean()).isFalse();
    assertThat(refused.at("/status/message").asText())
        .isEqualTo(
            "validation callback failed: dry run failed with no such pod here: spec.template");
    assertThat(tried)
        .singleElement()
        .satisfies(pod -> {
          assertThat(pod.getMetadata().getGenerateName()).isEqualTo("hello-");
          assertThat(pod.getMetadata().getNamespace()).isEqualTo("default");
          assertThat(pod.getSpec().getContainers())
              .extracting(container -> container.getName())
              .contains("queue-proxy");
        });
    refuseToCreate = Optional.empty();
    assertThat(
            review("/resource-validation", "CREATE", HELLO.formatted("a/b"), true)
                .path("allowed")
                .asBoolean())
        .isTrue();
  }

  @Test
  void aPodIsTriedInDryRunsOfWhatAPersonWritesAlone() throws Exception {
    refuseToCreate = Optional.of("no such pod here");
    String configuration =
        HELLO
            .formatted("a/b")
            .replace("\"Service\"", "\"Configuration\"")
            .replace(
                "\"name\":\"hello\"",
                "\"name\":\"hello\",\"labels\":{\"serving.knative.dev/service\":\"hello\"},"
                    + "\"ownerReferences\":[{\"apiVersion\":\"serving.knative.dev/v1\","
                    + "\"kind\":\"Service\",\"name\":\"hello\",\"uid\":\"1\"}]");
    assertThat(
            review("/resource-validation", "CREATE", configuration, true)
                .path("allowed")
                .asBoolean())
        .isTrue();
    assertThat(
            review("/resource-validation", "CREATE", HELLO.formatted("a/b"))
                .path("allowed")
                .asBoolean())
        .isTrue();
    assertThat(tried).isEmpty();
  }

  private Optional<String> dryRun(Pod pod) {
    tried.add(pod);
    return refuseToCreate;
  }

  @Test
  void theValidatingWebhookGivesTheReasonWithoutItsNameWhichTheServerAdds() throws Exception {
    JsonNode response = review("/resource-validation", "CREATE", HELLO.formatted("a b"));
    assertThat(response.path("allowed").asBoolean()).isFalse();
    assertThat(response.at("/status/code").asInt()).isEqualTo(400);
    assertThat(response.at("/status/message").asText())
        .startsWith("validation failed: Failed to parse image reference: ");
  }

  @Test
  void aConfigMapOfTheSystemIsHeldToItsRules() throws Exception {
    JsonNode response =
        review(
            "/config-validation",
            "UPDATE",
            """
            {"apiVersion":"v1","kind":"ConfigMap",
             "metadata":{"name":"config-autoscaler","namespace":"knative-serving",
               "labels":{"app.kubernetes.io/name":"knative-serving"}},
             "data":{"max-scale-up-rate":"0.5"}}
            """);
    assertThat(response.at("/status/message").asText())
        .isEqualTo("validation failed: max-scale-up-rate = 0.5, must be greater than 1.0");
  }

  @Test
  void aDeletionPasses() throws Exception {
    assertThat(review("/resource-validation", "DELETE", "null").path("allowed").asBoolean())
        .isTrue();
  }

  @Test
  void whatIsNoReviewIsRefusedWithTheReason() throws Exception {
    assertThat(post("/defaulting", "{\"apiVersion\":\"v1\"}"))
        .satisfies(answer -> assertThat(answer.statusCode()).isEqualTo(400))
        .satisfies(answer ->
            assertThat(answer.body())
                .isEqualTo("this is no AdmissionReview of" + " admission.k8s.io/v1\n"));
    assertThat(post("/defaulting", "[[[[").statusCode()).isEqualTo(400);
    assertThat(post("/defaulting", "[".repeat(100_000)).statusCode()).isEqualTo(400);
    assertThat(post("/", "{}").statusCode()).isEqualTo(404);
    assertThat(
            client()
                .send(request("/defaulting").GET().build(), HttpResponse.BodyHandlers.ofString())
                .statusCode())
        .isEqualTo(405);
  }

  @Test
  void aBodyPastTheLimitIsRefused() throws Exception {
    assertThat(post("/defaulting", " ".repeat((8 << 20) + 1)).statusCode()).isEqualTo(413);
  }

  @Test
  void aNewCertificateServesTheNextConnection() throws Exception {
    assertThat(post("/", "{}").statusCode()).isEqualTo(404);
    HttpClient trustingTheOld = client();
    certificate = ServingCertificate.make(List.of("localhost"), now);
    server.use(certificate);
    assertThat(post("/", "{}").statusCode()).isEqualTo(404);
    assertThatThrownBy(() ->
            trustingTheOld.send(request("/").GET().build(), HttpResponse.BodyHandlers.ofString()))
        .isInstanceOf(SSLException.class);
  }

  @Test
  void aCertificateSurvivesItsTextForm() throws Exception {
    assertThat(ServingCertificate.read(certificate.certificatePem(), certificate.keyPem()))
        .isEqualTo(certificate);
  }

  private JsonNode review(String path, String operation, String object) throws Exception {
    return review(path, operation, object, false);
  }

  private JsonNode review(String path, String operation, String object, boolean isDryRun)
      throws Exception {
    String review =
        """
        {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{
          "uid":"u-1","operation":"%s","kind":%s,"userInfo":{"username":"ada"},"dryRun":%b,
          "object":%s}}
        """
            .formatted(operation, kind(object), isDryRun, object);
    HttpResponse<String> answer = post(path, review);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body()).path("response");
  }

  private static String kind(String object) throws IOException {
    JsonNode read = JSON.readTree(object);
    String apiVersion = read.path("apiVersion").asText();
    return JSON.createObjectNode()
        .put("group", apiVersion.contains("/") ? apiVersion.split("/", 2)[0] : "")
        .put("kind", read.path("kind").asText())
        .toString();
  }

  private HttpResponse<String> post(String path, String body) throws Exception {
    return client()
        .send(
            request(path).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
            HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(
        URI.create("https://localhost:" + server.address().getPort() + path));
  }

  /** One that trusts the certificate in force, and so has to connect anew. */
  private HttpClient client() throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("webhook", certificate.certificate());
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, factory.getTrustManagers(), null);
    return HttpClient.newBuilder().sslContext(context).build();
  }
}
