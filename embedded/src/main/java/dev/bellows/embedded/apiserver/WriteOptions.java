package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
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
 * @param approval is asked about what is going to be written
 * @param form how the request came
 */
public record WriteOptions(
    User user,
    String fieldManager,
    FieldValidation fieldValidation,
    List<String> duplicates,
    boolean dryRun,
    Consumer<String> warnings,
    Approval approval,
    Form form) {
  /** The name of parts of this process. */
  static final String SELF = "bellows";

  /** What happens to unknown and repeated fields; they are dropped in any case. */
  public enum FieldValidation {
    IGNORE,
    WARN,
    STRICT
  }

  /** Whether somebody may write just this, which no right to a verb says. */
  @FunctionalInterface
  public interface Approval {
    /** Of parts of this process. */
    Approval ALWAYS = (type, old, object) -> {};

    /**
     * Looks at an object as it is to be stored.
     *
     * @param old the present state; empty on creation
     * @throws ApiException 403 if it may not be
     */
    void approve(ResourceType type, Optional<ObjectNode> old, ObjectNode object);
  }

  /**
   * What webhooks are told of a request besides.
   *
   * @param version in which the object was sent; empty for the stored one
   */
  record Form(String version) {
    static final Form PLAIN = new Form("");
  }

  /** The same, asking first. */
  WriteOptions approvedBy(Approval other) {
    return new WriteOptions(
        user, fieldManager, fieldValidation, duplicates, dryRun, warnings, other, form);
  }

  /** The same, where repeated fields are told elsewhere. */
  WriteOptions withoutDuplicates() {
    return new WriteOptions(
        user, fieldManager, fieldValidation, List.of(), dryRun, warnings, approval, form);
  }

  /** The same, checking everything and changing nothing. */
  public WriteOptions trying() {
    return new WriteOptions(
        user, fieldManager, fieldValidation, duplicates, true, warnings, approval, form);
  }

  /** A write by a part of this process. */
  public static WriteOptions by(String part) {
    return of(User.master(SELF), part);
  }

  /** Of somebody who wants nothing in particular. */
  static WriteOptions by(User user) {
    return of(user, user.name());
  }

  private static WriteOptions of(User user, String fieldManager) {
    return new WriteOptions(
        user,
        fieldManager,
        FieldValidation.IGNORE,
        List.of(),
        false,
        warning -> {},
        Approval.ALWAYS,
        Form.PLAIN);
  }
}
