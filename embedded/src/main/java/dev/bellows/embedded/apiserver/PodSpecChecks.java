package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What a pod's spec may say, in a pod as in a template of pods. */
final class PodSpecChecks {
  private static final List<String> EFFECTS =
      List.of("NoSchedule", "PreferNoSchedule", "NoExecute");
  private static final String WILDCARD =
      "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";

  private final Checks checks;
  private final String path;

  private PodSpecChecks(Checks checks, String path) {
    this.checks = checks;
    this.path = path;
  }

  static void validate(JsonNode spec, String path, List<Cause> causes) {
    new PodSpecChecks(new Checks(causes), path).spec(spec);
  }

  private void spec(JsonNode spec) {
    Set<String> volumes = new VolumeChecks(checks).volumes(spec.path("volumes"), path + ".volumes");
    ContainerChecks containers =
        new ContainerChecks(checks, volumes, spec.path("hostNetwork").asBoolean());
    if (spec.path("containers").isEmpty()) {
      checks.missing(path + ".containers");
    }
    Set<String> names = new HashSet<>();
    for (String kind : List.of("containers", "initContainers")) {
      Checks.each(
          spec.path(kind),
          path + "." + kind,
          (at, container) ->
              containers.container(container, at, kind.equals("initContainers"), names));
    }
    checks.oneOfIfSet(
        path + ".restartPolicy",
        spec.path("restartPolicy"),
        List.of("Always", "OnFailure", "Never"));
    dns(spec);
    checks.labels(path + ".nodeSelector", spec.path("nodeSelector"));
    Checks.each(
        spec.path("topologySpreadConstraints"), path + ".topologySpreadConstraints", this::spread);
    security(spec.path("securityContext"));
    affinity(spec.path("affinity"));
    Checks.each(
        spec.path("readinessGates"),
        path + ".readinessGates",
        (at, gate) ->
            checks.qualified(at + ".conditionType", gate.path("conditionType").asText("")));
    if (!spec.path("serviceAccountName").asText("").isEmpty()) {
      checks.subdomain(path + ".serviceAccountName", spec.path("serviceAccountName").asText());
    }
    if (!spec.path("nodeName").asText("").isEmpty()) {
      checks.subdomain(path + ".nodeName", spec.path("nodeName").asText());
    }
    checks.within(path + ".activeDeadlineSeconds", spec.path("activeDeadlineSeconds"), 1);
    for (String name : List.of("hostname", "subdomain")) {
      if (!spec.path(name).asText("").isEmpty()) {
        checks.label(path + "." + name, spec.path(name));
      }
    }
    Checks.each(spec.path("tolerations"), path + ".tolerations", this::toleration);
    Checks.each(spec.path("hostAliases"), path + ".hostAliases", this::alias);
    if (spec.path("os").isObject()) {
      checks.oneOf(path + ".os", spec.path("os").path("name"), List.of("linux", "windows"));
    }
    if (spec.path("hostPID").asBoolean() && spec.path("shareProcessNamespace").asBoolean()) {
      checks.invalid(
          path + ".securityContext.shareProcessNamespace",
          spec.path("shareProcessNamespace"),
          "ShareProcessNamespace and HostPID cannot both be enabled");
    }
  }

  private void dns(JsonNode spec) {
    checks.oneOfIfSet(
        path + ".dnsPolicy",
        spec.path("dnsPolicy"),
        List.of("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"));
    JsonNode config = spec.path("dnsConfig");
    if (spec.path("dnsPolicy").asText("").equals("None") && !config.isObject()) {
      checks.missing(path + ".dnsConfig", "must provide `dnsConfig` when `dnsPolicy` is None");
    }
    Checks.each(
        config.path("nameservers"),
        path + ".dnsConfig.nameservers",
        (at, server) -> checks.address(at, server.asText("")));
  }

  private void spread(String at, JsonNode constraint) {
    if (constraint.path("maxSkew").asInt(0) <= 0) {
      checks.invalid(at + ".maxSkew", constraint.path("maxSkew"), "must be greater than zero");
    }
    if (constraint.path("topologyKey").asText("").isEmpty()) {
      checks.missing(at + ".topologyKey", "can not be empty");
    }
    checks.oneOf(
        at + ".whenUnsatisfiable",
        constraint.path("whenUnsatisfiable"),
        List.of("DoNotSchedule", "ScheduleAnyway"));
  }

