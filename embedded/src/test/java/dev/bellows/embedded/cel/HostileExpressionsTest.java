package dev.bellows.embedded.cel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Expressions that somebody writes to do harm: each ends soon, and takes little memory. */
class HostileExpressionsTest {
  private static final JsonNode SCHEMA =
      json(
          """
          {"type": "object", "properties": {"text": {"type": "string"},
            "list": {"type": "array", "items": {"type": "integer"}}}}
          """);

  private final SchemaType type = SchemaType.of(SCHEMA).orElseThrow();
  private final Language language = Language.ofRules(type, false);

  private static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text);
    } catch (IOException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  private Object evaluate(String expression, Map<String, Object> self)
      throws CompilationException, EvaluationException {
    return language
        .compile(expression)
        .evaluate(Map.of("self", self), new CostBudget(CostBudget.MAX_OF_OBJECT));
  }

  private static Map<String, Object> self(String text, int elements) {
    return Map.of("text", text, "list", Collections.nCopies(elements, 1L));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "self.list.all(a, self.list.all(b, self.list.all(c, a + b + c > 0)))",
        // The error of each element is passed over, and the loop goes on.
        "self.list.all(a, self.list.all(b, self.list.all(c, [][c] == 1)))",
        "self.list.exists(a, self.list.exists(b, self.list.exists(c, [][c] == 1))) || true",
        "self.list.map(a, self.list.map(b, self.list.map(c, c))).size() > 0",
        "self.list.map(a, self.list).all(a, self.list.all(b, b in a))"
      })
  void loopsInLoopsEnd(String expression) {
    assertThatExceptionOfType(EvaluationException.class)
        .isThrownBy(() -> evaluate(expression, self("", 2000)))
        .matches(EvaluationException::isTooCostly)
        .withMessage("operation cancelled: actual cost limit exceeded");
  }

  /** Kubernetes lets it pass; here each look at the text goes through the whole object. */
  @Test
  void aFieldBesideALongListIsNotReadAsOftenAsTheListIsLong()
      throws CompilationException, EvaluationException {
    String often = "self.list.all(a, size(self.text) == 0)";
    assertThat(evaluate(often, self("", 5_000))).isEqualTo(true);
    assertThatExceptionOfType(EvaluationException.class)
        .isThrownBy(() -> evaluate(often, self("", 100_000)))
        .matches(EvaluationException::isTooCostly);
  }

  @Test
  void aTextThatGrowsStopsToGrow() {
    String doubled = "self.list.map(a, self.text + self.text + self.text + self.text)";
    assertThatExceptionOfType(EvaluationException.class)
        .isThrownBy(() -> evaluate(doubled + ".size() > 0", self("x".repeat(1 << 20), 1000)))
        .matches(EvaluationException::isTooCostly);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "self.text.replace('', self.text) == ''",
        "self.text.split('').join(self.text) == ''",
        "'%s%s%s%s%s%s%s%s%s'.format([self.text, self.text, self.text, self.text, self.text,"
            + " self.text, self.text, self.text, self.text]) == ''",
        "'%.99999999f'.format([1.0]) == ''"
      })
  void noFunctionMakesHugeTexts(String expression) {
    assertThatThrownBy(() -> evaluate(expression, self("x".repeat(1 << 19), 1)))
        .isInstanceOf(EvaluationException.class);
  }

  @Test
  void aPatternTakesLinearTime() throws CompilationException, EvaluationException {
    String text = "a".repeat(50_000) + "!";
    assertThat(evaluate("self.text.matches('^(a+)+$')", self(text, 1))).isEqualTo(false);
    assertThat(evaluate("self.text.find('(a|aa)+$')", self(text, 1))).isEqualTo("");
  }

  @ParameterizedTest
  @ValueSource(strings = {"(", "[", "self.list.all(x, "})
  void anExpressionIsNotTooDeep(String opening) {
    assertThatThrownBy(() -> language.compile(opening.repeat(3000) + "true"))
        .isInstanceOf(CompilationException.class);
  }

  @Test
  void anExpressionIsNotTooLong() {
    String expression = "true" + " || true".repeat(Language.MAX_LENGTH / 8);
    assertThatThrownBy(() -> language.compile(expression))
        .isInstanceOf(CompilationException.class)
        .hasMessageContaining("exceed");
  }

  @Test
  void allRulesOfAnObjectShareABudget() throws CompilationException, EvaluationException {
    Expression costly = language.compile("self.list.all(a, self.list.all(b, a + b > 0))");
    CostBudget budget = new CostBudget(2_000_000);
    Map<String, Object> variables = Map.of("self", self("", 300));
    int done = 0;
    while (!budget.isSpent() && done < 100) {
      try {
        costly.evaluate(variables, budget);
        done++;
      } catch (EvaluationException e) {
        assertThat(e.isTooCostly()).isTrue();
      }
    }
    assertThat(done).isBetween(1, 20);
  }

  @Test
  void anAddressIsNeverLookedUp() throws CompilationException, EvaluationException {
    for (String name :
        List.of("localhost", "example.com", "1.2.3", "::ffff:1.2.3.4", "fe80::1%1")) {
      assertThat(evaluate("isIP(self.text)", self(name, 1))).as(name).isEqualTo(false);
    }
  }
}
