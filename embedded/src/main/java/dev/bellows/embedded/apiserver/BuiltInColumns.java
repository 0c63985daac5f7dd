package dev.bellows.embedded.apiserver;

import static dev.bellows.embedded.apiserver.Columns.number;
import static dev.bellows.embedded.apiserver.Columns.text;
import static dev.bellows.embedded.apiserver.Columns.wide;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/** The columns of the built-in kinds, as kubectl's users know them. */
final class BuiltInColumns {
  private static final String NONE = "<none>";
  private static final int MAX_PORTS_SHOWN = 3;

  private static final Map<ResourceType, Columns> COLUMNS = new HashMap<>();

  static {
    put(
        ResourceTypes.NAMESPACES,
        text("Status", (object, now) -> Json.text(object, "status", "phase")));
    put(
        ResourceTypes.NODES,
        text("Status", (object, now) -> nodeStatus(object)),
        text("Roles", (object, now) -> nodeRoles(object)),
        Columns.age(),
        text("Version", (object, now) -> nodeInfo(object, "kubeletVersion")),
        wide("Internal-IP", (object, now) -> nodeAddress(object, "InternalIP")),
        wide("External-IP", (object, now) -> nodeAddress(object, "ExternalIP")),
        wide("OS-Image", (object, now) -> nodeInfo(object, "osImage")),
        wide("Kernel-Version", (object, now) -> nodeInfo(object, "kernelVersion")),
        wide("Container-Runtime", (object, now) -> nodeInfo(object, "containerRuntimeVersion")));
    put(
        ResourceTypes.PODS,
        text("Ready", (object, now) -> PodSummary.ready(object)),
        text("Status", (object, now) -> PodSummary.status(object)),
        text("Restarts", PodSummary::restarts),
        Columns.age(),
        wide("IP", (object, now) -> orNone(Json.text(object, "status", "podIP"))),
        wide("Node", (object, now) -> orNone(Json.text(object, "spec", "nodeName"))),
        wide(
            "Nominated Node",
            (object, now) -> orNone(Json.text(object, "status", "nominatedNodeName"))),
        wide("Readiness Gates", (object, now) -> PodSummary.readinessGates(object)));
    put(
        ResourceTypes.SERVICES,
        text("Type", (object, now) -> Json.text(object, "spec", "type")),
        text("Cluster-IP", (object, now) -> orNone(Json.text(object, "spec", "clusterIP"))),
        text("External-IP", (object, now) -> externalIp(object)),
        text("Port(s)", (object, now) -> servicePorts(object)),
        Columns.age(),
        wide("Selector", (object, now) -> pairs(object.path("spec").path("selector"))));
    put(ResourceTypes.ENDPOINTS, text("Endpoints", (object, now) -> endpoints(object)));
    put(ResourceTypes.CONFIG_MAPS, number("Data", (object, now) -> data(object)));
    put(
        ResourceTypes.SECRETS,
        text("Type", (object, now) -> Json.text(object, "type")),
        number("Data", (object, now) -> object.path("data").size()));
    put(
        ResourceTypes.SERVICE_ACCOUNTS,
        number("Secrets", (object, now) -> object.path("secrets").size()));
    COLUMNS.put(
        ResourceTypes.EVENTS,
        new Columns(
            List.of(
                text("Last Seen", BuiltInColumns::lastSeen),
                text("Type", (object, now) -> Json.text(object, "type")),
                text("Reason", (object, now) -> Json.text(object, "reason")),
                text("Object", (object, now) -> involved(object)),
                wide(
                    "Subobject", (object, now) -> Json.text(object, "involvedObject", "fieldPath")),
                wide("Source", (object, now) -> source(object)),
                text("Message", (object, now) -> Json.text(object, "message").strip()),
                wide(
                    "First Seen",
                    (object, now) -> Age.since(Json.text(object, "firstTimestamp"), now)),
                wide("Count", (object, now) -> object.path("count").asInt(1)),
                new Columns.Column(
                    "Name",
                    "string",
                    "name",
                    "",
                    1,
                    (object, now) -> ObjectMeta.of(object).name()))));
    put(
        ResourceTypes.DEPLOYMENTS,
        text(
            "Ready",
            (object, now) ->
                count(object, "readyReplicas")
                    + "/"
                    + object.path("spec").path("replicas").asInt(1)),
        number("Up-to-date", (object, now) -> count(object, "updatedReplicas")),
        number("Available", (object, now) -> count(object, "availableReplicas")),
        Columns.age(),
        wide("Containers", (object, now) -> containers(object, "name")),
        wide("Images", (object, now) -> containers(object, "image")),
        wide("Selector", (object, now) -> selector(object)));
    put(
        ResourceTypes.REPLICA_SETS,
        number("Desired", (object, now) -> object.path("spec").path("replicas").asInt(1)),
        number("Current", (object, now) -> count(object, "replicas")),
        number("Ready", (object, now) -> count(object, "readyReplicas")),
        Columns.age(),
        wide("Containers", (object, now) -> containers(object, "name")),
        wide("Images", (object, now) -> containers(object, "image")),
        wide("Selector", (object, now) -> selector(object)));
    put(
        ResourceTypes.ENDPOINT_SLICES,
        text("AddressType", (object, now) -> Json.text(object, "addressType")),
        text("Ports", (object, now) -> slicePorts(object)),
        text("Endpoints", (object, now) -> sliceEndpoints(object)));
    put(
        ResourceTypes.LEASES,
        text("Holder", (object, now) -> Json.text(object, "spec", "holderIdentity")));
    COLUMNS.put(
        ResourceTypes.CUSTOM_RESOURCE_DEFINITIONS,
        new Columns(
            List.of(
                Columns.name(),
                new Columns.Column(
                    "Created At",
                    "date",
                    "",
                    "",
                    0,
                    (object, now) -> Json.text(object, "metadata", "creationTimestamp")))));
    put(
        ResourceTypes.HORIZONTAL_POD_AUTOSCALERS,
        text("Reference", (hpa, now) -> reference(hpa.path("spec").path("scaleTargetRef"))),
        text("Targets", (hpa, now) -> targets(hpa)),
        text("MinPods", (hpa, now) -> hpa.path("spec").path("minReplicas").asText("<unset>")),
        text("MaxPods", (hpa, now) -> hpa.path("spec").path("maxReplicas").asInt()),
        text("Replicas", (hpa, now) -> hpa.path("status").path("currentReplicas").asInt()),
        Columns.age());
    put(
        ResourceTypes.LEASES,
        text("Holder", (lease, now) -> lease.path("spec").path("holderIdentity").asText("")),
        Columns.age());
  }

