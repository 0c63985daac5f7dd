package dev.bellows.api.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.admission.TrafficRules.Context;
import dev.bellows.core.validation.FieldError;
import dev.bellows.core.validation.FieldErrors;
import java.util.List;

/** Defaults and rules of the kinds that users write. */
final class ServingRules {
  private static final String SERVICE_LABEL = "serving.knative.dev/service";
  private static final String CONFIGURATION_LABEL = "serving.knative.dev/configuration";

  private final AdmissionRequest request;
  private final JsonNode old;

  ServingRules(AdmissionRequest request) {
    this.request = request;
    this.old = request.oldObject() == null ? MissingNode.getInstance() : request.oldObject();
  }

  void serviceDefaults(ObjectNode service) {
    templateDefaults(service);
    TrafficRules.applyDefaults(Manifest.within(service, "spec"), Context.SERVICE);
    MetadataRules.sign(service, request);
  }

  FieldErrors service(ObjectNode service) {
    return FieldErrors.join(
        List.of(
            MetadataRules.name(service),
            MetadataRules.noScalingAnnotations(service),
            MetadataRules.rolloutDuration(service),
            signature(service),
            template(service),
            TrafficRules.validate(service.path("spec"), Context.SERVICE).at("spec")));
  }

  void configurationDefaults(ObjectNode configuration) {
    templateDefaults(configuration);
    if (!isOwned(configuration)) {
      MetadataRules.sign(configuration, request);
    }
  }

  FieldErrors configuration(ObjectNode configuration) {
    return FieldErrors.join(
        List.of(
            MetadataRules.name(configuration),
            MetadataRules.noScalingAnnotations(configuration),
            MetadataRules.ownerLabel(configuration, SERVICE_LABEL, "Service"),
            isOwned(configuration) ? FieldErrors.NONE : signature(configuration),
            template(configuration)));
  }

  /** What a Revision is made of never changes, so there is nothing to fill in later. */
  void revisionDefaults(ObjectNode revision) {
    if (request.operation() == Operation.CREATE) {
      revisionSpecDefaults(revision, revision);
    }
  }

  FieldErrors revision(ObjectNode revision) {
    JsonNode spec = revision.path("spec");
    if (old.isObject() && !Manifest.same(old.path("spec"), spec)) {
      return FieldErrors.of(
          FieldError.of("Immutable fields changed (-old +new)", "spec")
              .withDetails(Difference.print(old.path("spec"), spec)));
    }
    return FieldErrors.join(
        List.of(
            MetadataRules.name(revision),
            MetadataRules.scalingAnnotations(revision, request.config().autoscaler()),
            MetadataRules.ownerLabel(revision, CONFIGURATION_LABEL, "Configuration"),
            new PodSpecRules(request.config()).validate(spec).at("spec")));
  }

  void routeDefaults(ObjectNode route) {
    TrafficRules.applyDefaults(Manifest.within(route, "spec"), Context.ROUTE);
    if (!isOwned(route)) {
      MetadataRules.sign(route, request);
    }
  }

  FieldErrors route(ObjectNode route) {
    return FieldErrors.join(
        List.of(
            MetadataRules.name(route),
            MetadataRules.noScalingAnnotations(route),
            MetadataRules.rolloutDuration(route),
            MetadataRules.ownerLabel(route, SERVICE_LABEL, "Service"),
            isOwned(route) ? FieldErrors.NONE : signature(route),
            TrafficRules.validate(route.path("spec"), Context.ROUTE).at("spec")));
  }

  /** A reference means an object of the same namespace. */
  static void domainMappingDefaults(ObjectNode mapping) {
    ObjectNode reference = Manifest.within(Manifest.within(mapping, "spec"), "ref");
    if (Manifest.text(reference, "namespace").isEmpty()) {
      reference.put("namespace", Manifest.text(mapping.path("metadata"), "namespace"));
    }
  }

  static FieldErrors domainMapping(ObjectNode mapping, String clusterDomain) {
    JsonNode metadata = mapping.path("metadata");
    String name = Manifest.text(metadata, "name");
    FieldErrors errors = FieldErrors.NONE;
    if (!Manifest.text(metadata, "generateName").isEmpty()) {
      errors = errors.and(FieldError.disallowedField("metadata.generateName"));
    }
    List<String> reasons = DnsNames.fullyQualified(name);
    if (name.endsWith("." + clusterDomain) || name.equals(clusterDomain)) {
      errors =
          errors.and(
              FieldError.of(
                  "invalid name \"%s\": must not be a subdomain of cluster local domain \"%s\""
                      .formatted(name, clusterDomain),
                  "metadata.name"));
    } else if (!reasons.isEmpty()) {
      errors =
          errors.and(
              FieldError.of(
                  "invalid name \"%s\": %s".formatted(name, reasons.getFirst()), "metadata.name"));
    }
    return errors.and(reference(mapping.path("spec").path("ref"), metadata).at("spec.ref"));
  }

  private static FieldErrors reference(JsonNode reference, JsonNode metadata) {
    FieldErrors errors = FieldErrors.NONE;
    for (String field : List.of("name", "kind")) {
      if (Manifest.text(reference, field).isEmpty()) {
        errors = errors.and(FieldError.missingField(field));
      }
    }
    if (Manifest.text(reference, "apiVersion").isEmpty()
        && Manifest.text(reference, "group").isEmpty()) {
      errors = errors.and(FieldError.missingField("apiVersion"));
    }
    String own = Manifest.text(metadata, "namespace");
    return Manifest.text(reference, "namespace").equals(own)
        ? errors
        : errors.and(
            FieldError.of("mismatched namespaces", "namespace")
                .withDetails(
                    "parent namespace: \"%s\" does not match ref: \"%s\""
                        .formatted(own, Manifest.text(reference, "namespace"))));
  }

  private void templateDefaults(ObjectNode object) {
    ObjectNode template = Manifest.within(Manifest.within(object, "spec"), "template");
    if (template.path("metadata").isObject() && template.path("metadata").isEmpty()) {
      template.remove("metadata");
    }
    // A template that keeps its name is meant to be the one that is stored: defaults that have
    // changed meanwhile must not make it another one.
    String name = Manifest.text(template.path("metadata"), "name");
    JsonNode oldName = old.path("spec").path("template").path("metadata").path("name");
    if (!name.isEmpty() && name.equals(oldName.asText())) {
      CanonicalForm.of(Manifest.within(template, "spec"));
      return;
    }
    revisionSpecDefaults(template, object);
  }

  private void revisionSpecDefaults(ObjectNode holder, ObjectNode parent) {
    new RevisionDefaults(request.config(), request.operation())
        .apply(Manifest.within(holder, "spec"), parent.path("metadata"));
  }

  private FieldErrors template(ObjectNode object) {
    JsonNode template = object.path("spec").path("template");
    return TemplateRules.validate(template, object.path("metadata"), request.config())
        .and(TemplateRules.sameNameSameTemplate(template, old.path("spec").path("template")))
        .at("template")
        .at("spec");
  }

  private FieldErrors signature(ObjectNode object) {
    return old.isObject() ? MetadataRules.signature(object, old) : FieldErrors.NONE;
  }

  private static boolean isOwned(ObjectNode object) {
    return !object.path("metadata").path("ownerReferences").isEmpty();
  }
}
