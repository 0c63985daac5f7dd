package dev.bellows.embedded.apiserver;

import static dev.bellows.embedded.apiserver.PodSpecRules.standard;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

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
    RULES.put(ResourceTypes.ENDPOINTS, new EndpointsRules());
    RULES.put(ResourceTypes.ENDPOINT_SLICES, new EndpointSliceRules());
    RULES.put(ResourceTypes.CUSTOM_RESOURCE_DEFINITIONS, new DefinitionRules());
  }

  private BuiltInRules() {}

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
    public void validate(ObjectNode object, List<Cause> causes) {
      PodSpecRules.validate(object.path("spec"), "spec", causes);
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

  private static void checkTemplate(ObjectNode object, String kind, List<Cause> causes) {
    JsonNode spec = object.path("spec");
    JsonNode replicas = spec.path("replicas");
    if (replicas.asInt(0) < 0) {
      causes.add(Cause.invalid("spec.replicas", replicas, "must be greater than or equal to 0"));
    }
    if (!(spec.path("selector") instanceof ObjectNode selector)) {
      causes.add(Cause.required("spec.selector", ""));
    } else if (selector.isEmpty()) {
      causes.add(Cause.invalid("spec.selector", selector, "empty selector is invalid for " + kind));
    } else if (!Selectors.matches(
        selector, spec.path("template").path("metadata").path("labels"))) {
      causes.add(
          Cause.invalid(
              "spec.template.metadata.labels",
              spec.path("template").path("metadata").path("labels"),
              "`selector` does not match template `labels`"));
    }
    PodSpecRules.validate(spec.path("template").path("spec"), "spec.template.spec", causes);
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
      checkTemplate(object, "deployment", causes);
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
      checkTemplate(object, "replicaset", causes);
    }

    @Override
    public void validateUpdate(ObjectNode old, ObjectNode object, List<Cause> causes) {
      checkSelectorStays(old, object, causes);
    }
  }

  private static final class ServiceRules implements KindRules {
    private static final Set<String> TYPES =
        Set.of("ClusterIP", "NodePort", "LoadBalancer", "ExternalName");

    @Override
    public void complete(ObjectNode object) {
      ObjectNode spec = Json.child(object, "spec");
      standard(spec, "sessionAffinity", "None");
      standard(spec, "type", "ClusterIP");
      if (!spec.path("type").asText().equals("ExternalName")) {
        standard(spec, "internalTrafficPolicy", "Cluster");
      }
      for (JsonNode port : spec.path("ports")) {
        if (port instanceof ObjectNode each) {
          standard(each, "protocol", "TCP");
          if (!each.hasNonNull("targetPort") && each.hasNonNull("port")) {
            each.set("targetPort", each.get("port"));
          }
        }
      }
    }

    @Override
    public void onCreate(ObjectNode object) {
      object.putObject("status").putObject("loadBalancer");
    }

    @Override
    public void validate(ObjectNode object, List<Cause> causes) {
      JsonNode spec = object.path("spec");
      String type = spec.path("type").asText();
      if (!TYPES.contains(type)) {
        causes.add(
            new Cause(
                "FieldValueNotSupported",
                "spec.type",
                "Unsupported value: \""
                    + type
                    + "\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\","
                    + " \"NodePort\""));
      }
      boolean headless = spec.path("clusterIP").asText("").equals("None");
      if (spec.path("ports").isEmpty() && !headless && !type.equals("ExternalName")) {
        causes.add(Cause.required("spec.ports", ""));
      }
      if (type.equals("ExternalName") && spec.path("externalName").asText("").isEmpty()) {
        causes.add(Cause.required("spec.externalName", ""));
      }
      Set<String> names = new HashSet<>();
      for (int i = 0; i < spec.path("ports").size(); i++) {
        port(spec.path("ports"), i, names, causes);
      }
    }

    private static void port(JsonNode ports, int i, Set<String> names, List<Cause> causes) {
      JsonNode port = ports.get(i);
      String path = "spec.ports[" + i + "]";
      String name = port.path("name").asText("");
      if (name.isEmpty() && ports.size() > 1) {
        causes.add(Cause.required(path + ".name", ""));
      } else if (!name.isEmpty() && !names.add(name)) {
        causes.add(
            new Cause("FieldValueDuplicate", path + ".name", "Duplicate value: \"" + name + "\""));
      }
      int number = port.path("port").asInt(0);
      if (number < 1 || number > 65535) {
        causes.add(
            Cause.invalid(
                path + ".port", port.path("port"), "must be between 1 and 65535, inclusive"));
      }
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
    private static final Pattern KEY = Pattern.compile("[-._a-zA-Z0-9]+");
    private static final int MAX_BYTES = 1 << 20;

    static void validate(ObjectNode object, List<Cause> causes) {
      long bytes = 0;
      for (String part : List.of("data", "binaryData")) {
        for (Map.Entry<String, JsonNode> each : object.path(part).properties()) {
          String key = each.getKey();
          if (!KEY.matcher(key).matches()) {
            causes.add(
                Cause.invalid(
                    part + "[" + key + "]",
                    key,
                    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
                        + " (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for"
                        + " validation is '[-._a-zA-Z0-9]+')"));
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
  }

  private static void scopes(JsonNode rules) {
    for (JsonNode rule : rules) {
      if (rule instanceof ObjectNode each) {
        standard(each, "scope", "*");
      }
    }
  }

  private static final class SecretRules implements KindRules {
    @Override
    public void validate(ObjectNode object, List<Cause> causes) {
      DataRules.validate(object, causes);
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
    public void validateUpdate(ObjectNode old, ObjectNode object, List<Cause> causes) {
      if (!Json.same(old.path("addressType"), object.path("addressType"))) {
        causes.add(Cause.invalid("addressType", object.path("addressType"), "field is immutable"));
      }
    }
  }
}
