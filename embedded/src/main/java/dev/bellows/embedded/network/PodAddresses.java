package dev.bellows.embedded.network;

import dev.bellows.core.route.Address;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Where a pod and its programs are found.
 *
 * @param podIp the pod's address
 * @param programIp where programs of the pod listen as seen from the node: the pod's own address,
 *     or 127.0.0.1 where pods share the machine's network
 * @param ports for each declared container port the one that the program is to use instead
 * @param namespace the file of the network namespace that the pod's programs are to be started in;
 *     empty where pods share the machine's network
 */
public record PodAddresses(
    String podIp, String programIp, Map<Integer, Integer> ports, Optional<Path> namespace) {
  public PodAddresses {
    ports = Map.copyOf(ports);
  }

  /** The port that stands for a container's declared port. */
  public int port(int containerPort) {
    return ports.getOrDefault(containerPort, containerPort);
  }

  /** Where the program behind a declared port is dialled from this node. */
  public Address program(int containerPort) {
    return new Address(programIp, port(containerPort));
  }
}