  private void security(JsonNode context) {
    String at = path + ".securityContext";
    for (String id : List.of("fsGroup", "runAsUser", "runAsGroup")) {
      checks.within(at + "." + id, context.path(id), 0);
    }
    Checks.each(
        context.path("supplementalGroups"),
        at + ".supplementalGroups",
        (place, group) -> checks.within(place, group, 0));
    Checks.each(
        context.path("sysctls"),
        at + ".sysctls",
        (place, sysctl) -> {
          String name = sysctl.path("name").asText("");
          if (name.isEmpty()) {
            checks.missing(place + ".name");
          } else if (name.length() > 253
              || !name.matches(
                  "([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?")) {
            checks.invalid(
                place + ".name",
                name,
                "must have at most 253 characters and match regex"
                    + " ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$");
          }
        });
    ContainerChecks.seccomp(checks, at, context);
  }

  private void affinity(JsonNode affinity) {
    String required = "requiredDuringSchedulingIgnoredDuringExecution";
    JsonNode node = affinity.path("nodeAffinity").path(required);
    if (node.isObject() && node.path("nodeSelectorTerms").isEmpty()) {
      checks.missing(
          path + ".affinity.nodeAffinity." + required + ".nodeSelectorTerms",
          "must have at least one node selector term");
    }
    for (String kind : List.of("podAffinity", "podAntiAffinity")) {
      Checks.each(
          affinity.path(kind).path(required),
          path + ".affinity." + kind + "." + required,
          (at, term) -> {
            String key = term.path("topologyKey").asText("");
            if (key.isEmpty()) {
              checks.missing(at + ".topologyKey", "can not be empty");
            }
            checks.qualified(at + ".topologyKey", key);
          });
    }
  }

  private void toleration(String at, JsonNode toleration) {
    String key = toleration.path("key").asText("");
    String operator = toleration.path("operator").asText("");
    String value = toleration.path("value").asText("");
    if (!key.isEmpty()) {
      checks.qualified(at + ".key", key);
    } else if (!operator.equals("Exists")) {
      checks.invalid(at + ".operator", operator, WILDCARD);
    }
    String effect = toleration.path("effect").asText("");
    if (toleration.path("tolerationSeconds").isNumber() && !effect.equals("NoExecute")) {
      checks.invalid(
          at + ".effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
    }
    switch (operator) {
      case "", "Equal" -> {
        if (!key.isEmpty()) {
          checks.labelValue(at + ".value", value);
        }
      }
      case "Exists" -> {
        if (!value.isEmpty()) {
          checks.invalid(
              at + ".operator", value, "value must be empty when `operator` is 'Exists'");
        }
      }
      default ->
          checks.unsupported(at + ".operator", '"' + operator + '"', List.of("Equal", "Exists"));
    }
    checks.oneOfIfSet(at + ".effect", toleration.path("effect"), EFFECTS);
  }

  private void alias(String at, JsonNode alias) {
    checks.address(at + ".ip", alias.path("ip").asText(""));
    Checks.each(
        alias.path("hostnames"),
        at + ".hostnames",
        (place, name) -> checks.subdomain(place, name.asText("")));
  }

  /** What a template of pods that are replaced, as a ReplicaSet's, may say. */
  static void template(JsonNode template, String path, List<Cause> causes) {
    Checks checks = new Checks(causes);
    checks.labels(path + ".labels", template.path("metadata").path("labels"));
    template
        .path("metadata")
        .path("annotations")
        .fieldNames()
        .forEachRemaining(key ->
            Checks.qualified(Checks.lower(key))
                .forEach(why -> checks.invalid(path + ".annotations", key, why)));
    JsonNode spec = template.path("spec");
    validate(spec, path + ".spec", causes);
    String restart = spec.path("restartPolicy").asText("Always");
    if (restart.equals("Never") || restart.equals("OnFailure")) {
      checks.unsupported(path + ".spec.restartPolicy", '"' + restart + '"', List.of("Always"));
    }
    if (spec.path("activeDeadlineSeconds").isNumber()) {
      checks.forbidden(
          path + ".spec.activeDeadlineSeconds",
          "activeDeadlineSeconds in ReplicaSet is not Supported");
    }
  }
}
