package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What Services, Endpoints and EndpointSlices may say. */
final class ServiceChecks {
  private static final List<String> TYPES =
      List.of("ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
  private static final int MAX_AFFINITY_SECONDS = 86_400;

  private final Checks checks;

  ServiceChecks(List<Cause> causes) {
    this.checks = new Checks(causes);
  }

  void service(JsonNode spec) {
    String type = spec.path("type").asText("");
    boolean external = type.equals("ExternalName");
    String address = spec.path("clusterIP").asText("");
    boolean headless = address.equals("None");
    if (spec.path("ports").isEmpty() && !headless && !external) {
      checks.missing("spec.ports");
    }
    if (headless && (type.equals("NodePort") || type.equals("LoadBalancer"))) {
      checks.invalid(
          "spec.clusterIPs[0]", "None", "may not be set to 'None' for " + type + " services");
    }
    if (external && checks.required("spec.externalName", spec.path("externalName"))) {
      checks.subdomain("spec.externalName", spec.path("externalName").asText());
    }
    ports(spec.path("ports"), type);
    checks.labels("spec.selector", spec.path("selector"));
    affinity(spec);
    if (!address.isEmpty() && !headless) {
      checks.address("spec.clusterIPs[0]", address);
    }
    Checks.each(spec.path("externalIPs"), "spec.externalIPs", this::outside);
    checks.oneOf("spec.type", spec.path("type"), TYPES);
    policies(spec, type);
    Checks.each(
        spec.path("loadBalancerSourceRanges"),
        "spec.LoadBalancerSourceRanges",
        (at, range) -> {
          if (!Checks.isRange(range.asText(""))) {
            checks.invalid(at, range, Checks.CIDR_TEXT);
          }
        });
    Checks.each(
        spec.path("ipFamilies"),
        "spec.ipFamilies",
        (at, family) -> checks.oneOf(at, family, List.of("IPv4", "IPv6")));
    checks.oneOfIfSet(
        "spec.ipFamilyPolicy",
        spec.path("ipFamilyPolicy"),
        List.of("PreferDualStack", "RequireDualStack", "SingleStack"));
  }

  private void policies(JsonNode spec, String type) {
    JsonNode policy = spec.path("externalTrafficPolicy");
    boolean reachable = type.equals("NodePort") || type.equals("LoadBalancer");
    if (!policy.asText("").isEmpty() && !reachable && spec.path("externalIPs").isEmpty()) {
      checks.invalid(
          "spec.externalTrafficPolicy",
          policy,
          "may only be set for externally-accessible services");
    } else {
      checks.oneOfIfSet("spec.externalTrafficPolicy", policy, List.of("Cluster", "Local"));
    }
    checks.oneOfIfSet(
        "spec.internalTrafficPolicy",
        spec.path("internalTrafficPolicy"),
        List.of("Cluster", "Local"));
  }

  private void affinity(JsonNode spec) {
    checks.oneOf("spec.sessionAffinity", spec.path("sessionAffinity"), List.of("ClientIP", "None"));
    JsonNode seconds = spec.path("sessionAffinityConfig").path("clientIP").path("timeoutSeconds");
    boolean fits = seconds.asInt(1) > 0 && seconds.asInt(1) <= MAX_AFFINITY_SECONDS;
    if (spec.path("sessionAffinity").asText("").equals("ClientIP") && !fits) {
      checks.invalid(
          "spec.sessionAffinityConfig.clientIP.timeoutSeconds",
          seconds,
          "must be greater than 0 and less than " + MAX_AFFINITY_SECONDS);
    }
  }

  private void outside(String at, JsonNode address) {
    String text = address.asText("");
    if (Checks.isAddress(text)) {
      special(at, text);
    } else {
      checks.invalid(at, address, Checks.IP_TEXT);
    }
    if (text.startsWith("127.") || text.equals("::1")) {
      checks.invalid(at, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
    }
  }

  private void ports(JsonNode ports, String type) {
    Set<String> names = new HashSet<>();
    Set<String> numbers = new HashSet<>();
    boolean named = ports.size() > 1;
    boolean reachable = type.equals("NodePort") || type.equals("LoadBalancer");
    Checks.each(
        ports,
        "spec.ports",
        (at, port) -> {
          name(port, at, named, names);
          checks.port(at + ".port", port.path("port"));
          checks.oneOf(at + ".protocol", port.path("protocol"), Checks.PROTOCOLS);
          checks.portOrName(at + ".targetPort", port.path("targetPort"));
          if (!port.path("appProtocol").asText("").isEmpty()) {
            checks.qualified(at + ".appProtocol", port.path("appProtocol").asText());
          }
          if (port.path("nodePort").asInt(0) != 0 && !reachable) {
            checks.forbidden(at + ".nodePort", "may not be used when `type` is '" + type + "'");
          }
          String place = port.path("protocol").asText() + "/" + port.path("port").asText();
          if (!numbers.add(place)) {
            checks.duplicate(
                at,
                "{\"Name\":\"\",\"Protocol\":"
                    + port.path("protocol")
                    + ",\"AppProtocol\":null,\"Port\":"
                    + port.path("port")
                    + ",\"TargetPort\":0,\"NodePort\":0}");
          }
        });
  }

  private void name(JsonNode port, String at, boolean needed, Set<String> names) {
    String name = port.path("name").asText("");
    if (name.isEmpty()) {
      if (needed) {
        checks.missing(at + ".name");
      }
      return;
    }
    checks.label(at + ".name", port.path("name"));
    if (!names.add(name)) {
      checks.duplicate(at + ".name", '"' + name + '"');
    }
  }

  void endpoints(ObjectNode endpoints) {
    Checks.each(
        endpoints.path("subsets"),
        "subsets",
        (at, subset) -> {
          if (subset.path("addresses").isEmpty() && subset.path("notReadyAddresses").isEmpty()) {
            checks.missing(at, "must specify `addresses` or `notReadyAddresses`");
          }
          for (String list : List.of("addresses", "notReadyAddresses")) {
            Checks.each(subset.path(list), at + "." + list, this::address);
          }
          boolean named = subset.path("ports").size() > 1;
          Checks.each(
              subset.path("ports"),
              at + ".ports",
              (place, port) -> {
                name(port, place, named, new HashSet<>());
                checks.port(place + ".port", port.path("port"));
                checks.oneOf(place + ".protocol", port.path("protocol"), Checks.PROTOCOLS);
              });
        });
  }

  private void address(String at, JsonNode address) {
    String ip = address.path("ip").asText("");
    if (Checks.isAddress(ip)) {
      special(at + ".ip", ip);
    } else {
      checks.invalid(at + ".ip", ip, Checks.IP_TEXT);
      checks.invalid(at + ".ip", ip, "must be a valid IP address");
    }
    if (!address.path("hostname").asText("").isEmpty()) {
      checks.label(at + ".hostname", address.path("hostname"));
    }
  }

  /** Addresses that are no pod's. Those of loopback are ours, and so not among them. */
  private void special(String at, String ip) {
    if (ip.equals("0.0.0.0") || ip.equals("::")) {
      checks.invalid(at, ip, "may not be unspecified (" + ip + ")");
    }
    if (ip.startsWith("169.254.") || Checks.lower(ip).startsWith("fe80:")) {
      checks.invalid(at, ip, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    }
    if (ip.startsWith("224.0.0.") || Checks.lower(ip).startsWith("ff02:")) {
      checks.invalid(
          at, ip, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
    }
  }

  void slice(ObjectNode slice) {
    JsonNode type = slice.path("addressType");
    if (checks.required("addressType", type)) {
      checks.oneOf("addressType", type, List.of("FQDN", "IPv4", "IPv6"));
    }
    Checks.each(
        slice.path("endpoints"),
        "endpoints",
        (at, endpoint) -> {
          if (endpoint.path("addresses").isEmpty()) {
            checks.missing(at + ".addresses", "must contain at least 1 address");
          }
          Checks.each(
              endpoint.path("addresses"),
              at + ".addresses",
              (place, address) -> sliceAddress(place, address.asText(""), type.asText("")));
          if (!endpoint.path("hostname").asText("").isEmpty()) {
            checks.label(at + ".hostname", endpoint.path("hostname"));
          }
        });
    Set<String> names = new HashSet<>();
    Checks.each(
        slice.path("ports"),
        "ports",
        (at, port) -> {
          String name = port.path("name").asText("");
          if (!name.isEmpty()) {
            checks.label(at + ".name", port.path("name"));
          }
          if (!names.add(name)) {
            checks.duplicate(at + ".name", '"' + name + '"');
          }
          checks.oneOf(at + ".protocol", port.path("protocol"), Checks.PROTOCOLS);
        });
  }

  private void sliceAddress(String at, String address, String type) {
    switch (type) {
      case "IPv4", "IPv6" -> {
        if (Checks.isAddress(address)) {
          special(at, address);
        } else {
          checks.invalid(at, address, Checks.IP_TEXT);
        }
      }
      case "FQDN" -> checks.subdomain(at, address);
      default -> {} // said already
    }
  }
}
