package dev.bellows.embedded.runtime;

/**
 * Names one start of a container.
 *
 * @param podUid the UID of its pod
 * @param container the container's name within the pod
 * @param restart 0 for the first start, then counting up
 */
public record ContainerId(String podUid, String container, int restart) {
  public ContainerId {
    checkName("pod UID", podUid);
    checkName("container name", container);
    if (restart < 0) {
      throw new IllegalArgumentException("restart must not be negative, got " + restart);
    }
  }

  // These names become parts of paths and of an environment variable, so nothing but what
  // Kubernetes allows in a DNS label may pass, whoever called us.
  private static void checkName(String what, String name) {
    boolean allowed =
        !name.isEmpty()
            && name.length() <= 63
            && name.chars()
                .allMatch(c -> (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-');
    if (!allowed) {
      throw new IllegalArgumentException(what + " must be a DNS label, got '" + name + "'");
    }
  }

  /** {@code podUid/container/restart}. */
  @Override
  public String toString() {
    return podUid + "/" + container + "/" + restart;
  }
}
