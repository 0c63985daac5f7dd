package dev.bellows.embedded.apiserver;

import java.util.function.Supplier;

/**
 * What the API server asks of the node on behalf of its clients.
 *
 * @param logs what programs have said
 * @param pods what runs; asked for with each request, and may wait until the node is there
 */
public record NodeAccess(PodLogs logs, Supplier<RunningPods> pods) {
  /** That of an API without a node: nothing runs. */
  public static NodeAccess withoutNode(PodLogs logs) {
    return new NodeAccess(logs, () -> RunningPods.NONE);
  }
}
