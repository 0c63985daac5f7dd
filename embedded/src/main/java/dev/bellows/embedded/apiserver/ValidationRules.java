package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.cel.CostBudget;
import dev.bellows.embedded.cel.EvaluationException;
import dev.bellows.embedded.cel.Language;
import dev.bellows.embedded.cel.SchemaSizes;
import dev.bellows.embedded.cel.SchemaType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The rules of a schema in the Common Expression Language, compiled: those of one place, and those
 * of the places below it. Of an update, what has not changed is judged as well, but only warned of:
 * what was stored before the rule came stays valid while nobody touches it.
 */
final class ValidationRules {
  /** Causes that one answer holds. */
  private static final int MAX_CAUSES = 100;

  private final Schema schema;
  private final Optional<SchemaType> type;
  private final List<CompiledRule> rules = new ArrayList<>();
  private final Map<String, ValidationRules> fields = new TreeMap<>();
  private Optional<ValidationRules> items = Optional.empty();
  private Optional<ValidationRules> values = Optional.empty();

  private ValidationRules(JsonNode schema, boolean whole) {
    this.schema = new Schema(schema);
    this.type = whole ? SchemaType.ofObject(schema) : SchemaType.of(schema);
  }

  /** Whether a schema has any. */
  static boolean areIn(JsonNode schema) {
    return schema.findValue(ValidationRule.KEYWORD) != null;
  }

  /** Those of a whole object's schema; what is wrong with them was said when it was stored. */
  static ValidationRules of(JsonNode schema) {
    return read(schema, true, "", "", new ArrayList<>());
  }

  /**
   * Reads those of a whole object's schema, and what is wrong with them.
   *
   * @param path of the schema in its definition
   */
  static void check(JsonNode schema, String path, List<Cause> causes) {
    ValidationRules read = read(schema, true, path, "", causes);
    if (causes.isEmpty()) {
      RuleCosts costs = new RuleCosts(causes);
      read.costs(schema, path, Optional.of(1L), costs);
      costs.close(path);
      read.defaults(path, causes);
    }
  }

  /**
   * @param whole whether the schema is of a whole object
   * @param loose where the list is whose elements nobody can tell from what they were; empty if
   *     there is none above
   */
  private static ValidationRules read(
      JsonNode schema, boolean whole, String path, String loose, List<Cause> causes) {
    ValidationRules here = new ValidationRules(schema, whole);
    if (!schema.path(ValidationRule.KEYWORD).isEmpty()) {
      here.compile(schema, path, loose, causes);
    }
    for (Map.Entry<String, JsonNode> field : schema.path("properties").properties()) {
      if (areIn(field.getValue())) {
        String at = path + ".properties[" + field.getKey() + "]";
        here.fields.put(field.getKey(), read(field.getValue(), false, at, loose, causes));
      }
    }
    JsonNode additional = schema.path("additionalProperties");
    if (areIn(additional)) {
      here.values =
          Optional.of(read(additional, false, path + ".additionalProperties", loose, causes));
    }
    JsonNode items = schema.path("items");
    if (areIn(items)) {
      boolean keyed = here.schema.listKind() == Schema.ListKind.MAP;
      String lost = keyed || !loose.isEmpty() ? loose : path;
      here.items = Optional.of(read(items, false, path + ".items", lost, causes));
    }
    return here;
  }

