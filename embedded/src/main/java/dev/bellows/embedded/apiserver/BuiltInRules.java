package dev.bellows.embedded.apiserver;

import static dev.bellows.embedded.apiserver.PodSpecRules.standard;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** The rules of the built-in kinds: defaults that their clients and controllers see, and checks. */
final class BuiltInRules {
  private static final Map<ResourceType, KindRules> RULES = new HashMap<>();

  static {
    RULES.put(ResourceTypes.NAMESPACES, new NamespaceRules());
    RULES.put(ResourceTypes.PODS, new PodRules());
    RULES.put(ResourceTypes.DEPLOYMENTS, new DeploymentRules());
    RULES.put(ResourceTypes.REPLICA_SETS, new ReplicaSetRules());
    RULES.put(ResourceTypes.SERVICES, new ServiceRules());
    RULES.put(ResourceTypes.CONFIG_MAPS, new ConfigMapRules());
    RULES.put(ResourceTypes.SECRETS, new SecretRules());
    RULES.put(ResourceTypes.MUTATING_WEBHOOK_CONFIGURATIONS, new WebhookRules());
    RULES.put(ResourceTypes.VALIDATING_WEBHOOK_CONFIGURATIONS, new WebhookRules());
    RULES.put(ResourceTypes.HORIZONTAL_POD_AUTOSCALERS, new AutoscalerRules());
    RULES.put(ResourceTypes.ROLES, RoleChecks.roles(false));
    RULES.put(ResourceTypes.CLUSTER_ROLES, RoleChecks.roles(true));
    RULES.put(ResourceTypes.ROLE_BINDINGS, RoleChecks.bindings(false));
    RULES.put(ResourceTypes.CLUSTER_ROLE_BINDINGS, RoleChecks.bindings(true));
    checked(
        ResourceTypes.POD_DISRUPTION_BUDGETS, PolicyChecks::new, PolicyChecks::disruptionBudget);
    checked(ResourceTypes.RESOURCE_QUOTAS, PolicyChecks::new, PolicyChecks::quota);
    checked(ResourceTypes.LEASES, ClusterChecks::new, ClusterChecks::lease);
    checked(ResourceTypes.EVENTS, ClusterChecks::new, ClusterChecks::event);
    checked(ResourceTypes.NODES, ClusterChecks::new, ClusterChecks::node);
    RULES.put(ResourceTypes.NETWORK_POLICIES, new NetworkPolicyRules());
    RULES.put(ResourceTypes.LIMIT_RANGES, new LimitRangeRules());
    RULES.put(ResourceTypes.PERSISTENT_VOLUME_CLAIMS, new ClaimRules());
    RULES.put(ResourceTypes.ENDPOINTS, new EndpointsRules());
    RULES.put(ResourceTypes.ENDPOINT_SLICES, new EndpointSliceRules());
    RULES.put(ResourceTypes.CUSTOM_RESOURCE_DEFINITIONS, new DefinitionRules());
  }

  private BuiltInRules() {}

  /** A kind that is only looked at. */
  private static <C> void checked(
      ResourceType type, Function<List<Cause>, C> checks, BiConsumer<C, ObjectNode> check) {
    RULES.put(
        type,
        new KindRules() {
          @Override
          public void validate(ObjectNode object, List<Cause> causes) {
            check.accept(checks.apply(causes), object);
          }
        });
  }

  private static final class NetworkPolicyRules implements KindRules {
    @Override
    public void complete(ObjectNode object) {
      ObjectNode spec = Json.child(object, "spec");
      for (String way : List.of("ingress", "egress")) {
        spec.path(way).forEach(rule -> protocols(rule.path("ports")));
      }
      if (spec.path("policyTypes").isEmpty()) {
        var types = spec.putArray("policyTypes").add("Ingress");
        if (!spec.path("egress").isEmpty()) {
          types.add("Egress");
        }
      }
    }

    @Override
    public void validate(ObjectNode object, List<Cause> causes) {
      new PolicyChecks(causes).networkPolicy(object);
    }
  }

  private static final class LimitRangeRules implements KindRules {
    /** What a container is given stands for what it asks, and the most for what it is given. */
    @Override
    public void complete(ObjectNode object) {
      for (JsonNode each : object.path("spec").path("limits")) {
        if (each instanceof ObjectNode limit && limit.path("type").asText().equals("Container")) {
          inherit(limit, "max", "default");
          inherit(limit, "default", "defaultRequest");
          inherit(limit, "min", "defaultRequest");
        }
      }
    }

    private static void inherit(ObjectNode limit, String from, String to) {
      for (Map.Entry<String, JsonNode> amount : limit.path(from).properties()) {
        ObjectNode into = Json.child(limit, to);
        if (!into.has(amount.getKey())) {
          into.set(amount.getKey(), amount.getValue());
        }
      }
    }

