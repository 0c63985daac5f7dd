package dev.bellows.core.revision;

import java.time.Duration;

/**
 * What the data plane must know of a Revision to hold, limit and time its requests.
 *
 * @param id its name
 * @param service the Service it belongs to, empty if none
 * @param configuration the Configuration it belongs to, empty if none
 * @param protocol what its serving container speaks
 * @param containerConcurrency requests one pod may run at once; 0 = unlimited
 * @param timeout limit for a whole request (spec {@code timeoutSeconds})
 * @param responseStartTimeout limit until the first byte of the response; zero = off
 * @param idleTimeout limit for silence on the response; zero = off
 * @param waitForKubernetesReady whether a pod counts only once Kubernetes says Ready, because its
 *     serving container has an exec readiness probe or some container a startup probe (data-plane
 *     spec §4.6)
 * @param fullDuplex whether HTTP/1 responses may start before the request body has been read
 */
public record Revision(
    RevisionId id,
    String service,
    String configuration,
    Protocol protocol,
    int containerConcurrency,
    Duration timeout,
    Duration responseStartTimeout,
    Duration idleTimeout,
    boolean waitForKubernetesReady,
    boolean fullDuplex) {
  public Revision {
    if (containerConcurrency < 0) {
      throw new IllegalArgumentException(
          "containerConcurrency of " + id + " must be >= 0, got " + containerConcurrency);
    }
  }
}
