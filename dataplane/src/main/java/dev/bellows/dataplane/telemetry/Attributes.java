package dev.bellows.dataplane.telemetry;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a measure, a span or a process is about, by OpenTelemetry's names.
 *
 * @param values by name, in their order; texts, whole numbers ({@link Long}) and {@link Boolean}s
 */
public record Attributes(SortedMap<String, Object> values) {
  /** About nothing in particular. */
  public static final Attributes NONE = new Attributes(Collections.emptySortedMap());

  public Attributes {
    values = Collections.unmodifiableSortedMap(new TreeMap<>(values));
    values.forEach((name, value) -> {
      if (!(value instanceof String || value instanceof Long || value instanceof Boolean)) {
        throw new IllegalArgumentException(name + " is neither text nor number: " + value);
      }
    });
  }

  /** These; a name and its value in turn. */
  public static Attributes of(Object... namesAndValues) {
    SortedMap<String, Object> values = new TreeMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      Object value = namesAndValues[i + 1];
      values.put(
          (String) namesAndValues[i],
          value instanceof Integer whole ? (Object) (long) whole : value);
    }
    return new Attributes(values);
  }

  /** These and the others; of two of a name, the other's. */
  public Attributes with(Attributes others) {
    if (others.values.isEmpty()) {
      return this;
    }
    Map<String, Object> all = new TreeMap<>(values);
    all.putAll(others.values);
    return new Attributes(new TreeMap<>(all));
  }
}