    @Override
    public void validate(ObjectNode object, List<Cause> causes) {
      new PolicyChecks(causes).limitRange(object);
    }
  }

  private static final class ClaimRules implements KindRules {
    @Override
    public void complete(ObjectNode object) {
      standard(Json.child(object, "spec"), "volumeMode", "Filesystem");
    }

    @Override
    public void onCreate(ObjectNode object) {
      object.putObject("status").put("phase", "Pending");
    }

    @Override
    public void validate(ObjectNode object, List<Cause> causes) {
      new ClusterChecks(causes).claim(object);
    }
  }

  static KindRules of(ResourceType type) {
    return RULES.getOrDefault(type, KindRules.NONE);
  }

  /** A namespace holds itself back until its content is gone. */
  private static final class NamespaceRules implements KindRules {
    @Override
    public void complete(ObjectNode object) {
      ObjectMeta meta = ObjectMeta.of(object);
      Json.child(meta.node(), "labels").put("kubernetes.io/metadata.name", meta.name());
    }

    @Override
    public void onCreate(ObjectNode object) {
      Json.child(object, "spec").putArray("finalizers").add("kubernetes");
      object.putObject("status").put("phase", "Active");
    }
  }

  private static final class PodRules implements KindRules {
    @Override
    public void complete(ObjectNode object) {
      ObjectNode spec = Json.child(object, "spec");
      PodSpecRules.complete(spec);
      if (!spec.has("enableServiceLinks")) {
        spec.put("enableServiceLinks", true);
      }
    }

    @Override
    public void onCreate(ObjectNode object) {
      PodSpecRules.onCreate(Json.child(object, "spec"));
      object
          .putObject("status")
          .put("phase", "Pending")
          .put("qosClass", PodSpecRules.qosClass(object.path("spec")));
    }

    @Override
    public void validateNew(ObjectNode object, List<Cause> causes) {
      if (!object.path("spec").path("ephemeralContainers").isEmpty()) {
        causes.add(Cause.forbidden("spec.ephemeralContainers", "cannot be set on create"));
      }
    }

    @Override
    public void validate(ObjectNode object, List<Cause> causes) {
      PodSpecChecks.validate(object.path("spec"), "spec", causes);
    }

    @Override
    public void validateUpdate(ObjectNode old, ObjectNode object, List<Cause> causes) {
      PodSpecRules.validateUpdate(old.path("spec"), object.path("spec"), causes);
    }
  }

  private static void template(ObjectNode spec) {
    ObjectNode template = Json.child(spec, "template");
    PodSpecRules.complete(Json.child(template, "spec"));
  }

  private static void checkSelectorStays(ObjectNode old, ObjectNode object, List<Cause> causes) {
    JsonNode selector = object.path("spec").path("selector");
    if (!Json.same(old.path("spec").path("selector"), selector)) {
      causes.add(Cause.invalid("spec.selector", selector, "field is immutable"));
    }
  }

  private static final class DeploymentRules implements KindRules {
    @Override
    public void complete(ObjectNode object) {
      ObjectNode spec = Json.child(object, "spec");
      if (!spec.hasNonNull("replicas")) {
        spec.put("replicas", 1);
      }
      ObjectNode strategy = Json.child(spec, "strategy");
      standard(strategy, "type", "RollingUpdate");
      if (strategy.path("type").asText().equals("RollingUpdate")) {
        ObjectNode rolling = Json.child(strategy, "rollingUpdate");
        standard(rolling, "maxUnavailable", "25%");
        standard(rolling, "maxSurge", "25%");
      }
      if (!spec.hasNonNull("revisionHistoryLimit")) {
        spec.put("revisionHistoryLimit", 10);
      }
      if (!spec.hasNonNull("progressDeadlineSeconds")) {
        spec.put("progressDeadlineSeconds", 600);
      }
      template(spec);
    }

    @Override
    public void validate(ObjectNode object, List<Cause> causes) {
      WorkloadChecks.validate(object, causes);
    }

    @Override
    public void validateUpdate(ObjectNode old, ObjectNode object, List<Cause> causes) {
      checkSelectorStays(old, object, causes);
    }
  }

  private static final class ReplicaSetRules implements KindRules {
    @Override
    public void complete(ObjectNode object) {
      ObjectNode spec = Json.child(object, "spec");
      if (!spec.hasNonNull("replicas")) {
        spec.put("replicas", 1);
      }
      template(spec);
    }

    @Override
    public void validate(ObjectNode object, List<Cause> causes) {
      WorkloadChecks.validate(object, causes);
    }

