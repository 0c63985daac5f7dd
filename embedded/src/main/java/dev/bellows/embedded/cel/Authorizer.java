package dev.bellows.embedded.cel;

/** What somebody may do, as expressions ask. */
public interface Authorizer {
  /** Whether they may do it to a path that is no object's. */
  boolean allows(String verb, String path);

  /** Whether they may do it to objects. */
  boolean allows(String verb, Objects objects);

  /** The same of another account. */
  Authorizer of(String namespace, String serviceAccount);

  /**
   * Objects that somebody may do something to.
   *
   * @param subresource empty for the objects themselves
   * @param namespace empty for all
   * @param name empty for all
   */
  record Objects(String group, String plural, String subresource, String namespace, String name) {}
}
