package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads what clients send: JSON, YAML, or Kubernetes' protobuf form. */
final class Bodies {
  private static final Logger log = LoggerFactory.getLogger(Bodies.class);

  private Bodies() {}

  /**
   * An object from a body.
   *
   * @throws ApiException 400 if it cannot be read, 415 if its form is not known
   */
  static ObjectNode object(byte[] body, String contentType) {
    if (value(body, contentType) instanceof ObjectNode object) {
      return object;
    }
    throw ApiException.badRequest("the request body is no object");
  }

  /** Any value from a body; otherwise as {@link #object}. */
  static JsonNode value(byte[] body, String contentType) {
    String type = mediaType(contentType);
    if (type.equals(ProtobufForm.MEDIA_TYPE)) {
      return ProtobufBody.read(body);
    }
    boolean json = type.isEmpty() || type.endsWith("json");
    if (!json && !type.endsWith("yaml")) {
      throw unknownForm("application/json, application/yaml, application/vnd.kubernetes.protobuf");
    }
    if (body.length == 0) {
      throw ApiException.badRequest("the request body is empty");
    }
    try {
      if (json) {
        return Json.parse(body);
      }
      if (startsLikeJson(body)) {
        // Server-side apply sends JSON under the name of YAML, and JSON is much quicker to read.
        try {
          return Json.parse(body);
        } catch (JsonProcessingException e) {
          log.debug("not JSON, so YAML in its flow form: {}", e.getOriginalMessage());
        }
      }
      try (JsonParser yaml = YamlText.parser(new String(body, StandardCharsets.UTF_8))) {
        JsonNode value = yaml.readValueAsTree();
        return value == null ? MissingNode.getInstance() : value;
      }
    } catch (JsonEOFException e) {
      // Go's words, which clients know.
      throw ApiException.badRequest(
          "couldn't get version/kind; json parse error: unexpected end of JSON input");
    } catch (JsonProcessingException e) {
      throw ApiException.badRequest("error decoding the request body: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw ApiException.badRequest("error decoding the request body: " + e.getMessage());
    }
  }

  private static boolean startsLikeJson(byte[] body) {
    for (byte b : body) {
      if (!Character.isWhitespace(b)) {
        return b == '{' || b == '[';
      }
    }
    return false;
  }

  /** The type without its parameters, in lower case. */
  static String mediaType(String contentType) {
    int end = contentType.indexOf(';');
    return (end < 0 ? contentType : contentType.substring(0, end)).strip().toLowerCase(Locale.ROOT);
  }

  static ApiException unknownForm(String accepted) {
    return ApiException.of(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: "
            + accepted);
  }
}
