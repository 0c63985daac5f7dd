package dev.bellows.embedded.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/** Reads and writes {@code metadata.ownerReferences}. */
public final class Owners {
  private Owners() {}

  /** The reference to the one owner that manages the object, if it has one. */
  public static Optional<JsonNode> controller(ObjectNode object) {
    for (JsonNode owner : object.path("metadata").path("ownerReferences")) {
      if (owner.path("controller").asBoolean(false)) {
        return Optional.of(owner);
      }
    }
    return Optional.empty();
  }

  /** The UID of the managing owner, empty if there is none. */
  public static String controllerUid(ObjectNode object) {
    return controller(object).map(owner -> owner.path("uid").asText("")).orElse("");
  }

  /** Makes {@code owner} the managing owner of {@code object}, in place. */
  public static void setController(ObjectNode object, ObjectNode owner) {
    JsonNode meta = owner.path("metadata");
    object
        .withObjectProperty("metadata")
        .withArrayProperty("ownerReferences")
        .addObject()
        .put("apiVersion", owner.path("apiVersion").asText())
        .put("kind", owner.path("kind").asText())
        .put("name", meta.path("name").asText())
        .put("uid", meta.path("uid").asText())
        .put("controller", true)
        .put("blockOwnerDeletion", true);
  }
}
