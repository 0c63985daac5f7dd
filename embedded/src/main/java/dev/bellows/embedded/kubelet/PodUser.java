package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.runtime.Identity;
import dev.bellows.embedded.runtime.Powers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whom a pod's programs run as, by what its securityContext says (Kubernetes documentation,
 * "Configure a Security Context for a Pod or Container").
 */
final class PodUser {
  private final Node node;

  PodUser(Node node) {
    this.node = node;
  }

  /**
   * The numbers that a container asks for; empty if it asks for none.
   *
   * @throws ContainerEnvironment.Missing if it must not be root and would be, or asks for somebody
   *     whom we cannot become
   */
  Optional<Identity> of(ObjectNode pod, JsonNode container) throws ContainerEnvironment.Missing {
    JsonNode ofPod = pod.path("spec").path("securityContext");
    JsonNode own = container.path("securityContext");
    JsonNode user = own.has("runAsUser") ? own.path("runAsUser") : ofPod.path("runAsUser");
    JsonNode group = own.has("runAsGroup") ? own.path("runAsGroup") : ofPod.path("runAsGroup");
    boolean noRoot =
        (own.has("runAsNonRoot") ? own.path("runAsNonRoot") : ofPod.path("runAsNonRoot"))
            .asBoolean(false);
    boolean able = node.runtime().powers().has(Powers.Power.IDENTITY);
    int us = node.runtime().uid();
    if (noRoot && (user.isMissingNode() ? us == 0 : user.asInt() == 0)) {
      throw new ContainerEnvironment.Missing(
          user.isMissingNode()
              ? "container has runAsNonRoot and image will run as root"
              : "container's runAsUser breaks non-root policy");
    }
    List<Integer> groups = new ArrayList<>();
    ofPod.path("supplementalGroups").forEach(each -> groups.add(each.asInt()));
    if (ofPod.hasNonNull("fsGroup")) {
      groups.add(ofPod.path("fsGroup").asInt());
    }
    if (user.isMissingNode() && group.isMissingNode() && (groups.isEmpty() || !able)) {
      return Optional.empty();
    }
    int uid = user.asInt(us);
    if (!able) {
      if (uid == us && group.isMissingNode()) {
        return Optional.empty(); // they are whom they are to be
      }
      throw new ContainerEnvironment.Missing(
          "cannot run as user %d: %s; leave runAsUser and runAsGroup out, or run Bellows as root"
              .formatted(uid, node.runtime().powers().hindrance()));
    }
    return Optional.of(new Identity(uid, group.asInt(0), groups));
  }
}
