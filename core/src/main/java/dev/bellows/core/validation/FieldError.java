package dev.bellows.core.validation;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * One thing that is wrong with a manifest, and the fields it is about.
 *
 * @param severity whether it refuses the manifest or only warns
 * @param message what is wrong, in upstream's words
 * @param details a longer explanation, empty if there is none
 * @param paths the fields, such as {@code spec.containers[0].image}, sorted and without repeats; an
 *     empty path is the validated object itself; no path at all means that the error is about no
 *     field in particular and never gains one
 */
public record FieldError(Severity severity, String message, String details, List<String> paths) {
  /** What an error does to the request that carries the manifest. */
  public enum Severity {
    /** The manifest is refused. */
    ERROR,
    /** The manifest is admitted and its author is told. */
    WARNING
  }

  public FieldError {
    paths = paths.stream().sorted().distinct().toList();
  }

  /** An error without details. */
  public static FieldError of(String message, String... paths) {
    return new FieldError(Severity.ERROR, message, "", Arrays.asList(paths));
  }

  /** {@code invalid value: VALUE}. */
  public static FieldError invalidValue(String value, String path) {
    return of("invalid value: " + value, path);
  }

  /** {@code expected LOWEST <= VALUE <= HIGHEST}; the bounds belong to the range. */
  public static FieldError outOfBounds(String value, String lowest, String highest, String path) {
    return of("expected " + lowest + " <= " + value + " <= " + highest, path);
  }

  /** {@code missing field(s)}. */
  public static FieldError missingField(String... paths) {
    return of("missing field(s)", paths);
  }

  /** {@code must not set the field(s)}. */
  public static FieldError disallowedField(String... paths) {
    return of("must not set the field(s)", paths);
  }

  /** {@code expected exactly one, got neither}. */
  public static FieldError missingOneOf(String... paths) {
    return of("expected exactly one, got neither", paths);
  }

  /** {@code expected exactly one, got both}. */
  public static FieldError multipleOneOf(String... paths) {
    return of("expected exactly one, got both", paths);
  }

  /** {@code invalid key name "KEY"}, with what a valid key looks like. */
  public static FieldError invalidKeyName(String key, String path, String details) {
    return of("invalid key name \"" + key + "\"", path).withDetails(details);
  }

  /** The same error with a longer explanation. */
  public FieldError withDetails(String newDetails) {
    return new FieldError(severity, message, newDetails, paths);
  }

  /** The same finding as a warning, which does not refuse the manifest. */
  public FieldError asWarning() {
    return new FieldError(Severity.WARNING, message, details, paths);
  }

  FieldError withPaths(UnaryOperator<String> change) {
    return new FieldError(severity, message, details, paths.stream().map(change).toList());
  }

  boolean saysTheSameAs(FieldError other) {
    return severity == other.severity
        && message.equals(other.message)
        && details.equals(other.details);
  }

  /** {@code MESSAGE: PATH, PATH}, and the details, if any, on the next line. */
  @Override
  public String toString() {
    String line = message + ": " + String.join(", ", paths);
    return details.isEmpty() ? line : line + "\n" + details;
  }
}
