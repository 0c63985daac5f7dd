package dev.bellows.embedded.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Says in EndpointSlices what an Endpoints object's subsets say; ingresses and tests read these.
 */
final class EndpointSlices {
  static final String SERVICE_NAME = "kubernetes.io/service-name";
  static final String MANAGED_BY = "endpointslice.kubernetes.io/managed-by";

  /** As many as Kubernetes puts into one slice. */
  private static final int MAX_ENDPOINTS = 100;

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private EndpointSlices() {}

  /** The slices' contents, without metadata: {@code addressType}, {@code endpoints}, ports. */
  static List<ObjectNode> of(JsonNode subsets) {
    List<ObjectNode> slices = new ArrayList<>();
    for (JsonNode subset : subsets) {
      List<ObjectNode> endpoints = new ArrayList<>();
      subset.path("addresses").forEach(address -> endpoints.add(endpoint(address, true)));
      subset.path("notReadyAddresses").forEach(address -> endpoints.add(endpoint(address, false)));
      for (int from = 0; from < endpoints.size(); from += MAX_ENDPOINTS) {
        List<ObjectNode> part =
            endpoints.subList(from, Math.min(from + MAX_ENDPOINTS, endpoints.size()));
        ObjectNode slice = JSON.objectNode();
        slice.put("addressType", isIpv6(part.getFirst()) ? "IPv6" : "IPv4");
        slice.putArray("endpoints").addAll(part);
        slice.set("ports", ports(subset.path("ports")));
        slices.add(slice);
      }
    }
    return slices;
  }

  private static ArrayNode ports(JsonNode subsetPorts) {
    ArrayNode ports = JSON.arrayNode();
    for (JsonNode each : subsetPorts) {
      ObjectNode port = ports.addObject();
      port.put("name", each.path("name").asText(""));
      port.put("port", each.path("port").asInt());
      port.put("protocol", each.path("protocol").asText("TCP"));
      if (each.hasNonNull("appProtocol")) {
        port.put("appProtocol", each.path("appProtocol").asText());
      }
    }
    return ports;
  }

  private static ObjectNode endpoint(JsonNode address, boolean ready) {
    ObjectNode endpoint = JSON.objectNode();
    endpoint.putArray("addresses").add(address.path("ip").asText());
    endpoint
        .putObject("conditions")
        .put("ready", ready)
        .put("serving", ready)
        .put("terminating", false);
    if (address.hasNonNull("nodeName")) {
      endpoint.put("nodeName", address.path("nodeName").asText());
    }
    if (address.hasNonNull("targetRef")) {
      endpoint.set("targetRef", address.path("targetRef").deepCopy());
    }
    return endpoint;
  }

  private static boolean isIpv6(ObjectNode endpoint) {
    return endpoint.path("addresses").path(0).asText().contains(":");
  }
}