  private void compile(JsonNode schema, String path, String loose, List<Cause> causes) {
    String list = path + "." + ValidationRule.KEYWORD;
    if (type.isEmpty()) {
      causes.add(
          new Cause(
              "InternalError",
              list,
              "Internal error: internal error: failed to construct type information for"
                  + " x-kubernetes-validations rules: unable to convert structural schema to CEL"
                  + " declarations"));
      return;
    }
    List<ValidationRule> written = new ArrayList<>();
    schema.path(ValidationRule.KEYWORD).forEach(each -> written.add(ValidationRule.of(each)));
    List<Cause> found = new ArrayList<>();
    for (int i = 0; i < written.size(); i++) {
      written.get(i).check(schema, list + "[" + i + "]", found);
    }
    if (!found.isEmpty()) {
      causes.addAll(found);
      return;
    }
    Map<Boolean, Language> languages = new HashMap<>();
    for (int i = 0; i < written.size(); i++) {
      ValidationRule rule = written.get(i);
      String at = list + "[" + i + "]";
      Language language =
          languages.computeIfAbsent(
              rule.hasOptionalOld(), optional -> Language.ofRules(type.get(), optional));
      String blamed = rule.blamed(schema).orElse("");
      Optional<CompiledRule> compiled = CompiledRule.of(rule, language, blamed, at, causes);
      compiled.ifPresent(rules::add);
      boolean looksBack = compiled.filter(CompiledRule::looksBack).isPresent();
      if (looksBack && !loose.isEmpty()) {
        causes.add(
            Cause.invalid(
                at + ".rule",
                Json.NODES.textNode(rule.rule()),
                "oldSelf cannot be used on the uncorrelatable portion of the schema within "
                    + loose));
      }
      if (rule.optionalOldSelf().isPresent() && !looksBack) {
        causes.add(
            Cause.invalid(
                at + ".optionalOldSelf",
                Json.NODES.booleanNode(rule.hasOptionalOld()),
                "may not be set if oldSelf is not used in rule"));
      }
    }
  }

  /**
   * Adds up what the rules cost.
   *
   * @param times how often this place can be in an object, as far as that is said
   */
  private void costs(JsonNode here, String path, Optional<Long> times, RuleCosts costs) {
    for (int i = 0; i < rules.size(); i++) {
      String at = path + "." + ValidationRule.KEYWORD + "[" + i + "]";
      costs.add(rules.get(i).expression(), here, times, "rule", at);
      rules
          .get(i)
          .saying()
          .ifPresent(said -> costs.add(said, here, times, "messageExpression", at));
    }
    fields.forEach((name, part) ->
        part.costs(
            here.path("properties").path(name), path + ".properties[" + name + "]", times, costs));
    Optional<Long> each =
        times.flatMap(before -> SchemaSizes.parts(here).map(now -> CostBudget.times(before, now)));
    values.ifPresent(part ->
        part.costs(here.path("additionalProperties"), path + ".additionalProperties", each, costs));
    items.ifPresent(part -> part.costs(here.path("items"), path + ".items", each, costs));
  }

  /** Adds what the rules say of the schema's own defaults. */
  private void defaults(String path, List<Cause> causes) {
    JsonNode standard = schema.keyword("default");
    if (!standard.isMissingNode()) {
      new Judgement(causes, none -> {})
          .judge(this, standard, MissingNode.getInstance(), false, path + ".default");
    }
    fields.forEach((name, part) -> part.defaults(path + ".properties[" + name + "]", causes));
    values.ifPresent(part -> part.defaults(path + ".additionalProperties", causes));
    items.ifPresent(part -> part.defaults(path + ".items", causes));
  }

  /**
   * Adds what is wrong with an object.
   *
   * @param old what it was; missing if it is new
   * @param warnings take what is wrong but was so before
   */
  void judge(ObjectNode object, JsonNode old, List<Cause> causes, Consumer<String> warnings) {
    new Judgement(causes, warnings).judge(this, object, old, false, "");
  }

  /** How a place is written; the whole object has no name. */
  static String shown(String path) {
    return path.isEmpty() ? "<nil>" : path;
  }

  /** One object's way through the rules, at its cost. */
  private static final class Judgement {
    private final CostBudget budget = new CostBudget(CostBudget.MAX_OF_OBJECT);
    private final List<Cause> causes;
    private final Consumer<String> warnings;
    private int found;
    private boolean over;

