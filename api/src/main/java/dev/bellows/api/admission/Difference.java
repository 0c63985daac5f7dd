package dev.bellows.api.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.Set;
import java.util.TreeSet;

/** What changed between two objects, for a person to read: a line per field. */
final class Difference {
  // A whole new object in an error message helps nobody.
  private static final int LINES_SHOWN = 20;

  private final StringBuilder lines = new StringBuilder();
  private int count;

  private Difference() {}

  static String print(JsonNode before, JsonNode after) {
    Difference difference = new Difference();
    difference.compare("", before, after);
    if (difference.count > LINES_SHOWN) {
      difference.lines.append("... and ").append(difference.count - LINES_SHOWN).append(" more\n");
    }
    return difference.lines.toString().stripTrailing();
  }

  private void compare(String path, JsonNode before, JsonNode after) {
    if (Manifest.same(before, after)) {
      return;
    }
    if (before.isObject() && after.isObject()) {
      Set<String> names = new TreeSet<>();
      before.fieldNames().forEachRemaining(names::add);
      after.fieldNames().forEachRemaining(names::add);
      names.forEach(name ->
          compare(path.isEmpty() ? name : path + "." + name, before.path(name), after.path(name)));
      return;
    }
    if (before.isArray() && after.isArray()) {
      for (int i = 0; i < Math.max(before.size(), after.size()); i++) {
        compare(path + "[" + i + "]", before.path(i), after.path(i));
      }
      return;
    }
    count++;
    if (count <= LINES_SHOWN) {
      lines.append(path).append(": -").append(print(before)).append(" +").append(print(after));
      lines.append('\n');
    }
  }

  private static String print(JsonNode value) {
    return value instanceof MissingNode ? "nothing" : value.toString();
  }
}
