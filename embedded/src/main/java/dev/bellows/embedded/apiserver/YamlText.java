package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.yaml.snakeyaml.LoaderOptions;

/**
 * Reads YAML as manifests use it, and writes it. Aliases are refused: the parser takes {@code
 * *name} for a text, and a manifest would be applied that says something else than its author
 * wrote. (kubectl resolves them before it sends.)
 */
public final class YamlText {
  private static final YAMLMapper MAPPER = mapper();

  private static final YAMLMapper WRITER =
      YAMLMapper.builder().disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER).build();

  private YamlText() {}

  private static YAMLMapper mapper() {
    LoaderOptions options = new LoaderOptions();
    options.setNestingDepthLimit(Json.MAX_DEPTH);
    options.setCodePointLimit(BodyAggregator.MAX_BODY_BYTES);
    YAMLFactory factory =
        YAMLFactory.builder()
            .loaderOptions(options)
            .streamReadConstraints(
                StreamReadConstraints.builder().maxTokenCount(Json.MAX_TOKENS).build())
            // As YAML has it, and as a factory that is not built by a builder does by itself.
            .enable(YAMLParser.Feature.EMPTY_STRING_AS_NULL)
            .build();
    return YAMLMapper.builder(factory)
        .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
        .nodeFactory(Json.NODES)
        .build();
  }

  /** A value as YAML in UTF-8. */
  static byte[] bytes(JsonNode value) {
    try {
      return WRITER.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A parser of a text's documents, one value each; {@code readValueAsTree} reads one.
   *
   * @throws IOException if the text is too large; other errors come as the parser moves on
   */
  public static JsonParser parser(String text) throws IOException {
    return new WithoutAliases((YAMLParser) MAPPER.createParser(text));
  }

  private static final class WithoutAliases extends JsonParserDelegate {
    private final YAMLParser yaml;

    WithoutAliases(YAMLParser yaml) {
      super(yaml);
      this.yaml = yaml;
    }

    @Override
    public JsonToken nextToken() throws IOException {
      JsonToken token = yaml.nextToken();
      if (token == JsonToken.VALUE_STRING && yaml.isCurrentAlias()) {
        throw new JsonParseException(
            yaml,
            "aliases are not read; write out what *" + yaml.getText() + " stands for",
            yaml.currentTokenLocation());
      }
      return token;
    }
  }
}