  private static String reference(JsonNode target) {
    return target.path("kind").asText() + "/" + target.path("name").asText();
  }

  /** What each metric is and is to be: {@code cpu: 12%/50%}. */
  private static String targets(ObjectNode hpa) {
    List<String> all = new ArrayList<>();
    JsonNode seen = hpa.path("status").path("currentMetrics");
    for (JsonNode metric : hpa.path("spec").path("metrics")) {
      JsonNode resource = metric.path("resource");
      String name = resource.path("name").asText(metric.path("type").asText());
      String now = "<unknown>";
      for (JsonNode each : seen) {
        if (each.path("resource").path("name").asText().equals(name)) {
          now = use(each.path("resource").path("current"), now);
        }
      }
      all.add(name + ": " + now + "/" + use(resource.path("target"), "<unknown>"));
    }
    return all.isEmpty() ? "<none>" : String.join(", ", all);
  }

  private static String use(JsonNode value, String otherwise) {
    return value.has("averageUtilization")
        ? value.path("averageUtilization").asText() + "%"
        : value.path("averageValue").asText(otherwise);
  }

  static Columns of(ResourceType type) {
    return COLUMNS.getOrDefault(type, new Columns(List.of(Columns.name(), Columns.createdAt())));
  }

  /** Name first, and age last unless it already has its place. */
  private static void put(ResourceType type, Columns.Column... own) {
    List<Columns.Column> columns = new ArrayList<>();
    columns.add(Columns.name());
    columns.addAll(List.of(own));
    if (columns.stream().noneMatch(column -> column.name().equals("Age"))) {
      columns.add(Columns.age());
    }
    COLUMNS.put(type, new Columns(List.copyOf(columns)));
  }

  static String orNone(String text) {
    return text.isEmpty() ? NONE : text;
  }

  private static int count(ObjectNode object, String field) {
    return object.path("status").path(field).asInt(0);
  }

  private static String containers(ObjectNode object, String field) {
    StringJoiner names = new StringJoiner(",");
    for (JsonNode container :
        object.path("spec").path("template").path("spec").path("containers")) {
      names.add(container.path(field).asText());
    }
    return names.toString();
  }

  private static String selector(ObjectNode object) {
    JsonNode selector = object.path("spec").path("selector");
    StringJoiner text = new StringJoiner(",");
    if (!selector.path("matchLabels").isEmpty()) {
      text.add(pairs(selector.path("matchLabels")));
    }
    for (JsonNode expression : selector.path("matchExpressions")) {
      StringJoiner values = new StringJoiner(",", " (", ")").setEmptyValue("");
      expression.path("values").forEach(value -> values.add(value.asText()));
      text.add(
          switch (expression.path("operator").asText()) {
            case "Exists" -> expression.path("key").asText();
            case "DoesNotExist" -> "!" + expression.path("key").asText();
            case "In" -> expression.path("key").asText() + " in" + values;
            default -> expression.path("key").asText() + " notin" + values;
          });
    }
    return orNone(text.toString());
  }

  private static String pairs(JsonNode map) {
    List<String> pairs = new ArrayList<>();
    map.properties().forEach(pair -> pairs.add(pair.getKey() + "=" + pair.getValue().asText()));
    pairs.sort(null);
    return orNone(String.join(",", pairs));
  }

  private static int data(ObjectNode object) {
    return object.path("data").size() + object.path("binaryData").size();
  }

