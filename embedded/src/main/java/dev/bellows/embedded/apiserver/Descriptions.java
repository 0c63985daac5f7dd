package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.ref.SoftReference;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/**
 * The texts of Kubernetes' own documentation of its kinds, from the same documents as {@link
 * Definitions}. Few ask for them, so they are read when somebody does, and not kept for long.
 */
final class Descriptions {
  private static final String FILE = "kubernetes-descriptions.json.gz";

  private static volatile SoftReference<Descriptions> last = new SoftReference<>(null);

  /** Per definition its own text under the empty name, and one per field. */
  private final JsonNode texts;

  private Descriptions(JsonNode texts) {
    this.texts = texts;
  }

  static Descriptions read() {
    Descriptions found = last.get();
    if (found != null) {
      return found;
    }
    try (InputStream file = Descriptions.class.getResourceAsStream(FILE)) {
      if (file == null) {
        throw new IllegalStateException(FILE + " is missing from the class path");
      }
      Descriptions read = new Descriptions(Json.read(new GZIPInputStream(file).readAllBytes()));
      last = new SoftReference<>(read);
      return read;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + FILE, e);
    }
  }

  /** Writes the texts of a definition into it. */
  void describe(String name, ObjectNode definition) {
    for (Map.Entry<String, JsonNode> text : texts.path(name).properties()) {
      JsonNode place =
          text.getKey().isEmpty() ? definition : definition.path("properties").path(text.getKey());
      if (place instanceof ObjectNode found) {
        found.set("description", text.getValue());
      }
    }
  }
}
