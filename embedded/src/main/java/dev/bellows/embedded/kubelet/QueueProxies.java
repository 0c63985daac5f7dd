package dev.bellows.embedded.kubelet;

import dev.bellows.core.route.Address;
import dev.bellows.embedded.runtime.Container;
import dev.bellows.embedded.runtime.ContainerId;
import dev.bellows.embedded.runtime.ContainerStartException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Runs the queue-proxy containers of pods without a process each. To everybody who looks at the pod
 * such a container is like any other.
 */
public interface QueueProxies {
  /** Whether a container is a queue-proxy that is run here. */
  boolean runs(String containerName, String image);

  /**
   * Opens a pod's queue-proxy.
   *
   * @param environment what the container would be started with
   * @param podIp where to listen
   * @param user where the program behind it listens
   * @param log where the container's output is kept; there need be no such file
   * @param certificates the directory with the pod's certificate, if one is mounted
   * @throws ContainerStartException if the environment is not that of a queue-proxy, or nothing can
   *     be opened
   */
  Running start(
      ContainerId id,
      Map<String, String> environment,
      String podIp,
      Address user,
      Path log,
      Optional<Path> certificates)
      throws ContainerStartException;

  /** An open queue-proxy. */
  interface Running extends Container {
    /** For each port that a queue-proxy has by convention the one that it really listens on. */
    Map<Integer, Integer> ports();
  }
}
