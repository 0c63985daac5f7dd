package dev.bellows.api;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a JSON document left out. The original omits empty lists and maps on the wire, so absent and
 * empty are the same there; here both are empty.
 */
public final class Absent {
  private Absent() {}

  /** The list, unmodifiable; empty for an absent one. */
  public static <T> List<T> list(@Nullable List<T> given) {
    return given == null ? List.of() : List.copyOf(given);
  }

  /** The map, unmodifiable and in its order; empty for an absent one. */
  public static <V> Map<String, V> map(@Nullable Map<String, V> given) {
    return given == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(given));
  }
}
