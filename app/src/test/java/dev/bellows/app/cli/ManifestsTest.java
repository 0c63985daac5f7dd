package dev.bellows.app.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
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
  void whatBecameOfAnObjectIsSaidInKubectlsWords() throws IOException {
    JsonNode one = object("{'metadata': {'resourceVersion': '1'}, 'spec': 1, 'status': 1}");
    JsonNode settled = object("{'metadata': {'resourceVersion': '2'}, 'spec': 1, 'status': 2}");
    JsonNode other = object("{'metadata': {'resourceVersion': '2'}, 'spec': 2, 'status': 1}");
    assertThat(ApplyCommand.outcome(Optional.empty(), one)).isEqualTo("created");
    assertThat(ApplyCommand.outcome(Optional.of(one), other)).isEqualTo("configured");
    assertThat(ApplyCommand.outcome(Optional.of(one), settled)).isEqualTo("unchanged");
  }

  private static JsonNode object(String json) throws IOException {
    return new ObjectMapper().readTree(json.replace('\'', '"'));
  }

  @Test
  void alignsColumnsAsKubectlDoes() {
    assertThat(Columns.align(List.of(List.of("NAME", "READY"), List.of("autoscale", "True"))))
        .isEqualTo("NAME        READY\nautoscale   True\n");
  }

  /** The parser takes an alias for a text: it would be applied as something nobody wrote. */
  @Test
  void rowsThatComeLaterStayInTheColumns() {
    List<List<String>> printed = List.of(List.of("NAME", "READY"), List.of("hello-world", "True"));
    assertThat(Columns.continued(printed, List.of(List.of("hello", "False"))))
        .isEqualTo("hello         False\n");
    assertThat(Columns.continued(List.of(), printed)).isEqualTo(Columns.align(printed));
  }

  @Test
  void anAliasIsRefusedWithItsLine() {
    assertThatThrownBy(
            () -> ApplyCommand.manifests("a.yaml", "labels: &l {a: b}\nspec:\n  selector: *l\n"))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "a.yaml line 3: not readable as YAML: aliases are not read; write out what *l stands"
                + " for");
  }

  @Test
  void depthAndUnfoldingAreBounded() {
    assertThatThrownBy(() -> ApplyCommand.manifests("a.yaml", "a: " + "[".repeat(20_000)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("not readable as YAML");
    StringBuilder bomb = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 12; i++) {
      bomb.append("a%d: &a%d [%s]\n".formatted(i, i, ("*a" + (i - 1) + ",").repeat(9)));
    }
    assertThatThrownBy(() -> ApplyCommand.manifests("a.yaml", bomb.toString()))
        .hasMessageStartingWith("a.yaml line 2: ");
  }

  @Test
  void aNameIsOneStepOfAPathWhateverStandsInIt() {
    var kind =
        new ClusterAccess.Kind(
            "serving.knative.dev", "v1", "services", "service", "Service", true, List.of());
    assertThat(kind.path("a/b", "../x y?z"))
        .isEqualTo("/apis/serving.knative.dev/v1/namespaces/a%2Fb/services/..%2Fx%20y%3Fz");
    assertThat(kind.path("..", ".")).endsWith("/namespaces/%2E%2E/services/%2E");
  }
}
