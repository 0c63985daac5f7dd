package dev.bellows.controlplane.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.admission.Admission;
import dev.bellows.api.admission.AdmissionOutcome;
import dev.bellows.api.admission.AdmissionOutcome.Admitted;
import dev.bellows.api.admission.AdmissionOutcome.Denied;
import dev.bellows.api.admission.AdmissionRequest;
import dev.bellows.api.admission.Operation;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.controlplane.reconcile.revision.TrialPod;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers {@code AdmissionReview}s of {@code admission.k8s.io/v1} under the settings of the moment.
 * Safe to call from any thread.
 */
final class AdmissionReviews {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String API_VERSION = "admission.k8s.io/v1";

  private final Admission admission;
  private final Supplier<SystemConfig> config;
  private final Function<Pod, Optional<String>> dryRun;

  /**
   * @param admission the rules
   * @param config the settings now in force
   * @param dryRun asks whether a pod could be created; answers why not
   */
  AdmissionReviews(
      Admission admission, Supplier<SystemConfig> config, Function<Pod, Optional<String>> dryRun) {
    this.admission = admission;
    this.config = config;
    this.dryRun = dryRun;
  }

  /**
   * The answer to one review.
   *
   * @throws IOException if the body is no review; the message says what it lacks
   */
  byte[] answer(Webhook webhook, byte[] body) throws IOException {
    JsonNode review = JSON.readTree(body);
    JsonNode request = review.path("request");
    if (!review.path("apiVersion").asText().equals(API_VERSION)) {
      throw new IOException("this is no AdmissionReview of " + API_VERSION);
    }
    if (request.path("uid").asText().isEmpty()) {
      throw new IOException("the review lacks request.uid");
    }
    ObjectNode answer = JSON.createObjectNode();
    answer.put("apiVersion", API_VERSION).put("kind", "AdmissionReview");
    ObjectNode response = answer.putObject("response");
    response.set("uid", request.get("uid"));
    decide(webhook, request, response);
    return JSON.writeValueAsBytes(answer);
  }

  private void decide(Webhook webhook, JsonNode request, ObjectNode response) throws IOException {
    Operation operation = operation(request.path("operation").asText());
    ObjectNode object = object(request, "object");
    // A status is written by parts of the system; deletion is nobody's to refuse.
    if (operation == Operation.DELETE
        || object == null
        || !request.path("subResource").asText().isEmpty()) {
      response.put("allowed", true);
      return;
    }
    AdmissionRequest asked =
        new AdmissionRequest(
            operation,
            request.at("/kind/group").asText(),
            request.at("/kind/kind").asText(),
            object(request, "oldObject"),
            object,
            request.at("/userInfo/username").asText(),
            config.get());
    AdmissionOutcome outcome =
        switch (webhook) {
          case DEFAULTING -> admission.complete(asked);
          case RESOURCE_VALIDATION -> validate(asked, request.path("dryRun").asBoolean());
          case CONFIG_VALIDATION -> admission.validate(asked);
        };
    switch (outcome) {
      case Admitted admitted -> {
        response.put("allowed", true);
        if (webhook == Webhook.DEFAULTING) {
          writePatch(object, admitted.object(), response);
        }
        if (!admitted.warnings().isEmpty()) {
          admitted.warnings().forEach(response.withArrayProperty("warnings")::add);
        }
      }
      case Denied denied ->
          response
              .put("allowed", false)
              .putObject("status")
              .put("status", "Failure")
              .put("message", denied.reason())
              .put("reason", "BadRequest")
              .put("code", denied.code());
    }
  }

  private AdmissionOutcome validate(AdmissionRequest asked, boolean isDryRun) {
    AdmissionOutcome outcome = admission.validate(asked);
    if (!isDryRun || !(outcome instanceof Admitted admitted)) {
      return outcome;
    }
    return TrialPod.of(asked.group(), asked.kind(), admitted.object(), asked.config())
        .flatMap(dryRun)
        .<AdmissionOutcome>map(TrialPod::denied)
        .orElse(outcome);
  }

  /**
   * What differs, as a JSON patch (RFC 6902) of whole fields at the top: a finer one says nothing
   * more, and comparing long lists element by element costs more than sending them.
   */
  private static void writePatch(ObjectNode sent, ObjectNode completed, ObjectNode response)
      throws IOException {
    ArrayNode patch = JSON.createArrayNode();
    for (Map.Entry<String, JsonNode> field : completed.properties()) {
      if (!field.getValue().equals(sent.get(field.getKey()))) {
        ObjectNode step = patch.addObject().put("op", "add").put("path", "/" + field.getKey());
        step.set("value", field.getValue());
      }
    }
    if (!patch.isEmpty()) {
      String text = Base64.getEncoder().encodeToString(JSON.writeValueAsBytes(patch));
      response.put("patchType", "JSONPatch").put("patch", text);
    }
  }

  private static Operation operation(String word) throws IOException {
    return switch (word) {
      case "CREATE" -> Operation.CREATE;
      case "UPDATE" -> Operation.UPDATE;
      case "DELETE" -> Operation.DELETE;
      default -> throw new IOException("request.operation is none that is asked for: " + word);
    };
  }

  private static @Nullable ObjectNode object(JsonNode request, String field) throws IOException {
    JsonNode found = request.path(field);
    if (found.isMissingNode() || found.isNull()) {
      return null;
    }
    if (found instanceof ObjectNode object) {
      return object;
    }
    throw new IOException("request." + field + " is no object");
  }
}
