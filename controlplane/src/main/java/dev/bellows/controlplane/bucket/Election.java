package dev.bellows.controlplane.bucket;

/** Which of several control planes runs a reconciler. */
@FunctionalInterface
public interface Election {
  /**
   * What of a reconciler's is this process's; to be asked once per reconciler, before it begins.
   *
   * @param reconciler its name in its Leases' names, such as {@code revision}
   */
  Ownership of(String reconciler);

  /** Of the only control plane there is: it runs them all. */
  static Election ofAll() {
    return reconciler -> Ownership.ofAll();
  }
}
