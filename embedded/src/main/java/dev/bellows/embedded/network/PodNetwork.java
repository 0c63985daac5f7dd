package dev.bellows.embedded.network;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * Gives pods their addresses. What an address is good for differs: on loopback a pod shares the
 * ports of the machine, in a network namespace it has its own.
 */
public interface PodNetwork extends AutoCloseable {
  /** The node's own address. */
  String nodeIp();

  /** The network that pod addresses are from, as CIDR. */
  String podCidr();

  /**
   * The file that programs of a namespace are to find at {@code /etc/resolv.conf}; empty if the
   * machine's own will do.
   */
  Optional<Path> resolvConf(String namespace);

  /**
   * Takes an address for a pod, and a place to listen for each of its container ports.
   *
   * @param podUid whose it is; a second call for the same pod gives the same lease
   * @param containerPorts the ports that the pod's containers declare, without those of a
   *     queue-proxy
   * @throws IllegalStateException if no address or port is left
   */
  PodAddresses attach(String podUid, Set<Integer> containerPorts);

  /** Gives a pod's addresses back. */
  void detach(String podUid);

  @Override
  void close();
}
