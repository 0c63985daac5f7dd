package dev.bellows.core.validation;

import dev.bellows.core.validation.FieldError.Severity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Everything that is wrong with a manifest; immutable. What says the same stands once, with all its
 * paths; sorted by message, then details.
 *
 * <p>Validations are written for the object at hand and moved into their place by the caller:
 * {@code validate(container).atIndex(0).at("containers").at("spec")}.
 */
public final class FieldErrors {
  /** Nothing is wrong. */
  public static final FieldErrors NONE = new FieldErrors(List.of());

  private static final Comparator<FieldError> ORDER =
      Comparator.comparing(FieldError::message)
          .thenComparing(FieldError::details)
          .thenComparing(FieldError::severity);

  private final List<FieldError> all;

  private FieldErrors(List<FieldError> all) {
    this.all = all;
  }

  /** These errors, merged. */
  public static FieldErrors of(FieldError... errors) {
    return merged(Arrays.stream(errors));
  }

  /** The errors of several validations, merged. */
  public static FieldErrors join(List<FieldErrors> parts) {
    return merged(parts.stream().flatMap(part -> part.all.stream()));
  }

  /** These errors and those, merged. */
  public FieldErrors and(FieldErrors others) {
    return merged(Stream.concat(all.stream(), others.all.stream()));
  }

  /** These errors and those, merged. */
  public FieldErrors and(FieldError... others) {
    return and(of(others));
  }

  /** The same errors, seen from the object that has this one in {@code field}. */
  public FieldErrors at(String field) {
    return moved(path -> join(field, path));
  }

  /** The same errors, seen from the list that has this object at {@code index}. */
  public FieldErrors atIndex(int index) {
    return moved(path -> join("[" + index + "]", path));
  }

  /** The same errors, seen from the map that has this object under {@code key}. */
  public FieldErrors atKey(String key) {
    return moved(path -> join("[" + key + "]", path));
  }

  /** The same findings, all as warnings. */
  public FieldErrors asWarnings() {
    return merged(all.stream().map(FieldError::asWarning));
  }

  /** What refuses the manifest. */
  public List<FieldError> errors() {
    return withSeverity(Severity.ERROR);
  }

  /** What its author is told, although it is admitted. */
  public List<FieldError> warnings() {
    return withSeverity(Severity.WARNING);
  }

  /** Whether the manifest is to be refused. */
  public boolean refuse() {
    return !errors().isEmpty();
  }

  /** Whether there is neither an error nor a warning. */
  public boolean isEmpty() {
    return all.isEmpty();
  }

  /** The errors as upstream answers them: one below the other; empty if there are none. */
  public String errorText() {
    return errors().stream().map(FieldError::toString).collect(Collectors.joining("\n"));
  }

  private List<FieldError> withSeverity(Severity severity) {
    return all.stream().filter(each -> each.severity() == severity).toList();
  }

  private FieldErrors moved(UnaryOperator<String> change) {
    return merged(all.stream().map(each -> each.withPaths(change)));
  }

  private static FieldErrors merged(Stream<FieldError> errors) {
    List<FieldError> merged = new ArrayList<>();
    errors
        .sorted(ORDER)
        .forEach(each -> {
          if (!merged.isEmpty() && merged.getLast().saysTheSameAs(each)) {
            FieldError before = merged.removeLast();
            List<String> paths = new ArrayList<>(before.paths());
            paths.addAll(each.paths());
            merged.add(new FieldError(each.severity(), each.message(), each.details(), paths));
          } else {
            merged.add(each);
          }
        });
    return merged.isEmpty() ? NONE : new FieldErrors(List.copyOf(merged));
  }

  /**
   * Puts a step before a path. An index joins without a dot: {@code containers[0]}. A key with dots
   * in it does not count as an index, since upstream looks at what stands between two dots: {@code
   * annotations.[queue.sidecar.serving.knative.dev/resource-percentage]}.
   */
  private static String join(String step, String path) {
    if (path.isEmpty()) {
      return step;
    }
    int dot = path.indexOf('.');
    String first = dot < 0 ? path : path.substring(0, dot);
    boolean index = first.startsWith("[") && first.endsWith("]");
    return step.isEmpty() || index ? step + path : step + "." + path;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FieldErrors that && all.equals(that.all);
  }

  @Override
  public int hashCode() {
    return all.hashCode();
  }

  /** Errors and warnings, one below the other. */
  @Override
  public String toString() {
    return all.stream()
        .map(each -> each.severity() == Severity.ERROR ? each.toString() : "warning: " + each)
        .collect(Collectors.joining("\n"));
  }
}
