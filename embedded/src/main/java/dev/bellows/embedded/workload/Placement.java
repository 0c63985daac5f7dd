package dev.bellows.embedded.workload;

import dev.bellows.embedded.apiserver.AdmissionStep;
import dev.bellows.embedded.apiserver.ResourceTypes;

/**
 * Places each new pod on the one node there is, as it is created: the scheduler of a cluster of
 * one. A write less, and a wait less, between a request and its pod than binding afterwards.
 *
 * @param node the node's name
 */
public record Placement(String node) implements AdmissionStep {
  @Override
  public void admit(Request request) {
    if (request.operation() == Operation.CREATE
        && request.type().equals(ResourceTypes.PODS)
        && request.subresource().isEmpty()
        && !request.object().path("spec").hasNonNull("nodeName")) {
      request.object().withObjectProperty("spec").put("nodeName", node);
    }
  }
}