    Judgement(List<Cause> causes, Consumer<String> warnings) {
      this.causes = causes;
      this.warnings = warnings;
    }

    /**
     * @param same whether nothing here has changed
     */
    void judge(ValidationRules at, JsonNode value, JsonNode old, boolean same, String path) {
      if (value.isNull() || over) {
        return;
      }
      if (!at.rules.isEmpty()) {
        rules(at, value, old, same, path);
      }
      switch (value) {
        case ObjectNode object -> object(at, object, old, same, path);
        case ArrayNode list -> at.items.ifPresent(part -> list(at, part, list, old, same, path));
        default -> {} // has no parts
      }
    }

    private void rules(
        ValidationRules at, JsonNode value, JsonNode old, boolean same, String path) {
      SchemaType type = at.type.orElseThrow();
      Object self = type.value(value);
      Optional<Object> before =
          old.isMissingNode() || old.isNull() ? Optional.empty() : Optional.of(type.value(old));
      String kind = at.schema.isIntOrString() ? "" : at.schema.type();
      for (CompiledRule rule : at.rules) {
        boolean optional = rule.rule().hasOptionalOld();
        if (over || (rule.looksBack() && !optional && before.isEmpty())) {
          continue;
        }
        Map<String, Object> variables = new HashMap<>();
        variables.put("self", self);
        if (optional) {
          variables.put("oldSelf", before);
        } else {
          before.ifPresent(was -> variables.put("oldSelf", was));
        }
        try {
          rule.judge(variables, path, kind, budget)
              .ifPresent(cause -> tell(cause, same && !rule.looksBack()));
        } catch (EvaluationException e) {
          over = true;
          add(
              Cause.invalid(
                  shown(path),
                  kind,
                  budget.isSpent()
                      ? "validation failed due to running out of cost budget, no further"
                          + " validation rules will be run"
                      : "'"
                          + e.getMessage()
                          + "': no further validation rules will be run due to call cost exceeds"
                          + " limit for rule: "
                          + rule.rule().rule().strip()));
        }
      }
    }

    private void object(
        ValidationRules at, ObjectNode object, JsonNode old, boolean same, String path) {
      for (Map.Entry<String, JsonNode> field : object.properties()) {
        String name = field.getKey();
        ValidationRules part = at.fields.get(name);
        if (part != null) {
          part(
              part,
              field.getValue(),
              old.path(name),
              same,
              path.isEmpty() ? name : path + "." + name);
        } else if (at.values.isPresent()) {
          part(at.values.get(), field.getValue(), old.path(name), same, path + "[" + name + "]");
        }
      }
    }

    private void list(
        ValidationRules at,
        ValidationRules part,
        ArrayNode list,
        JsonNode old,
        boolean same,
        String path) {
      Map<String, JsonNode> before = new HashMap<>();
      if (at.schema.listKind() == Schema.ListKind.MAP) {
        old.forEach(each -> before.put(FieldSet.element(each, at.schema), each));
      }
      for (int i = 0; i < list.size(); i++) {
        JsonNode item = list.get(i);
        JsonNode was =
            before.isEmpty()
                ? MissingNode.getInstance()
                : before.getOrDefault(FieldSet.element(item, at.schema), MissingNode.getInstance());
        part(part, item, was, same, path + "[" + i + "]");
      }
    }

    private void part(
        ValidationRules part, JsonNode value, JsonNode old, boolean same, String path) {
      boolean unchanged = same || (!old.isMissingNode() && Json.same(value, old));
      judge(part, value, old, unchanged, path);
    }

    private void tell(Cause cause, boolean wasSo) {
      if (wasSo) {
        if (found++ < MAX_CAUSES) {
          warnings.accept(cause.toString());
        }
      } else {
        add(cause);
      }
    }

    private void add(Cause cause) {
      if (causes.size() < MAX_CAUSES) {
        causes.add(cause);
      }
    }
  }
}
