package dev.bellows.controlplane.scrape;

import java.time.Instant;
import java.util.List;

/**
 * The pods of one Revision, as last seen (autoscaling spec §6, pods).
 *
 * @param ready may receive requests
 * @param notReady exist and may not: pending, starting, or terminating
 * @param pending are not placed or not started; among the not ready ones
 * @param terminating run still, but are going away; among the not ready ones
 */
public record RevisionPods(List<ReadyPod> ready, int notReady, int pending, int terminating) {
  /** The Revision has no pod. */
  public static final RevisionPods NONE = new RevisionPods(List.of(), 0, 0, 0);

  public RevisionPods {
    ready = List.copyOf(ready);
  }

  /**
   * A pod that may receive requests.
   *
   * @param name its name
   * @param ip where it is, an IP literal without brackets
   * @param startedAt when it was started; {@link Instant#MAX} while nobody has said so
   */
  public record ReadyPod(String name, String ip, Instant startedAt) {}
}
