package dev.bellows.embedded.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.embedded.runtime.Powers.Power;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PowersTest {
  @Test
  void whatIsInForceAndWhatIsNotIsToldInOneLine() {
    assertThat(new Powers(Set.of(), "not root").summary())
        .isEqualTo(
            "volumes, runAsUser, memory limits, CPU limits, process limits are not: not root");
    assertThat(new Powers(Set.of(Power.values()), "").summary())
        .isEqualTo("volumes, runAsUser, memory limits, CPU limits, process limits are in force");
    assertThat(new Powers(Set.of(Power.MOUNTS, Power.IDENTITY), "no groups").summary())
        .isEqualTo(
            "volumes, runAsUser are in force; memory limits, CPU limits, process limits are not:"
                + " no groups");
  }
}
