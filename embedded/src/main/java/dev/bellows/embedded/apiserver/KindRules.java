package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** What one kind asks of its objects, beyond what all kinds share. Rules look at values only. */
interface KindRules {
  /** The rules of a kind that has none of its own. */
  KindRules NONE = new KindRules() {};

  /**
   * Fills what a user may leave out. Runs on every write and must change nothing the second time.
   */
  default void complete(ObjectNode object) {}

  /** Sets what a new object starts with. */
  default void onCreate(ObjectNode object) {}

  /** Carries over what an update must not lose. */
  default void onUpdate(ObjectNode old, ObjectNode object) {}

  /** Adds a cause for each field that is wrong. */
  default void validate(ObjectNode object, List<Cause> causes) {}

  /** Adds a cause for each field that a new object may not have. */
  default void validateNew(ObjectNode object, List<Cause> causes) {}

  /** Adds a cause for each field that may not be changed like this. */
  default void validateUpdate(ObjectNode old, ObjectNode object, List<Cause> causes) {}
}