  private static String externalIp(ObjectNode object) {
    JsonNode spec = object.path("spec");
    List<String> addresses = new ArrayList<>();
    spec.path("externalIPs").forEach(address -> addresses.add(address.asText()));
    return switch (spec.path("type").asText()) {
      case "ExternalName" -> spec.path("externalName").asText();
      case "LoadBalancer" -> {
        for (JsonNode ingress : object.path("status").path("loadBalancer").path("ingress")) {
          addresses.add(ingress.path("ip").asText(ingress.path("hostname").asText()));
        }
        yield addresses.isEmpty() ? "<pending>" : String.join(",", addresses);
      }
      default -> orNone(String.join(",", addresses));
    };
  }

  private static String servicePorts(ObjectNode object) {
    StringJoiner ports = new StringJoiner(",").setEmptyValue(NONE);
    for (JsonNode port : object.path("spec").path("ports")) {
      String node = port.path("nodePort").asInt(0) > 0 ? ":" + port.path("nodePort").asInt() : "";
      ports.add(port.path("port").asInt() + node + "/" + port.path("protocol").asText("TCP"));
    }
    return ports.toString();
  }

  private static String endpoints(ObjectNode object) {
    List<String> all = new ArrayList<>();
    for (JsonNode subset : object.path("subsets")) {
      for (JsonNode port : subset.path("ports")) {
        for (JsonNode address : subset.path("addresses")) {
          all.add(address.path("ip").asText() + ":" + port.path("port").asInt());
        }
      }
      if (subset.path("ports").isEmpty()) {
        subset.path("addresses").forEach(address -> all.add(address.path("ip").asText()));
      }
    }
    return shown(all);
  }

  private static String shown(List<String> all) {
    if (all.size() <= MAX_PORTS_SHOWN) {
      return orNone(String.join(",", all));
    }
    return String.join(",", all.subList(0, MAX_PORTS_SHOWN))
        + " + "
        + (all.size() - MAX_PORTS_SHOWN)
        + " more...";
  }

  private static String slicePorts(ObjectNode object) {
    List<String> ports = new ArrayList<>();
    for (JsonNode port : object.path("ports")) {
      ports.add(port.hasNonNull("port") ? port.path("port").asText() : "*");
    }
    return ports.isEmpty() ? "<unset>" : shown(ports);
  }

  private static String sliceEndpoints(ObjectNode object) {
    List<String> addresses = new ArrayList<>();
    for (JsonNode endpoint : object.path("endpoints")) {
      endpoint.path("addresses").forEach(address -> addresses.add(address.asText()));
    }
    return addresses.isEmpty() ? "<unset>" : shown(addresses);
  }

  private static String lastSeen(ObjectNode event, Instant now) {
    String last = Json.text(event, "series", "lastObservedTime");
    if (last.isEmpty()) {
      last = Json.text(event, "lastTimestamp");
    }
    if (last.isEmpty()) {
      last = Json.text(event, "eventTime");
    }
    String age = Age.since(last, now);
    int count = event.path("series").path("count").asInt(event.path("count").asInt(1));
    String first = Json.text(event, "firstTimestamp");
    return count > 1 && !first.isEmpty()
        ? age + " (x" + count + " over " + Age.since(first, now) + ")"
        : age;
  }

  private static String involved(ObjectNode event) {
    return Json.text(event, "involvedObject", "kind").toLowerCase(Locale.ROOT)
        + "/"
        + Json.text(event, "involvedObject", "name");
  }

  private static String source(ObjectNode event) {
    String component = Json.text(event, "source", "component");
    if (component.isEmpty()) {
      component = Json.text(event, "reportingComponent");
    }
    String host = Json.text(event, "source", "host");
    return host.isEmpty() ? component : component + ", " + host;
  }

  private static String nodeStatus(ObjectNode node) {
    String status = "Unknown";
    for (JsonNode condition : node.path("status").path("conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        status = condition.path("status").asText().equals("True") ? "Ready" : "NotReady";
      }
    }
    return node.path("spec").path("unschedulable").asBoolean()
        ? status + ",SchedulingDisabled"
        : status;
  }

  private static String nodeRoles(ObjectNode node) {
    List<String> roles = new ArrayList<>();
    for (var label : node.path("metadata").path("labels").properties()) {
      if (label.getKey().startsWith("node-role.kubernetes.io/")) {
        roles.add(label.getKey().substring("node-role.kubernetes.io/".length()));
      }
    }
    roles.sort(null);
    return orNone(String.join(",", roles));
  }

  private static String nodeInfo(ObjectNode node, String field) {
    String value = Json.text(node, "status", "nodeInfo", field);
    return value.isEmpty() ? "<unknown>" : value;
  }

  private static String nodeAddress(ObjectNode node, String type) {
    for (JsonNode address : node.path("status").path("addresses")) {
      if (address.path("type").asText().equals(type)) {
        return address.path("address").asText();
      }
    }
    return NONE;
  }
}
