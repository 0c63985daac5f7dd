package dev.bellows.app.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ManifestsTest {
  @Test
  void readsEveryDocumentOfAFileAndSkipsEmptyOnes() throws IOException {
    assertThat(ApplyCommand.manifests("a.yaml", "kind: A\n---\n---\nkind: B\n"))
        .extracting(manifest -> manifest.path("kind").asText())
        .containsExactly("A", "B");
  }

  @Test
  void namesFileAndLineOfMalformedYaml() {
    assertThatThrownBy(() -> ApplyCommand.manifests("a.yaml", "kind: A\nmetadata: [x\n"))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("a.yaml line ");
    assertThatThrownBy(() -> ApplyCommand.manifests("a.yaml", "kind: [A\nmetadata: x\n"))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(
            "a.yaml line 2: not readable as YAML: while parsing a flow sequence: expected")
        .hasMessageNotContaining("\n");
  }

  @Test
  void refusesWhatIsNoManifest() {
    assertThatThrownBy(() -> ApplyCommand.manifests("a.yaml", "just words"))
        .isInstanceOf(UserError.class)
        .hasMessage("a.yaml: not a Kubernetes manifest");
    assertThatThrownBy(() -> ApplyCommand.manifests("a.yaml", ""))
        .isInstanceOf(UserError.class)
        .hasMessage("a.yaml holds no manifest");
  }

  @Test
  void alignsColumnsAsKubectlDoes() {
    assertThat(Columns.align(List.of(List.of("NAME", "READY"), List.of("autoscale", "True"))))
        .isEqualTo("NAME        READY\nautoscale   True\n");
  }
}
