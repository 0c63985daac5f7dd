package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/** A pod's priority, which its class says: here are the two classes that every cluster has. */
final class PriorityAdmission implements AdmissionStep {
  private static final Map<String, Integer> CLASSES =
      Map.of("system-cluster-critical", 2_000_000_000, "system-node-critical", 2_000_001_000);

  @Override
  public void admit(Request request) {
    if (!request.type().equals(ResourceTypes.PODS)
        || request.operation() != Operation.CREATE
        || !request.subresource().isEmpty()) {
      return;
    }
    ObjectNode spec = Json.child(request.object(), "spec");
    String name = ObjectMeta.of(request.object()).name();
    String named = Json.text(spec, "priorityClassName");
    Integer priority = named.isEmpty() ? Integer.valueOf(0) : CLASSES.get(named);
    if (priority == null) {
      throw ApiException.forbidden(
          ResourceTypes.PODS, name, "no PriorityClass with name " + named + " was found");
    }
    int given = spec.path("priority").asInt(priority);
    if (given != priority && !(given == 0 && !named.isEmpty())) {
      throw ApiException.forbidden(
          ResourceTypes.PODS,
          name,
          "the integer value of priority ("
              + given
              + ") must not be provided in pod spec; priority admission controller computed "
              + priority
              + " from the given PriorityClass name");
    }
    spec.put("priority", priority);
  }
}
