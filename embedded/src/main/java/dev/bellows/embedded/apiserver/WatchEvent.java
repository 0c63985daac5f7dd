package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * What a watch tells.
 *
 * @param type what happened
 * @param object the object after the change; of a deleted one its last state; with {@link
 *     Type#ERROR} a Status. The receiver's own copy, without {@code metadata.managedFields}
 */
public record WatchEvent(Type type, ObjectNode object) {
  /** What happened. */
  public enum Type {
    ADDED,
    MODIFIED,
    DELETED,
    /** The watch has ended, with code 410 because it fell behind: list again, watch from there. */
    ERROR
  }
}
