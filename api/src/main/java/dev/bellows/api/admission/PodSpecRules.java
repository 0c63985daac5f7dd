package dev.bellows.api.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.api.config.DefaultsConfig;
import dev.bellows.api.config.Feature;
import dev.bellows.api.config.FeaturesConfig;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.core.validation.FieldError;
import dev.bellows.core.validation.FieldErrors;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Rules of a Revision's spec: limits, and what of a pod spec may be used how. */
final class PodSpecRules {
  private static final Set<String> ALWAYS =
      Set.of(
          "containers",
          "volumes",
          "serviceAccountName",
          "imagePullSecrets",
          "enableServiceLinks",
          // Knative's own, beside the pod spec.
          "containerConcurrency",
          "timeoutSeconds",
          "responseStartTimeoutSeconds",
          "idleTimeoutSeconds");

  private static final Map<String, Feature> BY_FEATURE =
      Map.ofEntries(
          Map.entry("affinity", Feature.AFFINITY),
          Map.entry("topologySpreadConstraints", Feature.TOPOLOGY_SPREAD_CONSTRAINTS),
          Map.entry("hostAliases", Feature.HOST_ALIASES),
          Map.entry("nodeSelector", Feature.NODE_SELECTOR),
          Map.entry("runtimeClassName", Feature.RUNTIME_CLASS_NAME),
          Map.entry("tolerations", Feature.TOLERATIONS),
          Map.entry("securityContext", Feature.POD_SECURITY_CONTEXT),
          Map.entry("shareProcessNamespace", Feature.SHARE_PROCESS_NAMESPACE),
          Map.entry("hostIPC", Feature.HOST_IPC),
          Map.entry("hostPID", Feature.HOST_PID),
          Map.entry("hostNetwork", Feature.HOST_NETWORK),
          Map.entry("priorityClassName", Feature.PRIORITY_CLASS_NAME),
          Map.entry("schedulerName", Feature.SCHEDULER_NAME),
          Map.entry("initContainers", Feature.INIT_CONTAINERS),
          Map.entry("dnsPolicy", Feature.DNS_POLICY),
          Map.entry("dnsConfig", Feature.DNS_CONFIG));

  private final DefaultsConfig defaults;
  private final FeaturesConfig features;

  PodSpecRules(SystemConfig config) {
    this.defaults = config.defaults();
    this.features = config.features();
  }

  FieldErrors validate(JsonNode spec) {
    return FieldErrors.join(
        List.of(
            limits(spec),
            FieldMask.check(spec, field -> mayBeSet(spec, field)),
            SecurityRules.pod(spec.path("securityContext"), features).at("securityContext"),
            serviceAccountName(spec),
            containers(spec),
            SecurityRules.insecureDefaults(spec, features).asWarnings()));
  }

  private FieldErrors limits(JsonNode spec) {
    FieldErrors errors = FieldErrors.NONE;
    if (spec.hasNonNull("timeoutSeconds")) {
      errors = errors.and(between(spec, "timeoutSeconds", 0, defaults.maxRevisionTimeoutSeconds()));
    }
    if (spec.hasNonNull("containerConcurrency")) {
      long least = defaults.allowContainerConcurrencyZero() ? 0 : 1;
      errors =
          errors.and(
              between(
                  spec, "containerConcurrency", least, defaults.containerConcurrencyMaxLimit()));
    }
    return errors;
  }

  private static FieldErrors between(JsonNode spec, String field, long lowest, long highest) {
    long value = spec.path(field).asLong();
    return value < lowest || value > highest
        ? FieldErrors.of(FieldError.outOfBounds("" + value, "" + lowest, "" + highest, field))
        : FieldErrors.NONE;
  }

  private boolean mayBeSet(JsonNode spec, String field) {
    if (field.equals("automountServiceAccountToken")) {
      // Only to take the token away: a program that needs one asks for a projected volume.
      return !spec.path(field).asBoolean();
    }
    if (field.equals("securityContext") && SecurityRules.podContextMayOptOut(features)) {
      return true;
    }
    Feature feature = BY_FEATURE.get(field);
    return feature == null ? ALWAYS.contains(field) : features.permits(feature);
  }

  private static FieldErrors serviceAccountName(JsonNode spec) {
    String name = Manifest.text(spec, "serviceAccountName");
    List<String> reasons = name.isEmpty() ? List.of() : DnsNames.subdomain1123(name);
    return reasons.isEmpty()
        ? FieldErrors.NONE
        : FieldErrors.of(
            FieldError.invalidValue(name, "serviceAccountName")
                .withDetails(String.join("\n", reasons)));
  }

  private FieldErrors containers(JsonNode spec) {
    List<JsonNode> containers = Manifest.items(spec, "containers");
    List<JsonNode> initContainers = Manifest.items(spec, "initContainers");
    VolumeRules volumes = new VolumeRules(Manifest.items(spec, "volumes"), features);
    Set<String> mounted = new HashSet<>();
    Set<String> names = new HashSet<>();
    FieldErrors errors = volumes.validate();
    if (!initContainers.isEmpty() && !features.enabled(Feature.INIT_CONTAINERS)) {
      errors =
          errors.and(
              FieldError.of(
                  "pod spec support for init-containers is off, but found "
                      + initContainers.size()
                      + " init containers"));
    }
    for (int i = 0; i < initContainers.size(); i++) {
      JsonNode container = initContainers.get(i);
      // The original reports these under "containers", and tools have learnt to live with it.
      FieldErrors found = new ContainerRules(features, volumes, mounted).init(container);
      errors = errors.and(found.and(unique(container, names)).atIndex(i).at("containers"));
    }
    errors = errors.and(serving(containers, volumes, mounted, names));
    return errors.and(volumes.unmounted(mounted));
  }

  private FieldErrors serving(
      List<JsonNode> containers, VolumeRules volumes, Set<String> mounted, Set<String> names) {
    if (containers.isEmpty()) {
      return FieldErrors.of(FieldError.missingField("containers"));
    }
    if (containers.size() > 1 && !features.enabled(Feature.MULTI_CONTAINER)) {
      return FieldErrors.of(
          FieldError.of("multi-container is off, but found " + containers.size() + " containers"));
    }
    long ports = containers.stream().mapToLong(each -> each.path("ports").size()).sum();
    FieldErrors errors = FieldErrors.NONE;
    if (ports > 1) {
      errors =
          errors.and(
              FieldError.of("more than one container port is set", "containers[*].ports")
                  .withDetails("Only a single port is allowed across all containers"));
    } else if (ports == 0 && containers.size() > 1) {
      errors = errors.and(FieldError.missingField("containers[*].ports"));
    }
    ContainerRules rules = new ContainerRules(features, volumes, mounted);
    for (int i = 0; i < containers.size(); i++) {
      JsonNode container = containers.get(i);
      boolean serving = containers.size() == 1 || !container.path("ports").isEmpty();
      FieldErrors found = serving ? rules.serving(container) : rules.sidecar(container);
      if (ports == 1 && serving) {
        found = found.and(rules.ports(container));
      }
      errors = errors.and(found.and(unique(container, names)).atIndex(i).at("containers"));
    }
    return errors;
  }

  private static FieldErrors unique(JsonNode container, Set<String> names) {
    String name = Manifest.text(container, "name");
    return name.isEmpty() || names.add(name)
        ? FieldErrors.NONE
        : FieldErrors.of(FieldError.of("duplicate container name \"" + name + "\"", "name"));
  }
}
