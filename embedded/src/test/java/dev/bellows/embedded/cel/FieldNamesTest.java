package dev.bellows.embedded.cel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FieldNamesTest {
  @ParameterizedTest
  @CsvSource({
    "plain, plain",
    "a_b, a_b",
    "a.b, a__dot__b",
    "a-b, a__dash__b",
    "a/b, a__slash__b",
    "__x, __underscores__x",
    "a__b, a__underscores__b",
    "namespace, __namespace__",
    "in, __in__",
    "x9, x9"
  })
  void aNameIsSpelledOutWhereItIsNoIdentifier(String name, String escaped) {
    assertThat(FieldNames.escape(name)).contains(escaped);
  }

  @ParameterizedTest
  @ValueSource(strings = {"9x", "ü", "a b", "$ref", ""})
  void someNamesCannotBeWritten(String name) {
    assertThat(FieldNames.escape(name)).isEmpty();
  }

  @Test
  void differentNamesStayDifferent() {
    assertThat(FieldNames.escape("a.b")).isNotEqualTo(FieldNames.escape("a__dot__b"));
  }
}
