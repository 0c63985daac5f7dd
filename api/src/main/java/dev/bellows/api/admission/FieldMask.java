package dev.bellows.api.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.core.validation.FieldError;
import dev.bellows.core.validation.FieldErrors;
import java.util.Set;
import java.util.function.Predicate;

/** Which fields of an object may be set at all (serving spec §1). */
final class FieldMask {
  /** Fields whose false or 0 is the same as their absence in the original's types. */
  private static final Set<String> ZERO_IS_ABSENT =
      Set.of("hostNetwork", "hostPID", "hostIPC", "stdin", "stdinOnce", "tty", "hostPort");

  private FieldMask() {}

  /** An error for every field that is set and not among those allowed. */
  static FieldErrors check(JsonNode object, Set<String> allowed) {
    return check(object, allowed::contains);
  }

  /** An error for every field that is set and not allowed. */
  static FieldErrors check(JsonNode object, Predicate<String> allowed) {
    FieldErrors errors = FieldErrors.NONE;
    for (var field : object.properties()) {
      if (!allowed.test(field.getKey()) && counts(field.getKey(), field.getValue())) {
        errors = errors.and(FieldError.disallowedField(field.getKey()));
      }
    }
    return errors;
  }

  private static boolean counts(String field, JsonNode value) {
    boolean zero =
        (value.isBoolean() && !value.booleanValue())
            || (value.isNumber() && value.longValue() == 0);
    return Manifest.isSet(value) && !(zero && ZERO_IS_ABSENT.contains(field));
  }
}
