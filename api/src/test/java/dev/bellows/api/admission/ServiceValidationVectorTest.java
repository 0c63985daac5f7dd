package dev.bellows.api.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.admission.Admission.Review;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.core.golden.Golden;
import dev.bellows.core.golden.Golden.Verdict;
import dev.bellows.core.validation.FieldError;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Whole manifests of the four kinds, defaulted and validated, against the original's answers. */
class ServiceValidationVectorTest {
  @Test
  void defaultsAndFindingsAreUpstreams() {
    Golden.replay("service-validation", ServiceValidationVectorTest::judge);
  }

  private static Verdict judge(JsonNode recorded) {
    Review review = new Admission().reviewServing(request(recorded));
    List<String> differences = new ArrayList<>();
    compare("errors", findings(recorded.path("errors")), findings(review.findings().errors()))
        .ifPresent(differences::add);
    compare("warnings", findings(recorded.path("warnings")), findings(review.findings().warnings()))
        .ifPresent(differences::add);
    if (!Manifest.same(recorded.path("defaulted"), review.object())) {
      differences.add(
          "defaulted: " + Difference.print(recorded.path("defaulted"), review.object()));
    }
    if (recorded.path("valid").asBoolean() == review.findings().refuse()) {
      differences.add("valid: expected " + recorded.path("valid"));
    }
    return differences.isEmpty()
        ? new Golden.Agrees()
        : new Golden.Disagrees(String.join("; ", differences));
  }

  private static Optional<String> compare(String what, List<String> expected, List<String> actual) {
    return expected.equals(actual)
        ? Optional.empty()
        : Optional.of(what + ": expected " + expected + ", came " + actual);
  }

  private static AdmissionRequest request(JsonNode recorded) {
    Map<String, Map<String, String>> data = new TreeMap<>();
    for (String name : List.of("features", "defaults", "autoscaler")) {
      data.put("config-" + name, Manifest.texts(recorded, name));
    }
    return new AdmissionRequest(
        recorded.path("op").asText().equals("create") ? Operation.CREATE : Operation.UPDATE,
        "serving.knative.dev",
        recorded.path("kind").asText(),
        recorded.path("old") instanceof ObjectNode old ? old : null,
        (ObjectNode) recorded.path("object"),
        recorded.path("user").asText(""),
        SystemConfig.of(data));
  }

  // Details are informative only (the recording's own rules of comparison).
  private static List<String> findings(JsonNode recorded) {
    List<String> findings = new ArrayList<>();
    recorded.forEach(each -> {
      List<String> paths = new ArrayList<>();
      each.path("paths").forEach(path -> paths.add(path.asText()));
      findings.add(each.path("message").asText() + " " + paths);
    });
    return findings;
  }

  private static List<String> findings(List<FieldError> findings) {
    return findings.stream().map(each -> each.message() + " " + each.paths()).toList();
  }
}
