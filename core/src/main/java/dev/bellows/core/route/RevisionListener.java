package dev.bellows.core.route;

import dev.bellows.core.revision.Revision;
import dev.bellows.core.revision.RevisionId;
import java.util.List;
import java.util.Optional;

/**
 * What an activator is told of the cluster. Whoever watches the API calls it, from one thread at a
 * time; each call carries the whole current state of its subject, never a change to it.
 */
public interface RevisionListener {
  /** A Revision exists, or differs from what was told before. */
  void onRevision(Revision revision);

  /** A Revision is gone; requests that wait for it end with "not found". */
  void onRevisionDeleted(RevisionId id);

  /**
   * The pods behind a Revision, as its private Service's Endpoints tell them.
   *
   * @param id the Revision
   * @param endpoints queue-proxy addresses
   * @param clusterIp the private Service's own address, where it has one that can be dialled
   */
  void onPrivateEndpoints(RevisionId id, Endpoints endpoints, Optional<Address> clusterIp);

  /**
   * Who stands in a Revision's public Service: the activators while it is proxied, else its pods.
   *
   * @param id the Revision
   * @param readyIps IP literals
   */
  void onPublicEndpoints(RevisionId id, List<String> readyIps);
}
