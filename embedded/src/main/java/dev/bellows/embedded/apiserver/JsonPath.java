package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The part of Kubernetes' JSONPath that printer columns and {@code scale} use: fields, indexes,
 * wildcards and one equality filter per step.
 *
 * @param steps from the root down
 */
record JsonPath(List<Step> steps) {
  /** One step down. */
  sealed interface Step {
    /** To a field. */
    record Field(String name) implements Step {}

    /** To a list's element, counted from 0. */
    record Index(int index) implements Step {}

    /** To every element. */
    record All() implements Step {}

    /** To the elements whose field is equal to a text. */
    record Where(String field, String value) implements Step {}
  }

  private static final Pattern STEP =
      Pattern.compile(
          "\\.?(?:(?<field>(?:[^.\\[\\]\\\\]|\\\\.)+)"
              + "|\\[(?<index>\\d{1,6})]"
              + "|\\[(?<all>\\*)]"
              + "|\\['(?<quoted>[^']+)']"
              + "|\\[\\?\\(@\\.(?<key>[^=!<> ]+)\\s*==\\s*['\"](?<value>[^'\"]*)['\"]\\s*\\)])");

  /** Longer ones find nothing. */
  private static final int MAX_CHARS = 2048;

  /** Reads a path; one that is not understood finds nothing. */
  static JsonPath parse(String text) {
    List<Step> steps = new ArrayList<>();
    String rest = text.replaceAll("^\\{|}$", "").replaceFirst("^\\$", "");
    Matcher matcher = STEP.matcher(rest);
    int at = 0;
    while (text.length() <= MAX_CHARS
        && at < rest.length()
        && matcher.find(at)
        && matcher.start() == at) {
      if (matcher.group("field") != null) {
        steps.add(new Step.Field(matcher.group("field").replace("\\", "")));
      } else if (matcher.group("quoted") != null) {
        steps.add(new Step.Field(matcher.group("quoted").replace("\\", "")));
      } else if (matcher.group("index") != null) {
        steps.add(new Step.Index(Integer.parseInt(matcher.group("index"))));
      } else if (matcher.group("all") != null) {
        steps.add(new Step.All());
      } else {
        steps.add(new Step.Where(matcher.group("key"), matcher.group("value")));
      }
      at = matcher.end();
    }
    return at < rest.length() || text.length() > MAX_CHARS
        ? new JsonPath(List.of(new Step.Index(-1)))
        : new JsonPath(List.copyOf(steps));
  }

  /** Everything the path leads to, in order. */
  List<JsonNode> find(JsonNode root) {
    List<JsonNode> at = List.of(root);
    for (Step step : steps) {
      List<JsonNode> next = new ArrayList<>();
      for (JsonNode node : at) {
        switch (step) {
          case Step.Field field -> next.add(node.path(field.name()));
          case Step.Index index -> next.add(node.path(index.index()));
          case Step.All all -> node.forEach(next::add);
          case Step.Where where -> {
            for (JsonNode element : node) {
              if (element.path(where.field()).asText("").equals(where.value())) {
                next.add(element);
              }
            }
          }
        }
      }
      next.removeIf(node -> node.isMissingNode() || node.isNull());
      at = next;
    }
    return at;
  }
}
