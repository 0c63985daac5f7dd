package dev.bellows.dataplane.activator;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.activator.PodHealth.Finding;
import java.util.function.Consumer;

/** Asks a pod's queue-proxy whether the pod is ready (data-plane spec §4.6). */
@FunctionalInterface
interface PodProbe {
  /**
   * Asks once.
   *
   * @param pod whom
   * @param then told the result exactly once, in bounded time, on any thread
   */
  void probe(Address pod, Consumer<Finding> then);
}
