package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Finds fields that stand twice in one object of a JSON text; the last one counts. */
final class DuplicateFields {
  private static final JsonFactory FACTORY = new JsonFactory();

  private DuplicateFields() {}

  /** An object or list that is being read. */
  private static final class Level {
    final String path;
    final Set<String> seen = new HashSet<>();
    final boolean list;
    int index = -1;
    String field = "";

    Level(String path, boolean list) {
      this.path = path;
      this.list = list;
    }

    String here() {
      return list ? path + "[" + index + "]" : path.isEmpty() ? field : path + "." + field;
    }
  }

  static List<String> find(byte[] text) {
    List<String> found = new ArrayList<>();
    ArrayDeque<Level> levels = new ArrayDeque<>();
    try (JsonParser parser = FACTORY.createParser(text)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        Level level = levels.peek();
        if (level != null && level.list && token != JsonToken.END_ARRAY) {
          level.index++;
        }
        switch (token) {
          case FIELD_NAME -> {
            if (level != null) {
              level.field = parser.currentName();
              if (!level.seen.add(level.field)) {
                found.add(level.here());
              }
            }
          }
          case START_OBJECT -> levels.push(new Level(level == null ? "" : level.here(), false));
          case START_ARRAY -> levels.push(new Level(level == null ? "" : level.here(), true));
          case END_OBJECT, END_ARRAY -> levels.pop();
          default -> {} // a scalar
        }
      }
    } catch (IOException e) {
      return List.of(); // no JSON: whoever reads it says so
    }
    return found;
  }
}
