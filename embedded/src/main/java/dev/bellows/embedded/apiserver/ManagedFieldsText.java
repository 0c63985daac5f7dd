package dev.bellows.embedded.apiserver;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * Where the list {@code metadata.managedFields} stands in an object's text.
 *
 * @param from the place of its opening bracket
 * @param to the place after its closing bracket
 */
record ManagedFieldsText(int from, int to) {
  private static final byte[] METADATA = ascii("\"metadata\":{");
  private static final byte[] LIST = ascii("\"managedFields\":[");
  private static final byte[] NOTHING = ascii("null");

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Looks for the list.
   *
   * @param json an object
   * @return empty if there is none that has elements, or the text is not as {@link Json#bytes}
   *     writes it
   */
  static Optional<ManagedFieldsText> find(byte[] json) {
    boolean inMetadata = false;
    int depth = 0;
    for (int at = 0; at < json.length; at++) {
      switch (json[at]) {
        case '"' -> {
          if (depth == 1 && startsWith(json, at, METADATA)) {
            inMetadata = true;
          } else if (depth == 2 && inMetadata && startsWith(json, at, LIST)) {
            int from = at + LIST.length - 1;
            int to = end(json, from);
            return to > from + 2 ? Optional.of(new ManagedFieldsText(from, to)) : Optional.empty();
          }
          at = endOfString(json, at);
        }
        case '{', '[' -> depth++;
        case '}', ']' -> {
          depth--;
          if (depth == 1 && inMetadata) {
            return Optional.empty();
          }
        }
        default -> {} // part of a number or a literal, or what stands between values
      }
    }
    return Optional.empty();
  }

  private static boolean startsWith(byte[] json, int at, byte[] start) {
    return at + start.length < json.length
        && Arrays.equals(json, at, at + start.length, start, 0, start.length);
  }

  /** The place after what closes the bracket at a place; 0 if nothing does. */
  static int end(byte[] json, int bracket) {
    int depth = 0;
    for (int at = bracket; at < json.length; at++) {
      switch (json[at]) {
        case '"' -> at = endOfString(json, at);
        case '{', '[' -> depth++;
        case '}', ']' -> {
          depth--;
          if (depth == 0) {
            return at + 1;
          }
        }
        default -> {} // part of a number or a literal, or what stands between values
      }
    }
    return 0;
  }

  /** The place of the quote that ends the string at a place; the text's end if there is none. */
  private static int endOfString(byte[] json, int quote) {
    for (int at = quote + 1; at < json.length; at++) {
      if (json[at] == '\\') {
        at++;
      } else if (json[at] == '"') {
        return at;
      }
    }
    return json.length;
  }

  /** The list's own text. */
  String in(byte[] json) {
    return new String(json, from, to - from, StandardCharsets.UTF_8);
  }

  /** The object's text with {@code null} in the list's place. */
  byte[] leftOut(byte[] json) {
    byte[] left = new byte[json.length - (to - from) + NOTHING.length];
    System.arraycopy(json, 0, left, 0, from);
    System.arraycopy(NOTHING, 0, left, from, NOTHING.length);
    System.arraycopy(json, to, left, from + NOTHING.length, json.length - to);
    return left;
  }
}
