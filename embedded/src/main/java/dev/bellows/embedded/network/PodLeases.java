package dev.bellows.embedded.network;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * What pods hold that share the machine's network: an address each, and a port of the machine for
 * each port of theirs. Both are given out in turn, so that one is not used again while somebody may
 * still dial its former holder.
 */
final class PodLeases {
  private final String range;
  private final int addresses;
  private final IntFunction<String> address;
  private final SharedPorts ports;
  private final Map<String, PodAddresses> leases = new HashMap<>();
  private final Set<String> used = new HashSet<>();
  private int next;

  /**
   * @param range what the addresses are of, for a message
   * @param addresses how many there are
   * @param address the n-th of them, from 0
   */
  PodLeases(String range, int addresses, IntFunction<String> address, SharedPorts ports) {
    this.range = range;
    this.addresses = addresses;
    this.address = address;
    this.ports = ports;
  }

  /** What a pod has, or gets now. */
  synchronized PodAddresses attach(String podUid, Set<Integer> containerPorts) {
    PodAddresses known = leases.get(podUid);
    if (known != null) {
      return known;
    }
    String podIp = takeIp();
    Map<Integer, Integer> machinePorts = new HashMap<>();
    for (int containerPort : containerPorts) {
      machinePorts.put(containerPort, ports.take());
    }
    PodAddresses lease = new PodAddresses(podIp, "127.0.0.1", machinePorts, Optional.empty());
    leases.put(podUid, lease);
    return lease;
  }

  /** Takes back what a pod had. */
  synchronized void detach(String podUid) {
    PodAddresses lease = leases.remove(podUid);
    if (lease != null) {
      used.remove(lease.podIp());
      lease.ports().values().forEach(ports::giveBack);
    }
  }

  private String takeIp() {
    for (int tried = 0; tried < addresses; tried++) {
      String ip = address.apply(next);
      next = (next + 1) % addresses;
      if (used.add(ip)) {
        return ip;
      }
    }
    throw new IllegalStateException("no address is left in " + range);
  }
}
