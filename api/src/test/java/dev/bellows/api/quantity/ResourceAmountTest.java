package dev.bellows.api.quantity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ResourceAmountTest {
  @Test
  void printsTheFormThatKubernetesStores() {
    Map.ofEntries(
            Map.entry("0.5", "500m"),
            Map.entry("1000m", "1"),
            Map.entry("1500", "1500"),
            Map.entry("1000", "1k"),
            Map.entry("1024Mi", "1Gi"),
            Map.entry("1.5Gi", "1536Mi"),
            Map.entry("0.5Ki", "512"),
            Map.entry("1000Ki", "1000Ki"),
            Map.entry("1.5", "1500m"),
            Map.entry("2e3", "2e3"),
            Map.entry("12e2", "1200"),
            Map.entry("1e-3", "1e-3"),
            Map.entry("+3", "3"),
            Map.entry("-500m", "-500m"),
            Map.entry("0Gi", "0"),
            Map.entry("0.00001m", "10n"),
            Map.entry("0.1n", "1n"),
            Map.entry("1E", "1E"),
            Map.entry("100E", "9223372036854775807"))
        .forEach((written, stored) ->
            assertThat(ResourceAmount.parse(written).orElseThrow())
                .as(written)
                .hasToString(stored));
  }

  @Test
  void refusesWhatIsNoAmount() {
    for (String written : new String[] {"", "lots", "100mx", "1 Gi", "Gi", "1.2.3", "--1", "1ki"}) {
      assertThat(ResourceAmount.parse(written)).as(written).isEmpty();
    }
  }

  // An exponent must not make the arithmetic large.
  @Test
  void refusesAnExponentBeyondAllAmounts() {
    assertThat(ResourceAmount.parse("1e999999999")).isEmpty();
  }

  @Test
  void ordersByAmountNotByText() {
    assertThat(ResourceAmount.parse("1Gi").orElseThrow())
        .isGreaterThan(ResourceAmount.parse("1G").orElseThrow());
  }
}
