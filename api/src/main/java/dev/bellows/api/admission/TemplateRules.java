package dev.bellows.api.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.quantity.ResourceAmount;
import dev.bellows.core.kpa.ScalingAnnotations;
import dev.bellows.core.literal.Literal;
import dev.bellows.core.literal.NumberLiteral;
import dev.bellows.core.validation.FieldError;
import dev.bellows.core.validation.FieldErrors;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Rules of a Revision's template; paths begin with {@code metadata} and {@code spec}. */
final class TemplateRules {
  private static final String QUEUE_SIDECAR = "queue.sidecar.serving.knative.dev/";
  private static final List<String> PERCENTAGE =
      List.of(QUEUE_SIDECAR + "resource-percentage", QUEUE_SIDECAR + "resourcePercentage");
  private static final List<String> QUEUE_RESOURCES =
      List.of(
          QUEUE_SIDECAR + "cpu-resource-request",
          QUEUE_SIDECAR + "cpu-resource-limit",
          QUEUE_SIDECAR + "memory-resource-request",
          QUEUE_SIDECAR + "memory-resource-limit",
          QUEUE_SIDECAR + "ephemeral-storage-resource-request",
          QUEUE_SIDECAR + "ephemeral-storage-resource-limit");
  private static final double LEAST_PERCENTAGE = 0.1;
  private static final double MOST_PERCENTAGE = 100;

  private static final List<String> PROGRESS_DEADLINE =
      List.of("serving.knative.dev/progress-deadline", "serving.knative.dev/progressDeadline");

  private static final String NETWORKING = "networking.knative.dev";
  private static final Set<String> KNOWN_NETWORKING =
      Set.of(
          NETWORKING + "/ingress-class",
          NETWORKING + "/ingress.class",
          NETWORKING + "/certificate-class",
          NETWORKING + "/certificate.class",
          NETWORKING + "/disable-external-domain-tls",
          NETWORKING + "/disable-auto-tls",
          NETWORKING + "/disableAutoTLS",
          NETWORKING + "/http-protocol",
          NETWORKING + "/httpOption",
          NETWORKING + "/visibility");

  private TemplateRules() {}

  /**
   * What is wrong with a template.
   *
   * @param template metadata and spec
   * @param parent metadata of the object that the template stands in
   */
  static FieldErrors validate(JsonNode template, JsonNode parent, SystemConfig config) {
    Map<String, String> annotations = Manifest.texts(template.path("metadata"), "annotations");
    return FieldErrors.join(
        List.of(
            name(template.path("metadata"), parent).at("metadata"),
            ScalingAnnotations.validate(config.autoscaler(), annotations)
                .and(MetadataRules.duration(annotations, PROGRESS_DEADLINE))
                .and(queueResources(annotations))
                .and(networking(annotations))
                .at("annotations")
                .at("metadata"),
            new PodSpecRules(config).validate(template.path("spec")).at("spec")));
  }

  /** A template keeps its name only as long as it stays what it was. */
  static FieldErrors sameNameSameTemplate(JsonNode template, JsonNode old) {
    String name = Manifest.text(template.path("metadata"), "name");
    if (name.isEmpty()
        || !name.equals(Manifest.text(old.path("metadata"), "name"))
        || Manifest.same(template, old)) {
      return FieldErrors.NONE;
    }
    return FieldErrors.of(
        FieldError.of(
                "Saw the following changes without a name change (-old +new)", "metadata.name")
            .withDetails(Difference.print(old, template)));
  }

  private static FieldErrors name(JsonNode metadata, JsonNode parent) {
    FieldErrors errors = FieldErrors.NONE;
    String generateName = Manifest.text(metadata, "generateName");
    List<String> reasons =
        generateName.isEmpty() ? List.of() : DnsNames.label1035Prefix(generateName);
    if (!reasons.isEmpty()) {
      errors =
          errors.and(
              FieldError.invalidValue(
                  "not a DNS 1035 label prefix: " + DnsNames.print(reasons), "generateName"));
    }
    String name = Manifest.text(metadata, "name");
    if (name.isEmpty()) {
      return errors;
    }
    reasons = DnsNames.label1035(name);
    if (!reasons.isEmpty()) {
      return errors.and(
          FieldError.invalidValue("not a DNS 1035 label: " + DnsNames.print(reasons), "name"));
    }
    // With a name that the API server is yet to make, nobody can know the right prefix.
    if (Manifest.text(parent, "name").isEmpty()) {
      return errors.and(FieldError.disallowedField("name"));
    }
    String prefix = Manifest.text(parent, "name") + "-";
    return name.startsWith(prefix)
        ? errors
        : errors.and(
            FieldError.invalidValue(
                "\"%s\" must have prefix \"%s\"".formatted(name, prefix), "name"));
  }

  private static FieldErrors queueResources(Map<String, String> annotations) {
    FieldErrors errors = FieldErrors.NONE;
    for (String key : QUEUE_RESOURCES) {
      String written = annotations.get(key);
      if (written != null && ResourceAmount.parse(written).isEmpty()) {
        errors = errors.and(FieldErrors.of(FieldError.invalidValue(written, "")).atKey(key));
      }
    }
    for (String key : PERCENTAGE) {
      String written = annotations.get(key);
      if (written != null) {
        errors =
            errors
                .and(percentage(written).atKey(key))
                .and(
                    FieldError.of(
                            "Queue proxy resource percentage annotation is deprecated. Please use"
                                + " the available annotations to explicitly set resource values"
                                + " per service")
                        .asWarning());
      }
    }
    return errors;
  }

  private static FieldErrors percentage(String written) {
    return switch (NumberLiteral.parseDouble(written)) {
      case Literal.Value<Double>(Double value)
          when value >= LEAST_PERCENTAGE && value <= MOST_PERCENTAGE ->
          FieldErrors.NONE;
      case Literal.Value<Double>(Double value) ->
          FieldErrors.of(
              FieldError.outOfBounds(
                  NumberLiteral.print(value),
                  NumberLiteral.print(LEAST_PERCENTAGE),
                  NumberLiteral.print(MOST_PERCENTAGE),
                  ""));
      case Literal.Malformed<Double> _, Literal.OutOfRange<Double> _ ->
          FieldErrors.of(FieldError.invalidValue(written, ""));
    };
  }

  private static FieldErrors networking(Map<String, String> annotations) {
    FieldErrors errors = FieldErrors.NONE;
    for (String key : annotations.keySet()) {
      if (key.startsWith(NETWORKING) && !KNOWN_NETWORKING.contains(key)) {
        errors = errors.and(FieldError.invalidKeyName(key, "", ""));
      }
    }
    return errors;
  }
}
