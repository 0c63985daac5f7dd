package dev.bellows.embedded.cel;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * How names of fields are written in expressions (Kubernetes documentation, "Validation rules"):
 * what an identifier cannot have is spelled out between underscores.
 */
public final class FieldNames {
  private static final Set<String> RESERVED =
      Set.of(
          "true",
          "false",
          "null",
          "in",
          "as",
          "break",
          "const",
          "continue",
          "else",
          "for",
          "function",
          "if",
          "import",
          "let",
          "loop",
          "package",
          "namespace",
          "return",
          "var",
          "void",
          "while");

  private static final Map<String, String> WORDS =
      new TreeMap<>(Map.of("__", "underscores", ".", "dot", "-", "dash", "/", "slash"));

  private FieldNames() {}

  static boolean isReserved(String name) {
    return RESERVED.contains(name);
  }

  /** A field's name as an expression writes it; empty if there is no way to write it. */
  public static Optional<String> escape(String name) {
    if (RESERVED.contains(name)) {
      return Optional.of("__" + name + "__");
    }
    StringBuilder escaped = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
      if (name.startsWith("__", i)) {
        escaped.append(spelled("__"));
        i++;
      } else if (letter || (c >= '0' && c <= '9' && i > 0)) {
        escaped.append(c);
      } else if (WORDS.containsKey(String.valueOf(c))) {
        escaped.append(spelled(String.valueOf(c)));
      } else {
        return Optional.empty();
      }
    }
    return escaped.isEmpty() ? Optional.empty() : Optional.of(escaped.toString());
  }

  private static String spelled(String part) {
    return "__" + WORDS.get(part) + "__";
  }
}
