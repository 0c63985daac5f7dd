package dev.bellows.dataplane.requestlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TemplateTest {
  private static final Struct DATA =
      (name, arguments) ->
          switch (name) {
            case "Text" -> "it's <a> = \"b\"";
            case "Empty" -> "";
            case "Number" -> 42L;
            case "Small" -> 2.2e-06;
            case "Latency" -> 0.0215;
            case "List" -> List.of("a", "b");
            case "Map" -> Map.of("k", List.of("v"));
            case "Greet" -> "hello " + arguments.getFirst();
            case "Inner" -> (Struct) (field, none) -> "inner " + field;
            default -> throw Struct.unknown(name, "data");
          };

  @ParameterizedTest
  @CsvSource(
      delimiter = '^',
      quoteCharacter = '~',
      value = {
        "a {{.Number}} b ^ a 42 b",
        "{{.Small}} {{.Latency}}s ^ 2.2e-06 0.0215s",
        "{{js .Text}} ^ it\\'s \\u003Ca\\u003E \\u003D \\\"b\\\"",
        "{{html .Text}} ^ it&#39;s &lt;a&gt; = &#34;b&#34;",
        "{{.Text | urlquery}} ^ it%27s+%3Ca%3E+%3D+%22b%22",
        "{{.List}} {{.Map}} {{len .List}} {{index .List 1}} ^ [a b] map[k:[v]] 2 b",
        "{{range .List}}<{{.}}>{{else}}none{{end}} ^ <a><b>",
        "{{if .Empty}}full{{else if eq .Number 42}}42{{else}}other{{end}} ^ 42",
        "{{if and .Text (gt .Number 41)}}yes{{end}} ^ yes",
        "{{with .Inner}}{{.x}} {{$.Number}}{{end}} ^ inner x 42",
        "{{.Greet \"you\"}} {{(index .Map \"k\")}} ^ hello you [v]",
        "{{printf \"%05d|%q|%.1f|%v|100%%\" .Number .Empty .Latency .List}} ^"
            + " 00042|\"\"|0.0|[a b]|100%",
        "x {{- /* gone */ -}} y ^ xy",
        "{{\"}}\"}} {{`raw`}} {{true}} ^ }} raw true",
      })
  void rendersAsGoDoes(String template, String expected) {
    assertThat(Template.parse(template).render(DATA)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '^',
      value = {
        "{{.Number ^ unclosed action",
        "{{if .Number}} ^ unexpected EOF",
        "{{end}} ^ unexpected {{end}}",
        "{{call .Number}} ^ function \"call\" not defined",
        "{{.Number (}} ^ missing value for command",
        "{{;}} ^ unexpected \";\" in ;",
      })
  void saysWhatCannotBeRead(String template, String complaint) {
    assertThatThrownBy(() -> Template.parse(template))
        .isInstanceOf(TemplateException.class)
        .hasMessage(complaint);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '^',
      value = {
        "{{.Missing}} ^ can't evaluate field Missing in type data",
        "{{.Number.Digits}} ^ can't evaluate field Digits in 42",
        "{{index .List 7}} ^ error calling index: out of range: 7",
      })
  void saysWhatTheDataDoesNotHave(String template, String complaint) {
    assertThatThrownBy(() -> Template.parse(template).render(DATA)).hasMessage(complaint);
  }
}
