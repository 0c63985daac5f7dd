package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.quantity.ResourceAmount;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the kinds that bound and protect others may say. */
final class PolicyChecks {
  private static final Set<String> COUNTED =
      Set.of(
          "pods",
          "services",
          "replicationcontrollers",
          "resourcequotas",
          "secrets",
          "configmaps",
          "persistentvolumeclaims",
          "services.nodeports",
          "services.loadbalancers");
  private static final Set<String> MEASURED =
      Set.of("cpu", "memory", "storage", "ephemeral-storage");
  private static final Set<String> SCOPES =
      Set.of(
          "Terminating",
          "NotTerminating",
          "BestEffort",
          "NotBestEffort",
          "PriorityClass",
          "CrossNamespacePodAffinity",
          "VolumeAttributesClass");

  private final Checks checks;

  PolicyChecks(List<Cause> causes) {
    this.checks = new Checks(causes);
  }

  void disruptionBudget(ObjectNode object) {
    JsonNode spec = object.path("spec");
    JsonNode least = spec.path("minAvailable");
    JsonNode most = spec.path("maxUnavailable");
    if (least.isValueNode() && most.isValueNode()) {
      ObjectNode shown = Json.object();
      shown.set("MinAvailable", least);
      shown.set("Selector", spec.path("selector"));
      shown.set("MaxUnavailable", most);
      shown.putNull("UnhealthyPodEvictionPolicy");
      checks.invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set");
    }
    checks.numberOrShare("spec.minAvailable", least);
    checks.numberOrShare("spec.maxUnavailable", most);
    checks.selector("spec.selector", spec.path("selector"));
    checks.oneOfIfSet(
        "spec.unhealthyPodEvictionPolicy",
        spec.path("unhealthyPodEvictionPolicy"),
        List.of("AlwaysAllow", "IfHealthyBudget"));
  }

  void networkPolicy(ObjectNode object) {
    JsonNode spec = object.path("spec");
    checks.selector("spec.podSelector", spec.path("podSelector"));
    for (String way : List.of("ingress", "egress")) {
      String peers = way.equals("ingress") ? "from" : "to";
      Checks.each(
          spec.path(way),
          "spec." + way,
          (at, rule) -> {
            Checks.each(rule.path("ports"), at + ".ports", this::policyPort);
            Checks.each(rule.path(peers), at + "." + peers, this::peer);
          });
    }
    Checks.each(
        spec.path("policyTypes"),
        "spec.policyTypes",
        (at, type) -> checks.oneOf(at, type, List.of("Ingress", "Egress")));
  }

  private void policyPort(String at, JsonNode port) {
    checks.oneOfIfSet(at + ".protocol", port.path("protocol"), List.of("TCP", "UDP", "SCTP"));
    if (port.hasNonNull("port")) {
      checks.portOrName(at + ".port", port.path("port"));
    }
  }

  private void peer(String at, JsonNode peer) {
    JsonNode block = peer.path("ipBlock");
    if (!block.isObject()
        && !peer.path("podSelector").isObject()
        && !peer.path("namespaceSelector").isObject()) {
      checks.missing(at, "must specify a peer");
    }
    checks.selector(at + ".podSelector", peer.path("podSelector"));
    checks.selector(at + ".namespaceSelector", peer.path("namespaceSelector"));
    if (!block.isObject()) {
      return;
    }
    String range = block.path("cidr").asText("");
    if (!Checks.isRange(range)) {
      checks.invalid(at + ".ipBlock.cidr", range, Checks.CIDR_TEXT);
      return;
    }
    Checks.each(
        block.path("except"),
        at + ".ipBlock.except",
        (place, except) -> {
          if (!Checks.isRange(except.asText(""))) {
            checks.invalid(place, except, Checks.CIDR_TEXT);
          } else if (!isStrictlyWithin(except.asText(), range)) {
            checks.invalid(place, except, "must be a strict subset of `cidr`");
          }
        });
  }

  /** Of IPv4, where it can be told; other ranges are taken as they are. */
  private static boolean isStrictlyWithin(String inner, String outer) {
    if (inner.contains(":") || outer.contains(":")) {
      return true;
    }
    int bits = bits(outer);
    long mask = bits == 0 ? 0 : -1L << (32 - bits);
    return bits(inner) > bits && (address(inner) & mask) == (address(outer) & mask);
  }