    @Override
    public void validateUpdate(ObjectNode old, ObjectNode object, List<Cause> causes) {
      checkSelectorStays(old, object, causes);
    }
  }

  private static final class ServiceRules implements KindRules {
    private static final int AFFINITY_SECONDS = 10_800;

    @Override
    public void complete(ObjectNode object) {
      ObjectNode spec = Json.child(object, "spec");
      standard(spec, "sessionAffinity", "None");
      if (spec.path("sessionAffinity").asText().equals("None")) {
        spec.remove("sessionAffinityConfig");
      } else if (spec.path("sessionAffinity").asText().equals("ClientIP")
          && !spec.path("sessionAffinityConfig").path("clientIP").has("timeoutSeconds")) {
        Json.child(Json.child(spec, "sessionAffinityConfig"), "clientIP")
            .put("timeoutSeconds", AFFINITY_SECONDS);
      }
      standard(spec, "type", "ClusterIP");
      if (!spec.path("type").asText().equals("ExternalName")) {
        standard(spec, "internalTrafficPolicy", "Cluster");
      }
      for (JsonNode port : spec.path("ports")) {
        if (port instanceof ObjectNode each) {
          standard(each, "protocol", "TCP");
          if (isUnset(each.path("targetPort")) && each.hasNonNull("port")) {
            each.set("targetPort", each.get("port"));
          }
        }
      }
    }

    private static boolean isUnset(JsonNode port) {
      return port.isNumber() ? port.asInt() == 0 : port.asText("").isEmpty();
    }

    @Override
    public void onCreate(ObjectNode object) {
      object.putObject("status").putObject("loadBalancer");
    }

    @Override
    public void validate(ObjectNode object, List<Cause> causes) {
      new ServiceChecks(causes).service(object.path("spec"));
    }

    @Override
    public void validateUpdate(ObjectNode old, ObjectNode object, List<Cause> causes) {
      String before = Json.text(old, "spec", "clusterIP");
      JsonNode after = object.path("spec").path("clusterIP");
      if (!before.isEmpty()
          && !after.asText("").equals(before)
          && !object.path("spec").path("type").asText().equals("ExternalName")
          && !old.path("spec").path("type").asText().equals("ExternalName")) {
        causes.add(
            Cause.invalid(
                "spec.clusterIPs[0]", Json.array().add(after), "may not change once set"));
      }
    }
  }

  /** What ConfigMaps and Secrets have in common: small files, which may be fixed for good. */
  private static final class DataRules {
    private static final int MAX_BYTES = 1 << 20;

    static void validate(ObjectNode object, List<Cause> causes) {
      Checks checks = new Checks(causes);
      long bytes = 0;
      for (String part : List.of("data", "binaryData")) {
        for (Map.Entry<String, JsonNode> each : object.path(part).properties()) {
          String key = each.getKey();
          checks.configKey(part + "[" + key + "]", key);
          if (part.equals("data") && object.path("binaryData").has(key)) {
            checks.invalid("data[" + key + "]", key, "duplicate of key present in binaryData");
          }
          bytes += each.getValue().asText().getBytes(StandardCharsets.UTF_8).length;
        }
      }
      if (bytes > MAX_BYTES) {
        causes.add(
            new Cause(
                "FieldValueTooLong", "", "Too long: may not be more than " + MAX_BYTES + " bytes"));
      }
    }

    static void validateUpdate(ObjectNode old, ObjectNode object, List<Cause> causes) {
      if (!old.path("immutable").asBoolean()) {
        return;
      }
      for (String part : List.of("immutable", "data", "binaryData")) {
        if (!Json.same(old.path(part), object.path(part))) {
          causes.add(Cause.forbidden(part, "field is immutable when `immutable` is set"));
        }
      }
    }
  }

  private static final class ConfigMapRules implements KindRules {
    @Override
    public void validate(ObjectNode object, List<Cause> causes) {
      DataRules.validate(object, causes);
    }

    @Override
    public void validateUpdate(ObjectNode old, ObjectNode object, List<Cause> causes) {
      DataRules.validateUpdate(old, object, causes);
    }
  }

  private static final class WebhookRules implements KindRules {
    @Override
    public void complete(ObjectNode object) {
      boolean mutating = object.path("kind").asText().startsWith("Mutating");
      for (JsonNode each : object.path("webhooks")) {
        if (each instanceof ObjectNode webhook) {
          standard(webhook, "failurePolicy", "Fail");
          standard(webhook, "matchPolicy", "Equivalent");
          PodSpecRules.number(webhook, "timeoutSeconds", 10);
          Json.child(webhook, "namespaceSelector");
          Json.child(webhook, "objectSelector");
          if (mutating) {
            standard(webhook, "reinvocationPolicy", "Never");
          }
          if (webhook.path("clientConfig").path("service") instanceof ObjectNode service) {
            PodSpecRules.number(service, "port", 443);
          }
          scopes(webhook.path("rules"));
        }
      }
    }

