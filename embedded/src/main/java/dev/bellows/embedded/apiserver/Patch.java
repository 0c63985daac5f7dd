package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** A change to an object, in one of the four forms that clients send. */
public sealed interface Patch {
  /** RFC 6902: a list of operations. */
  record JsonOperations(ArrayNode operations) implements Patch {}

  /** RFC 7396: an object in the shape of the target; null deletes. */
  record Merge(ObjectNode document) implements Patch {}

  /** Kubernetes' strategic merge: as a merge, but lists are merged by the keys of the kind. */
  record StrategicMerge(ObjectNode document) implements Patch {}

  /**
   * Server-side apply: all that the manager wants, whose fields it then owns.
   *
   * @param force take over fields that other managers own
   */
  record Apply(ObjectNode document, boolean force) implements Patch {}
}
