package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.core.route.Address;
import dev.bellows.embedded.runtime.Container;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where the API server finds what runs of a pod; the kubelet runs it. */
public interface RunningPods {
  /** Those of an API without a node: none. */
  RunningPods NONE =
      new RunningPods() {
        @Override
        public Optional<Container> container(ObjectNode pod, String container) {
          return Optional.empty();
        }

        @Override
        public Optional<Address> port(ObjectNode pod, int port) {
          return Optional.empty();
        }
      };

  /** The present start of a container; empty if it does not run. */
  Optional<Container> container(ObjectNode pod, String container);

  /**
   * Where a port of a pod is dialled from here, whether something listens there or not; empty if
   * the pod does not run.
   *
   * @param port as the pod's containers know it
   */
  Optional<Address> port(ObjectNode pod, int port);

  /**
   * What pods take at the moment, by their uid; those that do not run are left out. May take a
   * second, in which it measures.
   */
  default Map<String, PodUsage> usage(List<ObjectNode> pods) {
    return Map.of();
  }

  /** What the whole machine takes; empty if nothing measures it. May take a second. */
  default Optional<PodUsage> machine() {
    return Optional.empty();
  }
}