    @Override
    public void validate(ObjectNode object, List<Cause> causes) {
      new WebhookChecks(causes).validate(object);
    }
  }

  private static void scopes(JsonNode rules) {
    for (JsonNode rule : rules) {
      if (rule instanceof ObjectNode each) {
        standard(each, "scope", "*");
      }
    }
  }

  private static final class SecretRules implements KindRules {
    /** What a Secret of a type must hold. */
    private static final Map<String, List<String>> NEEDED =
        Map.of(
            "kubernetes.io/tls", List.of("tls.crt", "tls.key"),
            "kubernetes.io/ssh-auth", List.of("ssh-privatekey"),
            "kubernetes.io/dockercfg", List.of(".dockercfg"),
            "kubernetes.io/dockerconfigjson", List.of(".dockerconfigjson"));

    private static final String ACCOUNT = "kubernetes.io/service-account.name";

    @Override
    public void validate(ObjectNode object, List<Cause> causes) {
      DataRules.validate(object, causes);
      Checks checks = new Checks(causes);
      String type = object.path("type").asText("");
      JsonNode data = object.path("data");
      for (String key : NEEDED.getOrDefault(type, List.of())) {
        if (!data.has(key)) {
          checks.missing("data[" + key + "]");
        }
      }
      if (type.equals("kubernetes.io/basic-auth")
          && !data.has("username")
          && !data.has("password")) {
        checks.missing("data[username]");
        checks.missing("data[password]");
      }
      String config = NEEDED.getOrDefault(type, List.of("")).getFirst();
      if (config.startsWith(".docker") && data.has(config)) {
        requireJson(config, data.path(config).asText(), checks);
      }
      JsonNode annotations = object.path("metadata").path("annotations");
      if (type.equals("kubernetes.io/service-account-token") && !annotations.has(ACCOUNT)) {
        checks.missing("metadata.annotations[" + ACCOUNT + "]");
      }
    }

    private static void requireJson(String key, String encoded, Checks checks) {
      String why = "";
      byte[] text = Base64.getMimeDecoder().decode(encoded);
      try {
        Json.parse(text);
      } catch (IOException e) {
        String first = new String(text, StandardCharsets.UTF_8).strip();
        why =
            first.isEmpty()
                ? "unexpected end of JSON input"
                : "invalid character '" + first.charAt(0) + "' looking for beginning of value";
      }
      if (!why.isEmpty()) {
        checks.invalid("data[" + key + "]", "<secret contents redacted>", why);
      }
    }

    @Override
    public void complete(ObjectNode object) {
      standard(object, "type", "Opaque");
      if (object.remove("stringData") instanceof ObjectNode texts) {
        ObjectNode data = Json.child(object, "data");
        texts
            .properties()
            .forEach(text ->
                data.put(
                    text.getKey(),
                    Base64.getEncoder()
                        .encodeToString(
                            text.getValue().asText().getBytes(StandardCharsets.UTF_8))));
      }
    }

    @Override
    public void validateUpdate(ObjectNode old, ObjectNode object, List<Cause> causes) {
      if (!Json.same(old.path("type"), object.path("type"))) {
        causes.add(Cause.invalid("type", object.path("type"), "field is immutable"));
      }
      DataRules.validateUpdate(old, object, causes);
    }
  }

  private static void protocols(JsonNode ports) {
    for (JsonNode port : ports) {
      if (port instanceof ObjectNode each) {
        standard(each, "protocol", "TCP");
      }
    }
  }

  private static final class EndpointsRules implements KindRules {
    @Override
    public void complete(ObjectNode object) {
      object.path("subsets").forEach(subset -> protocols(subset.path("ports")));
    }

    @Override
    public void validate(ObjectNode object, List<Cause> causes) {
      new ServiceChecks(causes).endpoints(object);
    }
  }

  private static final class EndpointSliceRules implements KindRules {
    @Override
    public void complete(ObjectNode object) {
      protocols(object.path("ports"));
      for (JsonNode port : object.path("ports")) {
        if (port instanceof ObjectNode each) {
          standard(each, "name", "");
        }
      }
    }

    @Override
    public void validate(ObjectNode object, List<Cause> causes) {
      new ServiceChecks(causes).slice(object);
    }

    @Override
    public void validateUpdate(ObjectNode old, ObjectNode object, List<Cause> causes) {
      if (!Json.same(old.path("addressType"), object.path("addressType"))) {
        causes.add(Cause.invalid("addressType", object.path("addressType"), "field is immutable"));
      }
    }
  }
}
