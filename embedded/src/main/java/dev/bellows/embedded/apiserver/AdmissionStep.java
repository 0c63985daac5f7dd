package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A look at each write before it is validated and stored: completes the object (a Service's
 * clusterIP) or refuses it. Steps run in their order; each sees what the ones before it did. A step
 * runs on the requester's thread, may run again when a write has to be tried again, and must not
 * write to the registry.
 */
@FunctionalInterface
public interface AdmissionStep {
  /**
   * Completes {@code request.object()} in place.
   *
   * @throws ApiException to refuse the write
   */
  void admit(Request request);

  /** What is being done. */
  enum Operation {
    CREATE,
    UPDATE,
    DELETE
  }

  /**
   * A write on its way.
   *
   * @param type the kind
   * @param subresource {@code status}, {@code scale}, or empty for the object itself
   * @param oldObject the present state, only to be read; empty on creation
   * @param object the state to come; on deletion, the present one
   */
  record Request(
      Operation operation,
      ResourceType type,
      String subresource,
      Optional<ObjectNode> oldObject,
      ObjectNode object,
      String user,
      boolean dryRun,
      Consumer<String> warnings) {}
}
