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
   * @param reviewed whether webhooks are asked at all
   */
  record Form(String version, boolean reviewed) {
    static final Form PLAIN = new Form("", true);
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

  /** The same, of a request that came in another form. */
  WriteOptions in(Form other) {
    return new WriteOptions(
        user, fieldManager, fieldValidation, duplicates, dryRun, warnings, approval, other);
  }

  /** The same, checking everything and changing nothing. */
  public WriteOptions trying() {
    return new WriteOptions(
        user, fieldManager, fieldValidation, duplicates, true, warnings, approval, form);
  }

  /**
   * The same, no webhook being asked: for what must be there before there can be a webhook that
   * answers.
   */
  public WriteOptions unreviewed() {
    return in(new Form(form.version(), false));
  }

  /** A write by a part of this process. */
  public static WriteOptions by(String part) {
    return by(User.master(part));
  }

  /** Of somebody who wants nothing in particular. */
  static WriteOptions by(User user) {
    return new WriteOptions(
        user,
        user.name(),
        FieldValidation.IGNORE,
        List.of(),
        false,
        warning -> {},
        Approval.ALWAYS,
        Form.PLAIN);
  }
}
