package dev.bellows.api.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.core.validation.FieldError;
import dev.bellows.core.validation.FieldErrors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Defaults and rules of a traffic block (serving spec §2). */
final class TrafficRules {
  /** Whose traffic it is. */
  enum Context {
    /** A target names a Revision or a Configuration. */
    ROUTE,
    /** A target without Revision means the Service's own Configuration. */
    SERVICE
  }

  private static final int ALL = 100;

  private TrafficRules() {}

  /** Fills in the targets of a spec; a Service without any sends all to its latest Revision. */
  static void applyDefaults(ObjectNode spec, Context context) {
    if (context == Context.SERVICE && spec.path("traffic").isEmpty()) {
      ArrayNode traffic = Manifest.list(spec, "traffic");
      traffic.addObject().put("percent", ALL).put("latestRevision", true);
    }
    Manifest.objects(spec, "traffic")
        .forEach(target -> {
          if (!target.hasNonNull("latestRevision")) {
            target.put("latestRevision", Manifest.text(target, "revisionName").isEmpty());
          }
          if (!target.hasNonNull("percent")) {
            target.put("percent", 0);
          }
        });
  }

  /** What is wrong with the targets; paths begin with {@code traffic}. */
  static FieldErrors validate(JsonNode spec, Context context) {
    FieldErrors errors = FieldErrors.NONE;
    Map<String, List<String>> pathsByTag = new TreeMap<>();
    long sum = 0;
    List<JsonNode> targets = Manifest.items(spec, "traffic");
    for (int i = 0; i < targets.size(); i++) {
      JsonNode target = targets.get(i);
      errors = errors.and(target(target, context).atIndex(i).at("traffic"));
      sum += target.path("percent").asLong();
      String tag = Manifest.text(target, "tag");
      if (!tag.isEmpty()) {
        List<String> paths = pathsByTag.computeIfAbsent(tag, _ -> new ArrayList<>());
        paths.add("traffic[" + i + "].tag");
        errors = errors.and(tag(tag, i));
      }
    }
    for (Map.Entry<String, List<String>> each : pathsByTag.entrySet()) {
      if (each.getValue().size() > 1) {
        errors =
            errors.and(
                FieldError.of(
                    "Multiple definitions for \"" + each.getKey() + "\"",
                    each.getValue().toArray(String[]::new)));
      }
    }
    return sum == ALL
        ? errors
        : errors.and(FieldError.of("Traffic targets sum to " + sum + ", want " + ALL, "traffic"));
  }

  private static FieldErrors tag(String tag, int index) {
    List<String> reasons = DnsNames.label1035(tag);
    return reasons.isEmpty()
        ? FieldErrors.NONE
        : FieldErrors.of(
            FieldError.invalidValue(
                "not a DNS 1035 label: " + DnsNames.print(reasons), "traffic.tag[" + index + "]"));
  }

  private static FieldErrors target(JsonNode target, Context context) {
    FieldErrors errors =
        switch (context) {
          case ROUTE -> routeTarget(target);
          case SERVICE -> serviceTarget(target);
        };
    String revision = Manifest.text(target, "revisionName");
    boolean latest = target.path("latestRevision").asBoolean();
    if (target.hasNonNull("latestRevision") && latest != revision.isEmpty()) {
      errors =
          errors.and(
              FieldError.of(
                  "may not set revisionName \"%s\" when latestRevision is %s"
                      .formatted(revision, latest),
                  "latestRevision"));
    }
    long percent = target.path("percent").asLong();
    if (percent < 0 || percent > ALL) {
      errors = errors.and(FieldError.outOfBounds("" + percent, "0", "" + ALL, "percent"));
    }
    return Manifest.isSet(target.path("url"))
        ? errors.and(FieldError.disallowedField("url"))
        : errors;
  }

  private static FieldErrors routeTarget(JsonNode target) {
    boolean revision = Manifest.isSet(target.path("revisionName"));
    boolean configuration = Manifest.isSet(target.path("configurationName"));
    if (revision && configuration) {
      return FieldErrors.of(FieldError.multipleOneOf("revisionName", "configurationName"));
    }
    if (!revision && !configuration) {
      return FieldErrors.of(FieldError.missingOneOf("revisionName", "configurationName"));
    }
    return name(target, revision ? "revisionName" : "configurationName");
  }

  private static FieldErrors serviceTarget(JsonNode target) {
    FieldErrors errors = name(target, "revisionName");
    return Manifest.isSet(target.path("configurationName"))
        ? errors.and(FieldError.disallowedField("configurationName"))
        : errors;
  }

  private static FieldErrors name(JsonNode target, String field) {
    String name = Manifest.text(target, field);
    List<String> reasons = name.isEmpty() ? List.of() : DnsNames.labelKey(name);
    return reasons.isEmpty()
        ? FieldErrors.NONE
        : FieldErrors.of(FieldError.invalidKeyName(name, field, String.join("\n", reasons)));
  }
}
