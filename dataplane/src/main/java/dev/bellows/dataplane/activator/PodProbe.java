package dev.bellows.dataplane.activator;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.activator.PodHealth.Finding;
import java.util.Optional;
import java.util.function.Consumer;

/** Asks a pod's queue-proxy whether the pod is ready (data-plane spec §4.6). */
@FunctionalInterface
interface PodProbe {
  /**
   * Asks once.
   *
   * @param pod whom
   * @param mesh the host by which a mesh lets the question pass to the pod; empty where there is
   *     none to pass
   * @param then told the result exactly once, in bounded time, on any thread
   */
  void probe(Address pod, Optional<String> mesh, Consumer<Finding> then);
}
