package dev.bellows.api.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.admission.AdmissionOutcome.Admitted;
import dev.bellows.api.admission.AdmissionOutcome.Denied;
import dev.bellows.api.config.DefaultConfigMaps;
import dev.bellows.api.config.SystemConfig;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ConfigMapAdmissionTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void theConfigMapsOfAnInstallationAreAdmitted() {
    for (var each : DefaultConfigMaps.all()) {
      assertThat(admit(JSON.valueToTree(each), Operation.CREATE))
          .as(each.getMetadata().getName())
          .isInstanceOf(Admitted.class);
    }
  }

  @Test
  void badDataIsRefusedInUpstreamsWords() {
    var outcome =
        admit(
            changed(map -> map.withObject("/data").put("max-scale-up-rate", "0.5")),
            Operation.UPDATE);
    assertThat(outcome)
        .isEqualTo(
            new Denied(
                400,
                "config.webhook.serving.knative.dev",
                "validation failed: max-scale-up-rate = 0.5, must be greater than 1.0"));
  }

  @Test
  void anEditOfTheExampleIsRefused() {
    var outcome =
        admit(
            changed(map -> map.withObject("/data").put("_example", "stable-window: 6s")),
            Operation.UPDATE);
    assertThat(outcome).isInstanceOf(Denied.class);
    assertThat(((Denied) outcome).message()).contains("_example").contains("top-level");
  }

  @Test
  void blankLinesAroundTheExampleAreNoEdit() {
    assertThat(
            admit(
                changed(map -> {
                  String example = map.at("/data/_example").asText();
                  map.withObject("/data").put("_example", "\n" + example + "\n\n");
                }),
                Operation.UPDATE))
        .isInstanceOf(Admitted.class);
  }

  @Test
  void whatIsNoneOfTheSystemsConfigMapsPasses() {
    Consumer<ObjectNode> bad = map -> map.withObject("/data").put("stable-window", "x");
    assertThat(
            admit(
                changed(bad.andThen(map -> map.withObject("/metadata").put("namespace", "mine"))),
                Operation.CREATE))
        .isInstanceOf(Admitted.class);
    assertThat(admit(changed(bad), Operation.DELETE)).isInstanceOf(Admitted.class);
    assertThat(admit(changed(bad), Operation.CREATE)).isInstanceOf(Denied.class);
  }

  private static ObjectNode changed(Consumer<ObjectNode> change) {
    ObjectNode map =
        DefaultConfigMaps.all().stream()
            .filter(each -> each.getMetadata().getName().equals("config-autoscaler"))
            .map(each -> JSON.<ObjectNode>valueToTree(each))
            .findFirst()
            .orElseThrow();
    change.accept(map);
    return map;
  }

  private static AdmissionOutcome admit(ObjectNode configMap, Operation operation) {
    return new Admission()
        .admit(
            new AdmissionRequest(
                operation, "", "ConfigMap", null, configMap, "admin", SystemConfig.DEFAULT));
  }
}
