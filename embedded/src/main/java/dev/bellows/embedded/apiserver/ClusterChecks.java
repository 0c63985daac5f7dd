package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.quantity.ResourceAmount;
import java.util.List;

/** What the kinds that describe the cluster may say: Nodes, claims on volumes, Leases, Events. */
final class ClusterChecks {
  private static final List<String> EFFECTS =
      List.of("NoSchedule", "PreferNoSchedule", "NoExecute");
  private static final List<String> MODES =
      List.of("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod");

  private final Checks checks;

  ClusterChecks(List<Cause> causes) {
    this.checks = new Checks(causes);
  }

  void claim(ObjectNode object) {
    JsonNode spec = object.path("spec");
    if (spec.path("accessModes").isEmpty()) {
      checks.missing("spec.accessModes", "at least 1 access mode is required");
    }
    for (JsonNode mode : spec.path("accessModes")) {
      checks.oneOf("spec.accessModes", mode, MODES);
    }
    JsonNode storage = spec.path("resources").path("requests").path("storage");
    if (storage.isMissingNode()) {
      checks.missing("spec.resources[storage]");
    } else if (ResourceAmount.parse(storage.asText())
        .filter(amount -> amount.value().signum() > 0)
        .isEmpty()) {
      checks.invalid("spec.resources[storage]", storage.asText(), "must be greater than zero");
    }
    if (!spec.path("storageClassName").asText("").isEmpty()) {
      checks.subdomain("spec.storageClassName", spec.path("storageClassName").asText());
    }
    checks.oneOfIfSet("spec.volumeMode", spec.path("volumeMode"), List.of("Block", "Filesystem"));
  }

  void lease(ObjectNode object) {
    checks.positive("spec.leaseDurationSeconds", object.path("spec").path("leaseDurationSeconds"));
    checks.notNegative("spec.leaseTransitions", object.path("spec").path("leaseTransitions"));
  }

  void event(ObjectNode object) {
    String about = object.path("involvedObject").path("namespace").asText("");
    String namespace = ObjectMeta.of(object).namespace();
    if (!about.isEmpty() && !about.equals(namespace)) {
      checks.invalid("involvedObject.namespace", about, "does not match event.namespace");
    }
  }

  void node(ObjectNode object) {
    JsonNode spec = object.path("spec");
    Checks.each(
        spec.path("taints"),
        "metadata.taints",
        (at, taint) -> {
          checks.qualified(at + ".key", taint.path("key").asText(""));
          checks.labelValue(at + ".value", taint.path("value").asText(""));
          checks.oneOf(at + ".effect", taint.path("effect"), EFFECTS);
        });
    String range = spec.path("podCIDR").asText("");
    if (!range.isEmpty() && !Checks.isRange(range)) {
      checks.invalid("spec.podCIDRs[0]", range, Checks.CIDR_TEXT);
    }
  }
}
