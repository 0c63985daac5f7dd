package dev.bellows.embedded.apiserver;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Takes {@code metadata.managedFields} out of objects in JSON, without reading them: they are often
 * more than half of an object, and their names, which hold UIDs, are new in each of them, so that a
 * reader that knows names again would learn them in vain.
 */
public final class FieldOwners {
  /** As an API server writes it: nobody else's field has this name and is a list of objects. */
  private static final byte[] FIELD = "\"managedFields\":[{\"".getBytes(StandardCharsets.UTF_8);

  private FieldOwners() {}

  /**
   * The same without the field, wherever it stands.
   *
   * @param json compact and whole; what does not look like that comes back as it is
   */
  public static byte[] without(byte[] json) {
    byte[] left = new byte[0];
    int length = 0; // of what is left so far
    int from = 0; // what comes before has been looked at
    for (int at = next(json, 0); at >= 0; at = next(json, from)) {
      int end = ManagedFieldsText.end(json, at + FIELD.length - 3);
      if (end == 0) {
        break;
      }
      if (from == 0) {
        left = new byte[json.length];
      }
      int to = at;
      if (end < json.length && json[end] == ',') {
        end++; // it was not the last field
      } else if (at > 0 && json[at - 1] == ',') {
        to--; // it was the last field of several
      }
      System.arraycopy(json, from, left, length, to - from);
      length += to - from;
      from = end;
    }
    if (from == 0) {
      return json;
    }
    System.arraycopy(json, from, left, length, json.length - from);
    return Arrays.copyOf(left, length + json.length - from);
  }

  /** Where the field begins; a quote that belongs to a text has a backslash before it. */
  private static int next(byte[] json, int from) {
    for (int i = from; i <= json.length - FIELD.length; i++) {
      if (json[i] == '"'
          && json[i + 1] == 'm'
          && Arrays.equals(json, i, i + FIELD.length, FIELD, 0, FIELD.length)
          && (i == 0 || json[i - 1] == ',' || json[i - 1] == '{')) {
        return i;
      }
    }
    return -1;
  }
}
