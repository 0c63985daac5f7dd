package dev.bellows.images;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What a handler may know of a request.
 *
 * @param path without the query
 * @param parameters the query's; of one that is given twice the last
 */
record Request(String path, Map<String, String> parameters) {
  static Request of(String target) {
    int question = target.indexOf('?');
    if (question < 0) {
      return new Request(target, Map.of());
    }
    Map<String, String> parameters = new HashMap<>();
    for (String pair : target.substring(question + 1).split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        parameters.put(decode(pair.substring(0, equals)), decode(pair.substring(equals + 1)));
      }
    }
    return new Request(target.substring(0, question), Map.copyOf(parameters));
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  /**
   * A parameter that is a number.
   *
   * @throws BadRequest if it is none, or negative
   */
  OptionalLong number(String name) {
    String text = parameters.get(name);
    if (text == null) {
      return OptionalLong.empty();
    }
    try {
      long number = Long.parseLong(text);
      if (number >= 0) {
        return OptionalLong.of(number);
      }
    } catch (NumberFormatException e) {
      // Told below, in the same words.
    }
    throw new BadRequest(name + " must be a whole number, got '" + text + "'");
  }

  /** The client's fault; the message is the answer. */
  static final class BadRequest extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BadRequest(String message) {
      super(message);
    }
  }
}
