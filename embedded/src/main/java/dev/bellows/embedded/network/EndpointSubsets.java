package dev.bellows.embedded.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.workload.Pods;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Computes what an Endpoints object says of a Service: its pods' addresses, grouped by the ports
 * that they really listen on (Kubernetes' endpoints controller; pods whose ports were moved say so
 * in the annotation {@link #PORTS_ANNOTATION}).
 */
final class EndpointSubsets {
  /** {@code declared=real} pairs, by comma: which ports of a pod are elsewhere than declared. */
  static final String PORTS_ANNOTATION = "bellows.dev/ports";

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private EndpointSubsets() {}

  private static final class Group {
    final ArrayNode ports;
    final List<ObjectNode> ready = new ArrayList<>();
    final List<ObjectNode> notReady = new ArrayList<>();

    Group(ArrayNode ports) {
      this.ports = ports;
    }
  }

  /**
   * The subsets, in a stable order.
   *
   * @param service with a selector
   * @param pods those that it selects
   */
  static ArrayNode of(ObjectNode service, List<ObjectNode> pods) {
    boolean publishNotReady = service.path("spec").path("publishNotReadyAddresses").asBoolean();
    Map<String, Group> groups = new TreeMap<>();
    for (ObjectNode pod : pods) {
      String ip = pod.path("status").path("podIP").asText();
      if (ip.isEmpty() || Pods.isFinished(pod) || Pods.isDeleting(pod)) {
        continue;
      }
      ArrayNode ports = ports(service, pod);
      Group group = groups.computeIfAbsent(ports.toString(), _ -> new Group(ports));
      (publishNotReady || Pods.isReady(pod) ? group.ready : group.notReady).add(address(pod, ip));
    }
    ArrayNode subsets = JSON.arrayNode();
    for (Group group : groups.values()) {
      ObjectNode subset = subsets.addObject();
      put(subset, "addresses", group.ready);
      put(subset, "notReadyAddresses", group.notReady);
      if (!group.ports.isEmpty()) {
        subset.set("ports", group.ports);
      }
    }
    return subsets;
  }

  private static void put(ObjectNode subset, String field, List<ObjectNode> addresses) {
    if (!addresses.isEmpty()) {
      addresses.sort(Comparator.comparing(address -> address.path("ip").asText()));
      subset.putArray(field).addAll(addresses);
    }
  }

  private static ObjectNode address(ObjectNode pod, String ip) {
    JsonNode meta = pod.path("metadata");
    ObjectNode address = JSON.objectNode().put("ip", ip);
    String node = pod.path("spec").path("nodeName").asText();
    if (!node.isEmpty()) {
      address.put("nodeName", node);
    }
    address
        .putObject("targetRef")
        .put("kind", "Pod")
        .put("namespace", meta.path("namespace").asText())
        .put("name", meta.path("name").asText())
        .put("uid", meta.path("uid").asText());
    return address;
  }

  private static ArrayNode ports(ObjectNode service, ObjectNode pod) {
    Map<Integer, Integer> moved = moved(pod);
    ArrayNode ports = JSON.arrayNode();
    for (JsonNode servicePort : service.path("spec").path("ports")) {
      int declared = declaredPort(servicePort, pod);
      if (declared == 0) {
        continue; // a named port that this pod does not have
      }
      ObjectNode port = ports.addObject();
      String name = servicePort.path("name").asText();
      if (!name.isEmpty()) {
        port.put("name", name);
      }
      port.put("port", moved.getOrDefault(declared, declared));
      port.put("protocol", servicePort.path("protocol").asText("TCP"));
      if (servicePort.hasNonNull("appProtocol")) {
        port.put("appProtocol", servicePort.path("appProtocol").asText());
      }
    }
    return ports;
  }

  /** The pod's port that a Service's port means; 0 if it has none of that name. */
  private static int declaredPort(JsonNode servicePort, ObjectNode pod) {
    JsonNode target = servicePort.path("targetPort");
    if (target.isTextual() && !target.asText().matches("\\d+")) {
      for (JsonNode container : pod.path("spec").path("containers")) {
        for (JsonNode port : container.path("ports")) {
          if (port.path("name").asText().equals(target.asText())) {
            return port.path("containerPort").asInt();
          }
        }
      }
      return 0;
    }
    int number = target.asInt();
    return number == 0 ? servicePort.path("port").asInt() : number;
  }

  private static Map<Integer, Integer> moved(ObjectNode pod) {
    Map<Integer, Integer> moved = new HashMap<>();
    String pairs = pod.path("metadata").path("annotations").path(PORTS_ANNOTATION).asText();
    for (String pair : pairs.split(",", -1)) {
      if (pair.matches("\\d{1,5}=\\d{1,5}")) {
        int equals = pair.indexOf('=');
        moved.put(
            Integer.valueOf(pair.substring(0, equals)),
            Integer.valueOf(pair.substring(equals + 1)));
      }
    }
    return moved;
  }
}
