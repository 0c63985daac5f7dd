package dev.bellows.api.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.admission.AdmissionOutcome.Admitted;
import dev.bellows.api.admission.AdmissionOutcome.Denied;
import dev.bellows.api.config.SystemConfig;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the recorded cases do not reach: the answer as a caller sees it, and the other kinds. */
class AdmissionTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String HELLO =
      """
      {"apiVersion":"serving.knative.dev/v1","kind":"Service",
       "metadata":{"name":"hello","namespace":"default"},
       "spec":{"template":{"spec":{"containers":[{"image":"dev.local/helloworld"}]}}}}
      """;

  @Test
  void anErrorIsAnsweredLikeTheWebhookWould() {
    assertThat(create(HELLO.replace("dev.local/helloworld", "a b")))
        .isEqualTo(
            new Denied(
                400,
                "validation.webhook.serving.knative.dev",
                "validation failed: Failed to parse image reference:"
                    + " spec.template.spec.containers[0].image\n"
                    + "image: \"a b\", error: could not parse reference: a b"));
  }

  @Test
  void theDefaultingWebhookLeavesTheRulesToTheValidatingOne() {
    AdmissionRequest bad =
        request(Operation.CREATE, "Service", null, read(HELLO.replace("dev.local/hello", "a b")));
    assertThat(admitted(new Admission().complete(bad)).at("/spec/traffic/0/percent").asInt())
        .isEqualTo(100);
    assertThat(message(new Admission().validate(bad)))
        .startsWith(
            "admission webhook \"validation.webhook.serving.knative.dev\" denied the request: ")
        .contains("Failed to parse image reference");
  }

  @Test
  void theValidatingWebhookAdmitsWhatTheDefaultingOneMade() {
    AdmissionRequest sent = request(Operation.CREATE, "Service", null, read(HELLO));
    ObjectNode completed = admitted(new Admission().complete(sent));
    AdmissionRequest then = request(Operation.CREATE, "Service", null, completed);
    assertThat(admitted(new Admission().validate(then))).isEqualTo(completed);
  }

  @Test
  void theObjectThatWasSentStaysAsItWas() {
    ObjectNode sent = read(HELLO);
    new Admission().admit(request(Operation.CREATE, "Service", null, sent));
    assertThat(sent).isEqualTo(read(HELLO));
  }

  @Test
  void applyingTheSameManifestAgainChangesNothing() {
    ObjectNode stored =
        admitted(
            create(
                HELLO.replace(
                    "\"image\"", "\"resources\":{\"limits\":{\"cpu\":\"0.5\"}},\"image\"")));
    assertThat(
            admitted(new Admission().admit(request(Operation.UPDATE, "Service", stored, stored))))
        .isEqualTo(stored);
    assertThat(stored.at("/spec/template/spec/containers/0/resources/limits/cpu").asText())
        .isEqualTo("500m");
  }

  @Test
  void aWarningDoesNotRefuse() {
    assertThat(create(HELLO))
        .isInstanceOfSatisfying(
            Admitted.class,
            admitted ->
                assertThat(admitted.warnings())
                    .singleElement()
                    .asString()
                    .startsWith("Kubernetes default value is insecure"));
  }

  @Test
  void changingATemplateUnderItsNameSaysWhatChanged() {
    String named =
        HELLO.replace("\"template\":{", "\"template\":{\"metadata\":{\"name\":\"hello-one\"},");
    ObjectNode stored = admitted(create(named));
    ObjectNode changed = stored.deepCopy();
    ((ObjectNode) changed.at("/spec/template/spec")).put("timeoutSeconds", 10);
    assertThat(
            message(new Admission().admit(request(Operation.UPDATE, "Service", stored, changed))))
        .contains("spec.template.metadata.name\nspec.timeoutSeconds: -300 +10");
  }

  @Test
  void aRevisionsNameBeginsWithItsParents() {
    assertThat(
            message(
                create(
                    HELLO.replace(
                        "\"template\":{", "\"template\":{\"metadata\":{\"name\":\"other-1\"},"))))
        .contains(
            "invalid value: \"other-1\" must have prefix \"hello-\": "
                + "spec.template.metadata.name");
  }

  @Test
  void onlyItsOwnerMayBeNamedInALabel() {
    assertThat(
            message(
                admit(
                    "Configuration",
                    HELLO.replace(
                        "\"name\":\"hello\"",
                        "\"name\":\"hello\",\"labels\":{\"serving.knative.dev/service\":\"x\"}"))))
        .contains("missing field(s): metadata.labels.serving.knative.dev/service");
  }

  @Test
  void aPodAutoscalerIsOfTheConfiguredClassAndKnowsItsMetric() {
    ObjectNode autoscaler =
        admitted(
            admitInternal(
                "autoscaling.internal.knative.dev",
                "PodAutoscaler",
                """
                {"metadata":{"name":"a"},"spec":{"protocolType":"http1",
                 "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"a"}}}
                """));
    JsonNode annotations = autoscaler.at("/metadata/annotations");
    assertThat(annotations.path("autoscaling.knative.dev/class").asText())
        .isEqualTo("kpa.autoscaling.knative.dev");
    assertThat(annotations.path("autoscaling.knative.dev/metric").asText())
        .isEqualTo("concurrency");
  }

  @Test
  void anIngressIsCompletedAndItsShareMustBeWhole() {
    String ingress =
        """
        {"metadata":{"name":"a","namespace":"n"},"spec":{"rules":[{"hosts":["h"],
         "http":{"paths":[{"splits":[{"serviceNamespace":"n","serviceName":"s",
         "servicePort":80}]}]}}]}}
        """;
    ObjectNode completed =
        admitted(admitInternal("networking.internal.knative.dev", "Ingress", ingress));
    assertThat(completed.at("/spec/httpOption").asText()).isEqualTo("Enabled");
    assertThat(completed.at("/spec/rules/0/visibility").asText()).isEqualTo("ExternalIP");
    assertThat(completed.at("/spec/rules/0/http/paths/0/splits/0/percent").asInt()).isEqualTo(100);
    assertThat(
            message(
                admitInternal(
                    "networking.internal.knative.dev",
                    "Ingress",
                    ingress.replace("\"servicePort\":80", "\"servicePort\":80,\"percent\":40"))))
        .contains("must total to 100, but was 40: spec.rules[0].http.paths[0].splits");
  }

  @Test
  void aServerlessServiceHasAModeThatExists() {
    assertThat(
            message(
                admitInternal(
                    "networking.internal.knative.dev",
                    "ServerlessService",
                    """
                    {"metadata":{"name":"a"},"spec":{"mode":"Sleep","protocolType":"http1",
                     "numActivators":-1,
                     "objectRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"a"}}}
                    """)))
        .contains("invalid value: Sleep: spec.mode")
        .contains("invalid value: -1: spec.numActivators");
  }

  @Test
  void aDomainMappingLeadsIntoItsOwnNamespace() {
    String mapping =
        """
        {"metadata":{"name":"shop.example.org","namespace":"n"},"spec":{"ref":
         {"kind":"Service","name":"hello","apiVersion":"serving.knative.dev/v1"}}}
        """;
    assertThat(admitted(admit("DomainMapping", mapping)).at("/spec/ref/namespace").asText())
        .isEqualTo("n");
    assertThat(
            message(
                admit(
                    "DomainMapping", mapping.replace("\"kind\"", "\"namespace\":\"m\",\"kind\""))))
        .contains("spec.ref.namespace");
    assertThat(message(admit("DomainMapping", mapping.replace("shop.example.org", "shop"))))
        .contains("metadata.name");
    assertThat(
            message(admit("DomainMapping", mapping.replace("example.org", "n.svc.cluster.local"))))
        .contains("cluster local domain");
  }

  @Test
  void otherPeoplesKindsAndDeletionsPass() {
    ObjectNode pod = read("{\"spec\":{\"containers\":\"none\"}}");
    assertThat(
            new Admission()
                .admit(
                    new AdmissionRequest(
                        Operation.CREATE, "", "Pod", null, pod, "", SystemConfig.DEFAULT)))
        .isInstanceOf(Admitted.class);
    assertThat(
            new Admission()
                .admit(request(Operation.DELETE, "Service", null, read("{\"spec\":{}}"))))
        .isInstanceOf(Admitted.class);
  }

  // A manifest may be anything that is JSON: admission answers, it does not fail.
  @Test
  void shapelessManifestsAreAnsweredNotThrown() {
    for (String shapeless :
        new String[] {
          "{}",
          "{\"spec\":null}",
          "{\"metadata\":3,\"spec\":[]}",
          "{\"spec\":{\"template\":\"x\",\"traffic\":{\"a\":1}}}",
          "{\"spec\":{\"template\":{\"spec\":{\"containers\":[null,3,{\"ports\":7}]}}}}"
        }) {
      for (String kind :
          new String[] {"Service", "Configuration", "Revision", "Route", "DomainMapping"}) {
        assertThat(admit(kind, shapeless)).as(kind + " " + shapeless).isInstanceOf(Denied.class);
      }
    }
  }

  @Test
  void theLimitsInForceAreThoseOfTheConfigMaps() {
    SystemConfig strict =
        SystemConfig.of(Map.of("config-defaults", Map.of("container-concurrency-max-limit", "5")));
    ObjectNode service = read(HELLO);
    ((ObjectNode) service.at("/spec/template/spec")).put("containerConcurrency", 6);
    assertThat(
            message(
                new Admission()
                    .admit(
                        new AdmissionRequest(
                            Operation.CREATE,
                            "serving.knative.dev",
                            "Service",
                            null,
                            service,
                            "",
                            strict))))
        .contains("expected 0 <= 6 <= 5");
  }

  private static AdmissionOutcome create(String manifest) {
    return admit("Service", manifest);
  }

  private static AdmissionOutcome admit(String kind, String manifest) {
    return new Admission().admit(request(Operation.CREATE, kind, null, read(manifest)));
  }

  private static AdmissionOutcome admitInternal(String group, String kind, String manifest) {
    return new Admission()
        .admit(
            new AdmissionRequest(
                Operation.CREATE,
                group,
                kind,
                null,
                read(manifest),
                "system",
                SystemConfig.DEFAULT));
  }

  private static AdmissionRequest request(
      Operation operation, String kind, @Nullable ObjectNode old, ObjectNode object) {
    return new AdmissionRequest(
        operation, "serving.knative.dev", kind, old, object, "ada", SystemConfig.DEFAULT);
  }

  private static ObjectNode admitted(AdmissionOutcome outcome) {
    return switch (outcome) {
      case Admitted(ObjectNode object, var _) -> object;
      case Denied denied -> throw new AssertionError(denied.message());
    };
  }

  private static String message(AdmissionOutcome outcome) {
    return switch (outcome) {
      case Admitted(ObjectNode object, var _) -> throw new AssertionError("admitted " + object);
      case Denied denied -> denied.message();
    };
  }

  private static ObjectNode read(String json) {
    try {
      return (ObjectNode) JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }
}
