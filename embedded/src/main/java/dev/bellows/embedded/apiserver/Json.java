package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.ValueNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** JSON as this package reads, writes and compares it. */
public final class Json {
  /** Deeper documents are refused: a recursive reader must not run out of stack. */
  static final int MAX_DEPTH = 200;

  /**
   * Of what is stored: with its managed fields, which have levels for list elements and their own,
   * an object is deeper than what its client sent.
   */
  private static final int MAX_STORED_DEPTH = 4 * MAX_DEPTH;

  /**
   * Names and values of a document that a client sends; read, each takes a hundred bytes or more,
   * however short it is.
   */
  static final int MAX_TOKENS = 500_000;

  /** As Go indents: lists too have a line per element. */
  private static final DefaultPrettyPrinter PRETTY =
      new DefaultPrettyPrinter()
          .withArrayIndenter(new DefaultIndenter("  ", "\n"))
          .withObjectIndenter(new DefaultIndenter("  ", "\n"));

  /** Numbers are equal by value: 1 read from text and 1L set by code are one number. */
  private static final Comparator<JsonNode> BY_VALUE =
      (a, b) -> {
        if (a.isNumber() && b.isNumber()) {
          return a.decimalValue().compareTo(b.decimalValue());
        }
        return a.equals(b) ? 0 : 1;
      };

  /**
   * Refuses numbers beyond the range of a double: other clients, kubectl among them, could not read
   * the object any more, nor any list that it is in.
   */
  static final JsonNodeFactory NODES =
      new JsonNodeFactory() {
        private static final long serialVersionUID = 1L;

        @Override
        public ValueNode numberNode(@Nullable BigDecimal number) {
          return number == null ? nullNode() : super.numberNode(finite(number));
        }

        @Override
        public ValueNode numberNode(@Nullable BigInteger number) {
          return number == null ? nullNode() : super.numberNode(finite(number));
        }

        private static <N extends Number> N finite(N number) {
          if (Double.isInfinite(number.doubleValue())) {
            throw ApiException.badRequest(
                "error decoding the request body: json: cannot unmarshal number "
                    + number
                    + " into Go value of type float64");
          }
          return number;
        }
      };

  private static final JsonMapper MAPPER = mapper(false, Long.MAX_VALUE, MAX_STORED_DEPTH, true);
  private static final JsonMapper CLIENT = mapper(false, MAX_TOKENS, MAX_DEPTH, true);
  private static final JsonMapper STRICT = mapper(true, MAX_TOKENS, MAX_DEPTH, true);

  /**
   * For text whose names occur once and never again, as those of list elements by their keys do. A
   * parser that remembers names copies all that it remembers for each new one.
   */
  private static final JsonMapper UNIQUE_NAMES =
      mapper(false, Long.MAX_VALUE, MAX_STORED_DEPTH, false);

  private Json() {}

  /**
   * Refuses what no client could have written as one document: patches and other forms than JSON
   * can put things together that are deeper.
   *
   * @throws ApiException 400 if a value is nested deeper than {@link #MAX_DEPTH}
   */
  static <N extends JsonNode> N notTooDeep(N value) {
    requireDepth(value, MAX_DEPTH);
    return value;
  }

  /**
   * Refuses a part that would make its document deeper than {@link #MAX_DEPTH}.
   *
   * @param left levels that it may have
   */
  static void requireDepth(JsonNode value, int left) {
    if (!value.isContainerNode()) {
      return;
    }
    if (left <= 0) {
      throw ApiException.badRequest(
          "the object is nested more deeply than " + MAX_DEPTH + " levels");
    }
    value.forEach(part -> requireDepth(part, left - 1));
  }

  /** Documents one after the other, each as soon as it is complete. */
  static MappingIterator<JsonNode> values(InputStream documents) throws IOException {
    return MAPPER.readerFor(JsonNode.class).readValues(documents);
  }

  private static JsonMapper mapper(
      boolean refuseDuplicates, long maxTokens, int maxDepth, boolean rememberNames) {
    var factory =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(maxDepth)
                    .maxStringLength(4 << 20)
                    .maxTokenCount(maxTokens)
                    .build())
            .configure(StreamReadFeature.STRICT_DUPLICATE_DETECTION, refuseDuplicates)
            .configure(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES, rememberNames)
            .build();
    return JsonMapper.builder(factory)
        .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .nodeFactory(NODES)
        .build();
  }

  /** An empty object. */
  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** An empty list. */
  public static ArrayNode array() {
    return JsonNodeFactory.instance.arrayNode();
  }

  /**
   * Reads what this package wrote itself. An object's {@code managedFields} are read when somebody
   * asks for one of them.
   *
   * @throws IllegalStateException if it is no JSON object
   */
  public static ObjectNode read(byte[] bytes) {
    try {
      Optional<ManagedFieldsText> text = ManagedFieldsText.find(bytes);
      if (text.isEmpty()) {
        return (ObjectNode) MAPPER.readTree(bytes);
      }
      ObjectNode object = (ObjectNode) MAPPER.readTree(text.get().leftOut(bytes));
      child(object, "metadata").set("managedFields", UnreadList.of(text.get().in(bytes)));
      return object;
    } catch (IOException | ClassCastException e) {
      throw new IllegalStateException("stored bytes are no JSON object", e);
    }
  }

  /** The elements of a list of {@code managedFields}. */
  static List<JsonNode> elements(String text) {
    try {
      List<JsonNode> elements = new ArrayList<>();
      UNIQUE_NAMES.readTree(text).forEach(elements::add);
      return elements;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("stored bytes are no JSON list", e);
    }
  }

  /** Reads a list of {@code managedFields} piece by piece. */
  static JsonParser parser(String text) throws IOException {
    return UNIQUE_NAMES.createParser(text);
  }

  /** Reads what a client sent. */
  static JsonNode parse(byte[] bytes) throws IOException {
    return CLIENT.readTree(bytes);
  }

  /** As {@link #parse}, refusing a field that is given twice. */
  static JsonNode parseStrict(byte[] bytes) throws IOException {
    return STRICT.readTree(bytes);
  }

  /** Compact JSON in UTF-8. */
  public static byte[] bytes(JsonNode node) {
    try {
      return MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes JSON in UTF-8 piece by piece; the text is whole when the generator is closed. */
  static JsonGenerator generator(OutputStream text) throws IOException {
    return UNIQUE_NAMES.createGenerator(text);
  }

  /** The same JSON over several lines. */
  static byte[] pretty(byte[] compact) {
    try {
      return MAPPER.writer(PRETTY).writeValueAsBytes(MAPPER.readTree(compact));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether two values mean the same, whatever the Java type of their numbers. */
  static boolean same(@Nullable JsonNode a, @Nullable JsonNode b) {
    if (a == null || b == null) {
      return a == null && b == null;
    }
    return isOne(a, b) || a.equals(BY_VALUE, b);
  }

  @SuppressWarnings("ReferenceEquality") // spares a look at all that is in it
  private static boolean isOne(JsonNode a, JsonNode b) {
    return a == b;
  }

  /** The object at {@code field}, made there if it is missing or something else. */
  static ObjectNode child(ObjectNode parent, String field) {
    if (parent.get(field) instanceof ObjectNode found) {
      return found;
    }
    return parent.putObject(field);
  }

  /** The text at a path of fields, empty if there is none. */
  static String text(JsonNode node, String... path) {
    JsonNode at = node;
    for (String field : path) {
      at = at.path(field);
    }
    return at.asText("");
  }
}
