package dev.bellows.core.literal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NumberLiteralTest {
  @ParameterizedTest
  @CsvSource({
    "1.5, 1.5",
    "+1, 1",
    ".5, 0.5",
    "5., 5",
    "1e3, 1000",
    "-0, -0.0",
    "1_0, 10",
    "0x1p4, 16",
    "0x_1.8p1, 3",
    "inf, Infinity",
    "-Infinity, -Infinity",
    "nAn, NaN",
    "1e-400, 0"
  })
  void readsDoubles(String text, double value) {
    assertThat(NumberLiteral.parseDouble(text)).isEqualTo(new Literal.Value<>(value));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", " 1", "1 ", "1d", "0x10", "-nan", "1__0", "1_", "_1", "1_e5", ".", "e5", "1,5"
      })
  void refusesWhatIsNoDouble(String text) {
    assertThat(NumberLiteral.parseDouble(text)).isEqualTo(new Literal.Malformed<Double>(text));
  }

  @ParameterizedTest
  @CsvSource({
    "1.0, 1",
    "0.7, 0.7",
    "100000, 100000",
    "1000000, 1e+06",
    "1234567.5, 1.2345675e+06",
    "0.0001, 0.0001",
    "0.00003, 3e-05",
    "-0.0, -0",
    "NaN, NaN",
    "Infinity, +Inf",
    "1e100, 1e+100"
  })
  void printsTheShortestFormThatReadsBack(double value, String text) {
    assertThat(NumberLiteral.print(value)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"-2, -2.000000", "0.0000005, 0.000000", "2.0000005, 2.000001", "-Infinity, -Inf"})
  void printsSixDecimals(double value, String text) {
    assertThat(NumberLiteral.printFixed(value)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"2147483647, 2147483647", "-2147483648, -2147483648", "+7, 7", "007, 7"})
  void readsInts(String text, int value) {
    assertThat(NumberLiteral.parseInt(text)).isEqualTo(new Literal.Value<>(value));
  }

  @ParameterizedTest
  @ValueSource(strings = {"2147483648", "-2147483649", "99999999999999999999"})
  void tellsWhatDoesNotFitFromWhatIsNoNumber(String text) {
    assertThat(NumberLiteral.parseInt(text)).isEqualTo(new Literal.OutOfRange<Integer>(text));
    assertThat(NumberLiteral.parseInt(text + ".0"))
        .isEqualTo(new Literal.Malformed<Integer>(text + ".0"));
  }
}
