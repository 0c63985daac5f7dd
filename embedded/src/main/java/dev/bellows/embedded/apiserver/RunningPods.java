package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.core.route.Address;
import dev.bellows.embedded.runtime.Container;
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
}
