package dev.bellows.core.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class FieldErrorsTest {
  @Test
  void saysTheSameThingOnceWithAllItsPaths() {
    FieldErrors errors =
        FieldErrors.of(
            FieldError.invalidValue("x", "b"),
            FieldError.missingField("c"),
            FieldError.invalidValue("x", "a"));

    assertThat(errors.errorText()).isEqualTo("invalid value: x: a, b\nmissing field(s): c");
  }

  @Test
  void movesPathsIntoTheObjectAround() {
    FieldErrors errors = FieldErrors.of(FieldError.disallowedField("hostPort", ""));

    assertThat(errors.atIndex(1).at("ports").atIndex(0).at("spec.containers").errors())
        .containsExactly(
            FieldError.disallowedField(
                "spec.containers[0].ports[1]", "spec.containers[0].ports[1].hostPort"));
  }

  @Test
  void anIndexJoinsWithoutADotButAKeyWithDotsDoesNot() {
    assertThat(FieldErrors.of(FieldError.invalidValue("v", "x")).atKey("plain").at("labels"))
        .hasToString("invalid value: v: labels[plain].x");
    assertThat(
            FieldErrors.of(FieldError.invalidValue("v", ""))
                .atKey("queue.sidecar.serving.knative.dev/cpu-resource-limit")
                .at("annotations"))
        .hasToString(
            "invalid value: v: annotations.[queue.sidecar.serving.knative.dev/cpu-resource-limit]");
  }

  @Test
  void anErrorAboutNoFieldNeverGainsAPath() {
    FieldErrors errors = FieldErrors.of(FieldError.of("too much")).at("spec").atIndex(3);

    assertThat(errors.errors()).containsExactly(FieldError.of("too much"));
    assertThat(errors.errorText()).isEqualTo("too much: ");
  }

  @Test
  void detailsStandOnTheNextLineAndKeepErrorsApart() {
    FieldErrors errors =
        FieldErrors.of(
            FieldError.of("bad", "b").withDetails("because of b"),
            FieldError.of("bad", "a").withDetails("because of a"));

    assertThat(errors.errorText()).isEqualTo("bad: a\nbecause of a\nbad: b\nbecause of b");
  }

  @Test
  void warningsDoNotRefuse() {
    FieldErrors warning = FieldErrors.of(FieldError.of("insecure", "spec").asWarning());

    assertThat(warning.refuse()).isFalse();
    assertThat(warning.errorText()).isEmpty();
    assertThat(warning.warnings()).hasSize(1);
    assertThat(warning.and(FieldError.of("insecure", "spec")).refuse()).isTrue();
    assertThat(FieldErrors.join(List.of(FieldErrors.NONE, FieldErrors.NONE)))
        .isSameAs(FieldErrors.NONE);
  }
}
