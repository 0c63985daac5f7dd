package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * One field that is wrong.
 *
 * @param reason Kubernetes' word: {@code FieldValueInvalid}, {@code FieldValueRequired}, …
 * @param field the field's path, {@code spec.ports[0].port}
 * @param message what is wrong, without the field
 */
public record Cause(String reason, String field, String message) {
  static Cause required(String field, String detail) {
    return new Cause(
        "FieldValueRequired", field, "Required value" + (detail.isEmpty() ? "" : ": " + detail));
  }

  static Cause invalid(String field, JsonNode value, String detail) {
    return new Cause("FieldValueInvalid", field, "Invalid value: " + value + ": " + detail);
  }

  static Cause invalid(String field, String value, String detail) {
    return new Cause("FieldValueInvalid", field, "Invalid value: \"" + value + "\": " + detail);
  }

  static Cause forbidden(String field, String detail) {
    return new Cause("FieldValueForbidden", field, "Forbidden: " + detail);
  }

  /** {@code field: message}. */
  @Override
  public String toString() {
    return field + ": " + message;
  }
}
