package dev.bellows.api.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A name made from other names: {@code {{.Name}}.{{.Namespace}}.{{.Domain}}}.
 *
 * <p>The original runs Go templates here. This is the part of them that names are made with: a
 * value ({@code .Name}), an entry of a map ({@code .Labels.team} or {@code index .Annotations
 * "example.com/sub"}; empty if it is missing), and {@code {{-} and {@code -}}} to cut white space.
 * Anything else is refused when the ConfigMap is written (ADR 0021).
 */
public final class NameTemplate {
  private static final Pattern ACTION =
      Pattern.compile("\\{\\{(-\\s)?(.*?)(\\s-)?}}", Pattern.DOTALL);
  private static final Pattern VALUE = Pattern.compile("\\.([A-Za-z]+)");
  private static final Pattern ENTRY = Pattern.compile("\\.([A-Za-z]+)\\.([A-Za-z0-9_]+)");
  private static final Pattern INDEX = Pattern.compile("index\\s+\\.([A-Za-z]+)\\s+\"([^\"]*)\"");

  /**
   * What a template may speak of.
   *
   * @param values by name, such as {@code Name}
   * @param maps by name, such as {@code Labels}
   */
  public record Values(Map<String, String> values, Map<String, Map<String, String>> maps) {
    public Values {
      values = Map.copyOf(values);
      maps =
          maps.entrySet().stream()
              .collect(Collectors.toMap(Map.Entry::getKey, each -> Map.copyOf(each.getValue())));
    }
  }

  private sealed interface Part {
    record Text(String text) implements Part {}

    record Value(String name) implements Part {}

    record Entry(String map, String key) implements Part {}
  }

  private final String source;
  private final List<Part> parts;

  private NameTemplate(String source, List<Part> parts) {
    this.source = source;
    this.parts = List.copyOf(parts);
  }

  /**
   * Reads a template.
   *
   * @param values the values it may name
   * @param maps the maps it may look into
   * @throws InvalidConfigException if it says anything else
   */
  public static NameTemplate parse(String source, Set<String> values, Set<String> maps) {
    List<Part> parts = new ArrayList<>();
    Matcher action = ACTION.matcher(source);
    int end = 0;
    boolean cutLeft = false;
    while (action.find()) {
      String text = source.substring(end, action.start());
      text = cutLeft ? text.stripLeading() : text;
      parts.add(new Part.Text(action.group(1) != null ? text.stripTrailing() : text));
      parts.add(part(source, action.group(2).strip(), values, maps));
      cutLeft = action.group(3) != null;
      end = action.end();
    }
    String rest = source.substring(end);
    if (rest.contains("{{")) {
      throw new InvalidConfigException("template " + source + " has an unclosed action");
    }
    parts.add(new Part.Text(cutLeft ? rest.stripLeading() : rest));
    return new NameTemplate(source, parts);
  }

  private static Part part(String source, String action, Set<String> values, Set<String> maps) {
    Matcher value = VALUE.matcher(action);
    if (value.matches() && values.contains(value.group(1))) {
      return new Part.Value(value.group(1));
    }
    for (Pattern form : List.of(ENTRY, INDEX)) {
      Matcher entry = form.matcher(action);
      if (entry.matches() && maps.contains(entry.group(1))) {
        return new Part.Entry(entry.group(1), entry.group(2));
      }
    }
    throw new InvalidConfigException(
        "template " + source + " has an action that is not supported: {{" + action + "}}");
  }

  /** The name for these values. */
  public String render(Values given) {
    StringBuilder name = new StringBuilder();
    for (Part part : parts) {
      name.append(
          switch (part) {
            case Part.Text(String text) -> text;
            case Part.Value(String value) -> given.values().getOrDefault(value, "");
            case Part.Entry(String map, String key) ->
                given.maps().getOrDefault(map, Map.of()).getOrDefault(key, "");
          });
    }
    return name.toString();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NameTemplate that && source.equals(that.source);
  }

  @Override
  public int hashCode() {
    return source.hashCode();
  }

  /** The template as it was written. */
  @Override
  public String toString() {
    return source;
  }
}
