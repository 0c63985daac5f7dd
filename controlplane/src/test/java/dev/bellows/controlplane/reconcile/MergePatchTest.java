package dev.bellows.controlplane.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import org.junit.jupiter.api.Test;

/** What is sent when a few fields change. */
class MergePatchTest {
  private final ConfigMap seen =
      new ConfigMapBuilder()
          .withNewMetadata()
          .withName("c")
          .withNamespace("n")
          .withResourceVersion("7")
          .addToLabels("kept", "1")
          .addToLabels("gone", "1")
          .endMetadata()
          .addToData("a", "1")
          .build();

  @Test
  void equalObjectsNeedNoPatch() {
    assertThat(Step.patch(seen, new ConfigMapBuilder(seen).build())).isEmpty();
  }

  @Test
  void onlyWhatDiffersIsSentAndOnlyForTheVersionThatWasSeen() {
    ConfigMap wanted =
        new ConfigMapBuilder(seen)
            .editMetadata()
            .removeFromLabels("gone")
            .addToLabels("new", "2")
            .endMetadata()
            .addToData("a", "3")
            .build();
    assertThat(Step.patch(seen, wanted).orElseThrow().toString())
        .isEqualTo(
            "Patch ConfigMap n/c with {\"metadata\":{\"labels\":{\"new\":\"2\",\"gone\":null},"
                + "\"resourceVersion\":\"7\"},\"data\":{\"a\":\"3\"}}.");
  }
}
