package dev.bellows.embedded.apiserver;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** In which form a client wants objects, read from its Accept header. */
enum Accept {
  /** The objects as they are. */
  OBJECT,
  /** Rows of a table, as kubectl prints them. */
  TABLE,
  /** Only the metadata. */
  METADATA;

  private static final List<String> JSON = List.of("application/json", "application/*", "*/*");

  /**
   * The first form in the header that this server has.
   *
   * @throws ApiException 406 if there is none
   */
  static Accept of(String header) {
    if (header.isBlank()) {
      return OBJECT;
    }
    for (String choice : header.toLowerCase(Locale.ROOT).split(",", -1)) {
      List<String> parameters = new ArrayList<>();
      for (String part : choice.split(";", -1)) {
        parameters.add(part.strip());
      }
      if (!JSON.contains(parameters.getFirst())) {
        continue;
      }
      String form = "";
      for (String parameter : parameters) {
        if (parameter.startsWith("as=")) {
          form = parameter.substring(3);
        }
      }
      switch (form) {
        case "" -> {
          return OBJECT;
        }
        case "table" -> {
          if (parameters.contains("v=v1")) {
            return TABLE;
          }
        }
        case "partialobjectmetadata", "partialobjectmetadatalist" -> {
          if (parameters.contains("v=v1")) {
            return METADATA;
          }
        }
        default -> {} // a form of another server: the client's next choice may be ours
      }
    }
    throw ApiException.of(
        406, "NotAcceptable", "only the following media types are accepted: application/json");
  }
}
