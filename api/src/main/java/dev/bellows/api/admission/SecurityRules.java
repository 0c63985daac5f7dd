package dev.bellows.api.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.api.config.Feature;
import dev.bellows.api.config.FeaturesConfig;
import dev.bellows.api.config.FeaturesConfig.SecurePodDefaults;
import dev.bellows.core.validation.FieldError;
import dev.bellows.core.validation.FieldErrors;
import java.util.List;
import java.util.Set;

/** Rules of security contexts; paths are relative to them unless said otherwise. */
final class SecurityRules {
  private static final Set<String> POD_FIELDS =
      Set.of(
          "runAsUser",
          "runAsGroup",
          "runAsNonRoot",
          "fsGroup",
          "supplementalGroups",
          "seccompProfile");
  private static final Set<String> CONTAINER_FIELDS =
      Set.of(
          "capabilities",
          "readOnlyRootFilesystem",
          "runAsUser",
          "runAsGroup",
          "runAsNonRoot",
          "allowPrivilegeEscalation",
          "seccompProfile");

  /** The one capability that a container may add where pods are locked down by default. */
  private static final String BIND_SERVICE = "NET_BIND_SERVICE";

  private SecurityRules() {}

  /** Whether a pod may say something about its seccomp profile although the feature is off. */
  static boolean podContextMayOptOut(FeaturesConfig features) {
    return features.securePodDefaults() != SecurePodDefaults.DISABLED;
  }

  /** The security context of a pod. */
  static FieldErrors pod(JsonNode context, FeaturesConfig features) {
    boolean feature = features.permits(Feature.POD_SECURITY_CONTEXT);
    FieldErrors errors =
        FieldMask.check(
            context,
            field ->
                feature
                    ? POD_FIELDS.contains(field)
                    : field.equals("seccompProfile") && podContextMayOptOut(features));
    for (String field : List.of("runAsUser", "runAsGroup", "fsGroup")) {
      errors = errors.and(id(context.path(field), field));
    }
    List<JsonNode> groups = Manifest.items(context, "supplementalGroups");
    for (int i = 0; i < groups.size(); i++) {
      errors = errors.and(id(groups.get(i), "").atIndex(i).at("supplementalGroups"));
    }
    return errors;
  }

  /** The security context of a container. */
  static FieldErrors container(JsonNode context, FeaturesConfig features) {
    FieldErrors errors =
        FieldMask.check(
            context,
            field ->
                CONTAINER_FIELDS.contains(field)
                    || (field.equals("privileged") && !context.path(field).asBoolean()));
    errors = errors.and(capabilities(context.path("capabilities"), features).at("capabilities"));
    for (String field : List.of("runAsUser", "runAsGroup")) {
      errors = errors.and(id(context.path(field), field));
    }
    return errors;
  }

  private static FieldErrors capabilities(JsonNode capabilities, FeaturesConfig features) {
    List<JsonNode> added = Manifest.items(capabilities, "add");
    boolean onlyBindService =
        podContextMayOptOut(features)
            && added.stream().allMatch(each -> each.asText().equals(BIND_SERVICE));
    return added.isEmpty() || features.enabled(Feature.ADD_CAPABILITIES) || onlyBindService
        ? FieldErrors.NONE
        : FieldErrors.of(FieldError.disallowedField("add"));
  }

  private static FieldErrors id(JsonNode value, String field) {
    long id = value.asLong(0);
    return id < 0 || id > Integer.MAX_VALUE
        ? FieldErrors.of(FieldError.outOfBounds("" + id, "0", "" + Integer.MAX_VALUE, field))
        : FieldErrors.NONE;
  }

  /**
   * What a pod spec leaves to Kubernetes although its default is the insecure choice; paths begin
   * with {@code containers} and {@code initContainers}.
   */
  static FieldErrors insecureDefaults(JsonNode spec, FeaturesConfig features) {
    if (features.securePodDefaults() != SecurePodDefaults.DISABLED) {
      return FieldErrors.NONE;
    }
    FieldErrors errors = FieldErrors.NONE;
    for (String kind : List.of("containers", "initContainers")) {
      List<JsonNode> containers = Manifest.items(spec, kind);
      for (int i = 0; i < containers.size(); i++) {
        JsonNode context = containers.get(i).path("securityContext");
        errors =
            errors.and(
                insecureDefaults(context, spec.path("securityContext"))
                    .at("securityContext")
                    .atIndex(i)
                    .at(kind));
      }
    }
    return errors;
  }

  private static FieldErrors insecureDefaults(JsonNode context, JsonNode pod) {
    FieldErrors errors = FieldErrors.NONE;
    for (String field : List.of("runAsNonRoot", "seccompProfile")) {
      if (!Manifest.isSet(context.path(field)) && !Manifest.isSet(pod.path(field))) {
        errors = errors.and(insecureDefault(field));
      }
    }
    if (!Manifest.isSet(context.path("allowPrivilegeEscalation"))) {
      errors = errors.and(insecureDefault("allowPrivilegeEscalation"));
    }
    if (!Manifest.isSet(context.path("capabilities"))) {
      return errors.and(insecureDefault("capabilities"));
    }
    return Manifest.items(context.path("capabilities"), "drop").isEmpty()
        ? errors.and(insecureDefault("capabilities.drop"))
        : errors;
  }

  private static FieldErrors insecureDefault(String field) {
    return FieldErrors.of(
        FieldError.of(
            "Kubernetes default value is insecure, Knative may default this to secure in a future"
                + " release",
            field));
  }
}
