package dev.bellows.api.config;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which namespaces are meant, by their labels: a selector as Kubernetes writes it.
 *
 * @param matchLabels labels that a namespace must have
 * @param requirements what else must hold of its labels
 */
public record NamespaceSelector(Map<String, String> matchLabels, List<Requirement> requirements) {
  /** How a label must be. */
  public enum Operator {
    IN,
    NOT_IN,
    EXISTS,
    DOES_NOT_EXIST
  }

  /**
   * What must hold of one label.
   *
   * @param values of {@code IN} and {@code NOT_IN}
   */
  public record Requirement(String key, Operator operator, List<String> values) {
    public Requirement {
      values = List.copyOf(values);
    }

    private boolean holds(Map<String, String> labels) {
      return switch (operator) {
        case IN -> labels.containsKey(key) && values.contains(labels.get(key));
        case NOT_IN -> !labels.containsKey(key) || !values.contains(labels.get(key));
        case EXISTS -> labels.containsKey(key);
        case DOES_NOT_EXIST -> !labels.containsKey(key);
      };
    }
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Written(
      @Nullable Map<String, String> matchLabels, @Nullable List<Expression> matchExpressions) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Expression(
      @Nullable String key, @Nullable String operator, @Nullable List<String> values) {
    Requirement read() {
      Operator known =
          switch (operator) {
            case "In" -> Operator.IN;
            case "NotIn" -> Operator.NOT_IN;
            case "Exists" -> Operator.EXISTS;
            case "DoesNotExist" -> Operator.DOES_NOT_EXIST;
            case null, default ->
                throw new InvalidConfigException(
                    "\"" + operator + "\" is not a valid label selector operator");
          };
      if (key == null || key.isEmpty()) {
        throw new InvalidConfigException("a label selector requirement names no key");
      }
      return new Requirement(key, known, values == null ? List.of() : values);
    }
  }

  public NamespaceSelector {
    matchLabels = Map.copyOf(matchLabels);
    requirements = List.copyOf(requirements);
  }

  /**
   * Reads a selector in YAML.
   *
   * @return empty if nothing is written: then no namespace is meant
   * @throws InvalidConfigException if it is none
   */
  static Optional<NamespaceSelector> parse(String key, String written) {
    if (written.isBlank()) {
      return Optional.empty();
    }
    try {
      @Nullable Written read = new YAMLMapper().readValue(written, Written.class);
      return read == null
          ? Optional.empty()
          : Optional.of(
              new NamespaceSelector(
                  read.matchLabels() == null ? Map.of() : read.matchLabels(),
                  read.matchExpressions() == null
                      ? List.of()
                      : read.matchExpressions().stream().map(Expression::read).toList()));
    } catch (JsonProcessingException e) {
      throw new InvalidConfigException(
          "failed to parse \"" + key + "\": " + e.getOriginalMessage());
    }
  }

  /** Whether a namespace with these labels is meant. */
  public boolean matches(Map<String, String> labels) {
    return labels.entrySet().containsAll(matchLabels.entrySet())
        && requirements.stream().allMatch(each -> each.holds(labels));
  }
}
