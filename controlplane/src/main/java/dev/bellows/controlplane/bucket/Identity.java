package dev.bellows.controlplane.bucket;

import java.util.Optional;

/**
 * Who holds a bucket, as its Lease names the holder: {@code POD_NAME_POD_IP}.
 *
 * @param podName without {@code _}, as all names of Kubernetes
 * @param podIp where it takes statistics; of a control plane, which takes none, any word of its own
 */
public record Identity(String podName, String podIp) {
  private static final char SEPARATOR = '_';

  /** Reads a holder; empty if there is none, or it is none of an autoscaler's. */
  static Optional<Identity> parse(String holder) {
    int at = holder.indexOf(SEPARATOR);
    return at <= 0 || at == holder.length() - 1
        ? Optional.empty()
        : Optional.of(new Identity(holder.substring(0, at), holder.substring(at + 1)));
  }

  @Override
  public String toString() {
    return podName + SEPARATOR + podIp;
  }
}
