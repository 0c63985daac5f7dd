package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Defaults of a pod's spec, in a pod as in a template of pods; checks: {@link PodSpecChecks}. */
final class PodSpecRules {
  private PodSpecRules() {}

  static void complete(ObjectNode spec) {
    standard(spec, "restartPolicy", "Always");
    standard(spec, "dnsPolicy", "ClusterFirst");
    standard(spec, "schedulerName", "default-scheduler");
    if (!spec.hasNonNull("terminationGracePeriodSeconds")) {
      spec.put("terminationGracePeriodSeconds", 30);
    } else if (spec.path("terminationGracePeriodSeconds").asLong() < 0) {
      spec.put("terminationGracePeriodSeconds", 1);
    }
    if (!spec.has("securityContext")) {
      spec.putObject("securityContext");
    }
    for (String kind : List.of("initContainers", "containers", "ephemeralContainers")) {
      for (JsonNode container : spec.path(kind)) {
        if (container instanceof ObjectNode object) {
          container(object);
        }
      }
    }
    for (JsonNode volume : spec.path("volumes")) {
      for (String kind : List.of("configMap", "secret", "projected", "downwardAPI")) {
        if (volume.path(kind) instanceof ObjectNode source && !source.has("defaultMode")) {
          source.put("defaultMode", 420); // 0644, as every such volume
        }
      }
      if (volume.path("hostPath") instanceof ObjectNode path) {
        standard(path, "type", "");
      }
    }
  }

  /** What a pod, unlike a template, is given when it is created. */
  static void onCreate(ObjectNode spec) {
    standard(spec, "serviceAccountName", "default");
    spec.put("serviceAccount", Json.text(spec, "serviceAccountName")); // its old name
    standard(spec, "preemptionPolicy", "PreemptLowerPriority");
    if (!spec.hasNonNull("priority")) {
      spec.put("priority", 0);
    }
    for (String taint : List.of("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")) {
      tolerate(spec, taint);
    }
  }

  private static void tolerate(ObjectNode spec, String taint) {
    ArrayNode tolerations =
        spec.path("tolerations") instanceof ArrayNode found ? found : spec.putArray("tolerations");
    for (JsonNode each : tolerations) {
      String key = each.path("key").asText("");
      if (key.equals(taint) || key.isEmpty()) {
        return;
      }
    }
    tolerations
        .addObject()
        .put("key", taint)
        .put("operator", "Exists")
        .put("effect", "NoExecute")
        .put("tolerationSeconds", 300);
  }

  /** Adds a cause if more of a pod's spec has changed than may. */
  static void validateUpdate(JsonNode old, JsonNode spec, List<Cause> causes) {
    boolean placed = old.path("nodeName").asText("").isEmpty();
    if (!Json.same(old, spec) && !Json.same(fixed(old, placed), fixed(spec, placed))) {
      causes.add(
          Cause.forbidden(
              "spec",
              "pod updates may not change fields other than"
                  + " `spec.containers[*].image`,`spec.initContainers[*].image`,"
                  + "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing"
                  + " tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if"
                  + " it was previously negative)"));
    }
  }

  /** What stays as it was; the node too, once there is one. */
  private static JsonNode fixed(JsonNode spec, boolean placed) {
    if (!(spec.deepCopy() instanceof ObjectNode fixed)) {
      return spec;
    }
    fixed.remove(List.of("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"));
    if (placed) {
      fixed.remove("nodeName");
    }
    for (String kind : List.of("initContainers", "containers")) {
      for (JsonNode container : fixed.path(kind)) {
        ((ObjectNode) container).remove("image");
      }
    }
    return fixed;
  }

  private static void container(ObjectNode container) {
    String image = Json.text(container, "image");
    if (!container.hasNonNull("imagePullPolicy")) {
      container.put("imagePullPolicy", isLatest(image) ? "Always" : "IfNotPresent");
    }
    standard(container, "terminationMessagePath", "/dev/termination-log");
    standard(container, "terminationMessagePolicy", "File");
    JsonNode limits = Json.child(container, "resources").path("limits");
    if (limits instanceof ObjectNode limited && !limited.isEmpty()) {
      ObjectNode requests = Json.child(Json.child(container, "resources"), "requests");
      limited.properties().stream()
          .filter(limit -> !requests.has(limit.getKey()))
          .forEach(limit -> requests.set(limit.getKey(), limit.getValue().deepCopy()));
    }
    for (JsonNode port : container.path("ports")) {
      if (port instanceof ObjectNode object) {
        standard(object, "protocol", "TCP");
      }
    }
    for (JsonNode variable : container.path("env")) {
      if (variable.path("valueFrom").path("fieldRef") instanceof ObjectNode field) {
        standard(field, "apiVersion", "v1");
      }
    }
    for (String kind : List.of("livenessProbe", "readinessProbe", "startupProbe")) {
      if (container.path(kind) instanceof ObjectNode probe) {
        probe(probe);
      }
    }
    for (String hook : List.of("postStart", "preStop")) {
      if (container.path("lifecycle").path(hook).path("httpGet") instanceof ObjectNode get) {
        standard(get, "path", "/");
        standard(get, "scheme", "HTTP");
      }
    }
  }

  private static boolean isLatest(String image) {
    if (image.contains("@")) {
      return false;
    }
    String last = image.substring(image.lastIndexOf('/') + 1);
    return !last.contains(":") || last.endsWith(":latest");
  }

  private static void probe(ObjectNode probe) {
    number(probe, "timeoutSeconds", 1);
    number(probe, "periodSeconds", 10);
    number(probe, "successThreshold", 1);
    number(probe, "failureThreshold", 3);
    if (probe.path("httpGet") instanceof ObjectNode get) {
      standard(get, "path", "/");
      standard(get, "scheme", "HTTP");
    }
    if (probe.path("grpc") instanceof ObjectNode grpc) {
      standard(grpc, "service", "");
    }
  }

  static void standard(ObjectNode object, String field, String value) {
    if (!object.hasNonNull(field)) {
      object.put(field, value);
    }
  }

  static void number(ObjectNode object, String field, int value) {
    if (!object.hasNonNull(field) || object.path(field).asInt() == 0) {
      object.put(field, value);
    }
  }

  /** The class of service that requests and limits put a pod in. */
  static String qosClass(JsonNode spec) {
    boolean any = false;
    boolean guaranteed = true;
    for (JsonNode container : spec.path("containers")) {
      JsonNode limits = container.path("resources").path("limits");
      JsonNode requests = container.path("resources").path("requests");
      for (String resource : List.of("cpu", "memory")) {
        any |= limits.has(resource) || requests.has(resource);
        guaranteed &=
            limits.has(resource) && Json.same(limits.get(resource), requests.get(resource));
      }
    }
    return any ? guaranteed ? "Guaranteed" : "Burstable" : "BestEffort";
  }
}
