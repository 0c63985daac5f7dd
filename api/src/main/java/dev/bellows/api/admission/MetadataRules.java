package dev.bellows.api.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.core.kpa.AutoscalerConfig;
import dev.bellows.core.kpa.ScalingAnnotations;
import dev.bellows.core.literal.DurationLiteral;
import dev.bellows.core.validation.FieldError;
import dev.bellows.core.validation.FieldErrors;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Rules of an object's own metadata; paths begin with {@code metadata}. */
final class MetadataRules {
  private static final String AUTOSCALING = "autoscaling.knative.dev";
  private static final List<String> ROLLOUT_DURATION =
      List.of("serving.knative.dev/rollout-duration", "serving.knative.dev/rolloutDuration");
  private static final String CREATOR = "serving.knative.dev/creator";
  private static final String LAST_MODIFIER = "serving.knative.dev/lastModifier";

  private MetadataRules() {}

  /** The name, or what it is to be made from, can be part of a host name. */
  static FieldErrors name(JsonNode object) {
    String name = Manifest.text(object.path("metadata"), "name");
    String generateName = Manifest.text(object.path("metadata"), "generateName");
    FieldErrors errors = FieldErrors.NONE;
    List<String> reasons = name.isEmpty() ? List.of() : DnsNames.label1035(name);
    if (!reasons.isEmpty()) {
      errors =
          errors.and(FieldError.of("not a DNS 1035 label: " + DnsNames.print(reasons), "name"));
    }
    reasons = generateName.isEmpty() ? List.of() : DnsNames.label1035Prefix(generateName);
    if (!reasons.isEmpty()) {
      errors =
          errors.and(
              FieldError.of(
                  "not a DNS 1035 label prefix: " + DnsNames.print(reasons), "generateName"));
    }
    if (name.isEmpty() && generateName.isEmpty()) {
      errors = errors.and(FieldError.of("name or generateName is required", "name"));
    }
    return errors.at("metadata");
  }

  /** Scaling annotations on an object whose template is where they belong. */
  static FieldErrors noScalingAnnotations(JsonNode object) {
    FieldErrors errors = FieldErrors.NONE;
    for (String key : annotations(object).keySet()) {
      if (key.startsWith(AUTOSCALING)) {
        errors =
            errors.and(
                FieldError.invalidKeyName(
                    key,
                    "",
                    "autoscaling annotations must be put under"
                        + " \"spec.template.metadata.annotations\" to work"));
      }
    }
    return errors.at("annotations").at("metadata");
  }

  /** Scaling annotations on an object that they govern. */
  static FieldErrors scalingAnnotations(JsonNode object, AutoscalerConfig config) {
    return ScalingAnnotations.validate(config, annotations(object))
        .at("annotations")
        .at("metadata");
  }

  /** How long a rollout takes: whole seconds. */
  static FieldErrors rolloutDuration(JsonNode object) {
    return duration(annotations(object), ROLLOUT_DURATION).at("annotations").at("metadata");
  }

  /** The first of some annotations that is there is a duration of whole seconds, not negative. */
  static FieldErrors duration(Map<String, String> annotations, List<String> keys) {
    Optional<String> key = keys.stream().filter(annotations::containsKey).findFirst();
    if (key.isEmpty()) {
      return FieldErrors.NONE;
    }
    String written = annotations.getOrDefault(key.get(), "");
    String shortName = key.get().substring(key.get().indexOf('/') + 1);
    Optional<Duration> read = DurationLiteral.parse(written).asOptional();
    if (read.isEmpty()) {
      return FieldErrors.of(FieldError.invalidValue(written, key.get()));
    }
    if (!read.get().equals(read.get().truncatedTo(ChronoUnit.SECONDS))) {
      return FieldErrors.of(
          FieldError.of(shortName + "=" + written + " is not at second precision", key.get()));
    }
    return read.get().isNegative()
        ? FieldErrors.of(FieldError.of(shortName + "=" + written + " must be positive", key.get()))
        : FieldErrors.NONE;
  }

  /** A label that names the object's owner is true. */
  static FieldErrors ownerLabel(JsonNode object, String label, String ownerKind) {
    String owner = Manifest.texts(object.path("metadata"), "labels").getOrDefault(label, "");
    boolean owned =
        Manifest.items(object.path("metadata"), "ownerReferences").stream()
            .anyMatch(reference ->
                Manifest.text(reference, "kind").equals(ownerKind)
                    && Manifest.text(reference, "name").equals(owner));
    return owner.isEmpty() || owned
        ? FieldErrors.NONE
        : FieldErrors.of(FieldError.missingField(label)).at("labels").at("metadata");
  }

  /** Writes down who made the object, and who last changed its spec. */
  static void sign(ObjectNode object, AdmissionRequest request) {
    if (request.user().isEmpty()) {
      return;
    }
    ObjectNode old = request.oldObject();
    if (request.operation() == Operation.CREATE || old == null) {
      ObjectNode annotations = writableAnnotations(object);
      annotations.put(CREATOR, request.user());
      annotations.put(LAST_MODIFIER, request.user());
    } else if (!Manifest.same(old.path("spec"), object.path("spec"))) {
      writableAnnotations(object).put(LAST_MODIFIER, request.user());
    }
  }

  /** Who made the object stays; who changed it changes with the spec only. */
  static FieldErrors signature(JsonNode object, JsonNode old) {
    Map<String, String> before = annotations(old);
    Map<String, String> now = annotations(object);
    FieldErrors errors = FieldErrors.NONE;
    if (!before.getOrDefault(CREATOR, "").equals(now.getOrDefault(CREATOR, ""))) {
      errors = errors.and(FieldError.of("annotation value is immutable", CREATOR));
    }
    String modifier = now.getOrDefault(LAST_MODIFIER, "");
    if (Manifest.same(old.path("spec"), object.path("spec"))
        && !before.getOrDefault(LAST_MODIFIER, "").equals(modifier)) {
      errors = errors.and(FieldError.invalidValue(modifier, LAST_MODIFIER));
    }
    return errors.at("annotations").at("metadata");
  }

  private static Map<String, String> annotations(JsonNode object) {
    return Manifest.texts(object.path("metadata"), "annotations");
  }

  private static ObjectNode writableAnnotations(ObjectNode object) {
    return Manifest.within(Manifest.within(object, "metadata"), "annotations");
  }
}
