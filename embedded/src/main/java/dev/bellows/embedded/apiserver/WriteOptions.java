package dev.bellows.embedded.apiserver;

import java.util.List;
import java.util.function.Consumer;

/**
 * How a write is asked for, besides the object.
 *
 * @param user who asks, for admission
 * @param fieldManager the name under which {@code managedFields} record the write
 * @param fieldValidation what happens to fields that the kind does not have
 * @param duplicates fields that stood twice in the request's text
 * @param dryRun check everything, change nothing
 * @param warnings is told what the user should know although the write is done
 */
public record WriteOptions(
    String user,
    String fieldManager,
    FieldValidation fieldValidation,
    List<String> duplicates,
    boolean dryRun,
    Consumer<String> warnings) {
  /** What happens to unknown and repeated fields; they are dropped in any case. */
  public enum FieldValidation {
    IGNORE,
    WARN,
    STRICT
  }

  /** A write by a part of this process. */
  public static WriteOptions by(String part) {
    return new WriteOptions(part, part, FieldValidation.IGNORE, List.of(), false, warning -> {});
  }
}
