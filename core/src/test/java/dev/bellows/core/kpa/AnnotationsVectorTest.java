package dev.bellows.core.kpa;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.core.golden.Golden;
import dev.bellows.core.golden.Golden.Agrees;
import dev.bellows.core.golden.Golden.Disagrees;
import dev.bellows.core.golden.Golden.Verdict;
import dev.bellows.core.validation.FieldError;
import dev.bellows.core.validation.FieldErrors;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Recorded verdicts on the annotations of revision templates. */
class AnnotationsVectorTest {
  @Test
  void validatesAnnotationsAsRecorded() {
    Golden.replay("annotations", AnnotationsVectorTest::judge);
  }

  private static Verdict judge(JsonNode recorded) {
    FieldErrors actual =
        ScalingAnnotations.validate(
            Recorded.config(recorded.path("config")),
            Recorded.strings(recorded.path("annotations")));
    List<FieldError> expected = new ArrayList<>();
    for (JsonNode error : recorded.path("errors")) {
      List<String> paths = new ArrayList<>();
      error.path("paths").forEach(path -> paths.add(path.asText()));
      expected.add(
          FieldError.of(error.path("message").asText(), paths.toArray(String[]::new))
              .withDetails(error.path("details").asText("")));
    }
    String expectedText = recorded.path("errorText").asText("");
    return expected.equals(actual.errors()) && expectedText.equals(actual.errorText())
        ? new Agrees()
        : new Disagrees("expected '" + expectedText + "', got '" + actual.errorText() + "'");
  }
}
