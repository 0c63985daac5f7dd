package dev.bellows.dataplane.queueproxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ForwardedShimTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "127.0.0.1, ::1 | h | p | for=127.0.0.1;host=h;proto=p, for=\"[::1]\"",
        "127.0.0.1, ::1 | - | - | for=127.0.0.1, for=\"[::1]\"",
        "-              | h | p | host=h;proto=p",
        ",,,            | - | - | for=, for=, for=",
        "-              | - | - | ''"
      })
  void saysWhatTheOlderHeadersSay(String hops, String host, String proto, String forwarded) {
    assertThat(
            ForwardedShim.forwarded(
                hops == null ? List.of() : List.of(hops),
                host == null ? "" : host,
                proto == null ? "" : proto))
        .isEqualTo(forwarded);
  }
}