  private static int bits(String range) {
    return Integer.parseInt(range.substring(range.indexOf('/') + 1));
  }

  private static long address(String range) {
    long value = 0;
    for (String part : range.substring(0, range.indexOf('/')).split("\\.", -1)) {
      value = value << 8 | Integer.parseInt(part);
    }
    return value;
  }

  void quota(ObjectNode object) {
    for (Map.Entry<String, JsonNode> each : object.path("spec").path("hard").properties()) {
      String name = each.getKey();
      String at = "spec.hard[" + name + "]";
      String base = name.replaceFirst("^(requests|limits)\\.", "");
      boolean known =
          COUNTED.contains(name)
              || MEASURED.contains(base)
              || base.startsWith("hugepages-")
              || name.contains("/");
      if (!known) {
        checks.invalid(at, name, "must be a standard resource type or fully qualified");
        checks.invalid(at, name, "must be a standard resource for quota");
      }
      String value = each.getValue().asText();
      Optional<ResourceAmount> amount = ResourceAmount.parse(value);
      if (amount.filter(ResourceAmount::isNegative).isPresent()) {
        checks.invalid(at, value, "must be greater than or equal to 0");
      }
      boolean counted = COUNTED.contains(name) || name.contains("/");
      if (counted && amount.filter(a -> !ContainerChecks.isWhole(a.value())).isPresent()) {
        checks.invalid(at, value, "must be an integer");
      }
    }
    JsonNode scopes = object.path("spec").path("scopes");
    for (JsonNode scope : scopes) {
      if (!SCOPES.contains(scope.asText())) {
        checks.invalid("spec.scopes", scopes, "unsupported scope");
      }
    }
  }

  void limitRange(ObjectNode object) {
    Set<String> types = new HashSet<>();
    Checks.each(
        object.path("spec").path("limits"),
        "spec.limits",
        (at, limit) -> {
          String type = limit.path("type").asText("");
          if (!types.add(type)) {
            checks.duplicate(at + ".type", '"' + type + '"');
          }
          for (String field : List.of("default", "defaultRequest")) {
            if (type.equals("Pod") && !limit.path(field).isEmpty()) {
              checks.forbidden(at + "." + field, "may not be specified when `type` is 'Pod'");
            }
          }
          Set<String> names = new HashSet<>();
          for (String field : List.of("min", "defaultRequest", "default", "max")) {
            limit.path(field).fieldNames().forEachRemaining(names::add);
          }
          for (String name : names) {
            inOrder(at, limit, name);
          }
        });
  }

  private void inOrder(String at, JsonNode limit, String name) {
    String least = limit.path("min").path(name).asText("");
    String most = limit.path("max").path(name).asText("");
    String request = limit.path("defaultRequest").path(name).asText("");
    String standard = limit.path("default").path(name).asText("");
    if (isMore(least, most)) {
      checks.invalid(
          at + ".min[" + name + "]",
          least,
          "min value " + least + " is greater than max value " + most);
    }
    if (isMore(least, request)) {
      checks.invalid(
          at + ".defaultRequest[" + name + "]",
          request,
          "min value " + least + " is greater than default request value " + request);
    }
    if (isMore(request, most)) {
      checks.invalid(
          at + ".defaultRequest[" + name + "]",
          request,
          "default request value " + request + " is greater than max value " + most);
    }
    if (isMore(request, standard)) {
      checks.invalid(
          at + ".defaultRequest[" + name + "]",
          request,
          "default request value " + request + " is greater than default limit value " + standard);
    }
    if (isMore(least, standard)) {
      checks.invalid(
          at + ".default[" + name + "]",
          least,
          "min value " + least + " is greater than default value " + standard);
    }
    if (isMore(standard, most)) {
      checks.invalid(
          at + ".default[" + name + "]",
          most,
          "default value " + standard + " is greater than max value " + most);
    }
  }

  private static boolean isMore(String a, String b) {
    Optional<ResourceAmount> first = ResourceAmount.parse(a);
    Optional<ResourceAmount> second = ResourceAmount.parse(b);
    return first.isPresent() && second.isPresent() && first.get().compareTo(second.get()) > 0;
  }
}
