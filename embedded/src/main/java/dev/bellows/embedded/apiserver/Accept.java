package dev.bellows.embedded.apiserver;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a client wants, read from its Accept header.
 *
 * @param form in which form it wants objects
 * @param encoding how it wants them written
 */
record Accept(Form form, Encoding encoding) {
  /** What is shown of an object. */
  enum Form {
    /** The objects as they are. */
    OBJECT,
    /** Rows of a table, as kubectl prints them. */
    TABLE,
    /** Only the metadata. */
    METADATA
  }

  /** What may be asked for. */
  enum Offer {
    /** Objects of a kind that is built in. */
    BUILT_IN,
    /** Objects of a custom kind; their metadata alone is a kind that is built in. */
    CUSTOM,
    /** A watch of a kind that is built in. */
    BUILT_IN_WATCH,
    /** A watch of a custom kind. */
    CUSTOM_WATCH;

    static Offer of(boolean custom, boolean watch) {
      if (watch) {
        return custom ? CUSTOM_WATCH : BUILT_IN_WATCH;
      }
      return custom ? CUSTOM : BUILT_IN;
    }

    private List<Encoding> encodings() {
      return switch (this) {
        case BUILT_IN, CUSTOM -> List.of(Encoding.JSON, Encoding.YAML, Encoding.PROTOBUF);
        case BUILT_IN_WATCH, CUSTOM_WATCH -> List.of(Encoding.JSON, Encoding.PROTOBUF);
      };
    }

    private boolean has(Form form, Encoding encoding) {
      if (encoding != Encoding.PROTOBUF) {
        return encodings().contains(encoding);
      }
      boolean builtIn = this == BUILT_IN || this == BUILT_IN_WATCH;
      return form == Form.METADATA || (form == Form.OBJECT && builtIn);
    }
  }

  private static final List<String> ANY_JSON = List.of("application/json", "application/*", "*/*");

  /**
   * The first choice in the header that is on offer.
   *
   * @throws ApiException 406 if there is none
   */
  static Accept of(String header, Offer offer) {
    return find(header, offer)
        .orElseThrow(() ->
            ApiException.of(
                406,
                "NotAcceptable",
                "only the following media types are accepted: "
                    + offer.encodings().stream()
                        .map(Encoding::mediaType)
                        .collect(Collectors.joining(", "))));
  }

  /** The encoding for what has one form only; JSON if the client wants what is not there. */
  static Encoding encoding(String header) {
    return find(header, Offer.BUILT_IN).map(Accept::encoding).orElse(Encoding.JSON);
  }

  private static Optional<Accept> find(String header, Offer offer) {
    if (header.isBlank()) {
      return Optional.of(new Accept(Form.OBJECT, Encoding.JSON));
    }
    for (String choice : header.toLowerCase(Locale.ROOT).split(",", -1)) {
      List<String> parameters = new ArrayList<>();
      for (String part : choice.split(";", -1)) {
        parameters.add(part.strip());
      }
      Optional<Encoding> encoding = encodingOf(parameters.getFirst());
      Optional<Form> form = form(parameters);
      if (encoding.isPresent() && form.isPresent() && offer.has(form.get(), encoding.get())) {
        return Optional.of(new Accept(form.get(), encoding.get()));
      }
    }
    return Optional.empty();
  }

  private static Optional<Encoding> encodingOf(String type) {
    if (ANY_JSON.contains(type)) {
      return Optional.of(Encoding.JSON);
    }
    for (Encoding encoding : Encoding.values()) {
      if (encoding.mediaType().equals(type)) {
        return Optional.of(encoding);
      }
    }
    return Optional.empty();
  }

  /** Empty if it is one of another server's. */
  private static Optional<Form> form(List<String> parameters) {
    String name = "";
    for (String parameter : parameters) {
      if (parameter.startsWith("as=")) {
        name = parameter.substring(3);
      }
    }
    if (name.isEmpty()) {
      return Optional.of(Form.OBJECT);
    }
    if (!parameters.contains("v=v1")) {
      return Optional.empty();
    }
    return switch (name) {
      case "table" -> Optional.of(Form.TABLE);
      case "partialobjectmetadata", "partialobjectmetadatalist" -> Optional.of(Form.METADATA);
      default -> Optional.empty();
    };
  }
}
