package dev.bellows.embedded.controller;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Names an object of a kind that is known from the context.
 *
 * @param namespace empty for what is cluster-scoped
 * @param name its name
 */
public record Key(String namespace, String name) {
  /** The key of an object. */
  public static Key of(ObjectNode object) {
    return new Key(
        object.path("metadata").path("namespace").asText(""),
        object.path("metadata").path("name").asText(""));
  }

  /** {@code namespace/name}, or the name alone. */
  @Override
  public String toString() {
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }
}
