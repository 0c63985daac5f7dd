package dev.bellows.controlplane.scrape;

import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.ServiceId;
import java.util.Optional;

/**
 * What scaling must know of the cluster. Answers come from memory and cost no more than a look-up:
 * every Revision asks several times a second.
 */
public interface PodWatch {

  /** The pods of a Revision; empty if the watch does not know yet. */
  Optional<RevisionPods> pods(RevisionId revision);

  /**
   * Where a pod serves its statistics.
   *
   * @param service the Service whose Endpoints tell the port
   * @param podIp an IP literal without brackets
   */
  Address metricsAddress(ServiceId service, String podIp);
}
