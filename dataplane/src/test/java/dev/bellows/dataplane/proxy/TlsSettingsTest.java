package dev.bellows.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What of TLS a listener is told by variables. */
class TlsSettingsTest {
  private static TlsSettings settings(Map<String, String> variables) {
    return TlsSettings.fromEnvironment("A_TLS_", name -> variables.getOrDefault(name, ""));
  }

  @ParameterizedTest
  @CsvSource({"'','',TLSv1.3", "1.2,'',TLSv1.2 TLSv1.3", "1.2,1.2,TLSv1.2", "1.3,1.3,TLSv1.3"})
  void speaksTheVersionsItIsTold(String lowest, String highest, String versions) {
    assertThat(settings(Map.of("A_TLS_MIN_VERSION", lowest, "A_TLS_MAX_VERSION", highest)))
        .isEqualTo(new TlsSettings(List.of(versions.split(" ", -1)), List.of(), List.of()));
  }

  @ParameterizedTest
  @CsvSource({
    "MIN_VERSION,1.1,A_TLS_MIN_VERSION must be 1.2 or 1.3",
    "MAX_VERSION,1.2,A_TLS_MIN_VERSION must not be higher than A_TLS_MAX_VERSION",
    "CIPHER_SUITES,TLS_NULL_X,A_TLS_CIPHER_SUITES: unknown cipher suite 'TLS_NULL_X'",
    "CURVE_PREFERENCES,P1,A_TLS_CURVE_PREFERENCES: unknown curve 'P1'"
  })
  void refusesWhatItCannotSpeak(String name, String value, String message) {
    assertThatThrownBy(() -> settings(Map.of("A_TLS_" + name, value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void readsCipherSuitesAndCurvesByTheOriginalsNames() {
    TlsSettings read =
        settings(
            Map.of(
                "A_TLS_CIPHER_SUITES",
                "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
                "A_TLS_CURVE_PREFERENCES",
                "X25519,CurveP256"));
    assertThat(read.cipherSuites())
        .contains(
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_AES_128_GCM_SHA256")
        .doesNotContain("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
    assertThat(read.curves()).containsExactly("x25519", "secp256r1");
  }
}
