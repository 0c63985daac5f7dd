package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonGeneratorImpl;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.util.AbstractList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A list of which only the text is known until somebody asks for an element: {@code
 * metadata.managedFields}, which is the larger half of most objects, and in most requests only
 * passes through. Copies share the text, and it is written as it stands. To everybody else it is a
 * list like any other; several threads may read it at once.
 */
@SuppressWarnings("unchecked") // a copy has a narrower type, as ArrayNode has it
final class UnreadList extends ArrayNode {
  private static final long serialVersionUID = 1L;

  private final transient Elements elements;

  private UnreadList(Elements elements) {
    super(Json.NODES, elements);
    this.elements = elements;
  }

  /**
   * @param text of a list that has elements, as {@link Json#bytes} writes it
   */
  static UnreadList of(String text) {
    return new UnreadList(new Elements(text));
  }

  /** The list's text; empty once somebody has asked for an element. */
  Optional<String> text() {
    return Optional.ofNullable(elements.text);
  }

  /** The elements, made of the text when they are first asked for; from then on they may change. */
  private static final class Elements extends AbstractList<JsonNode> {
    private volatile @Nullable String text;
    private List<JsonNode> read = List.of();

    Elements(String text) {
      this.text = text;
    }

    private List<JsonNode> read() {
      if (text != null) {
        read(this);
      }
      return read;
    }

    private static synchronized void read(Elements elements) {
      String text = elements.text;
      if (text != null) {
        elements.read = Json.elements(text);
        elements.text = null;
      }
    }

    @Override
    public JsonNode get(int index) {
      return read().get(index);
    }

    @Override
    public int size() {
      return read().size();
    }

    @Override
    public JsonNode set(int index, JsonNode element) {
      return read().set(index, element);
    }

    @Override
    public void add(int index, JsonNode element) {
      read().add(index, element);
    }

    @Override
    public JsonNode remove(int index) {
      return read().remove(index);
    }
  }

  @Override
  public boolean isEmpty() {
    return text().isEmpty() && super.isEmpty();
  }

  @Override
  public ArrayNode deepCopy() {
    Optional<String> text = text();
    return text.isPresent() ? of(text.get()) : super.deepCopy();
  }

  private boolean hasTextOf(@Nullable Object other) {
    Optional<String> text = text();
    return text.isPresent() && other instanceof UnreadList list && text.equals(list.text());
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return hasTextOf(other) || super.equals(other);
  }

  @Override
  public boolean equals(Comparator<JsonNode> comparator, JsonNode other) {
    return hasTextOf(other) || super.equals(comparator, other);
  }

  @Override
  public int hashCode() {
    return super.hashCode();
  }

  @Override
  public void serialize(JsonGenerator generator, SerializerProvider provider) throws IOException {
    String text = elements.text;
    if (text != null
        && generator instanceof JsonGeneratorImpl
        && generator.getPrettyPrinter() == null) {
      generator.writeRawValue(text);
    } else {
      super.serialize(generator, provider);
    }
  }
}
