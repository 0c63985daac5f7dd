package dev.bellows.embedded.network;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pods with addresses that others can dial, for a node of a cluster: an API server takes no
 * loopback address in Endpoints. The whole range is local to this machine by one route ({@code ip
 * route add local CIDR dev lo}), so that any of its addresses can be listened on; that other
 * machines find their way here is for their routes. Programs share the machine's network, as on
 * {@link LoopbackNetwork}, and so get ports of their own.
 */
public final class RoutedNetwork implements PodNetwork {
  private static final Logger LOG = LoggerFactory.getLogger(RoutedNetwork.class);

  /** The largest range: a /16, as a cluster gives to all of its nodes together. */
  private static final int LEAST_PREFIX = 16;

  /** The smallest: fourteen addresses, one of them the node's. */
  private static final int MOST_PREFIX = 28;

  private final String cidr;
  private final String nodeIp;
  private final int base;
  private final int size;
  private final boolean routedByUs;
  private final SharedPorts programPorts = new SharedPorts(0);
  private final Map<String, PodAddresses> leases = new HashMap<>();
  private final Set<String> used = new HashSet<>();
  private int next;

  private RoutedNetwork(String cidr, String nodeIp, int base, int size, boolean routedByUs) {
    this.cidr = cidr;
    this.nodeIp = nodeIp;
    this.base = base;
    this.size = size;
    this.routedByUs = routedByUs;
  }

  /**
   * Opens a range, and makes its route if it is not there and we may.
   *
   * @param cidr such as {@code 10.244.3.0/24}
   * @param nodeIp the node's own address; empty = the first of the range
   * @throws IllegalArgumentException if it is no IPv4 range of 16 to 65,536 addresses
   * @throws IOException if its addresses cannot be listened on; the message says what to run
   */
  public static RoutedNetwork open(String cidr, Optional<String> nodeIp) throws IOException {
    String[] parts = cidr.split("/", -1);
    int prefix;
    int base;
    try {
      prefix = parts.length == 2 ? Integer.parseInt(parts[1]) : 0;
      base = number(InetAddress.ofLiteral(parts[0]));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("'" + cidr + "' is no range such as 10.244.3.0/24", e);
    }
    if (prefix < LEAST_PREFIX || prefix > MOST_PREFIX) {
      throw new IllegalArgumentException(
          "'" + cidr + "' must have a prefix from /" + LEAST_PREFIX + " to /" + MOST_PREFIX);
    }
    int size = 1 << (32 - prefix);
    if ((base & (size - 1)) != 0) {
      throw new IllegalArgumentException("'" + cidr + "' does not begin where its prefix says");
    }
    boolean ours = false;
    if (!isLocal(text(base + 1))) {
      route("add", cidr);
      ours = true;
    }
    return new RoutedNetwork(cidr, nodeIp.orElse(text(base + 1)), base, size, ours);
  }

  private static boolean isLocal(String ip) throws IOException {
    try (ServerSocket probe = new ServerSocket()) {
      probe.bind(new InetSocketAddress(InetAddress.ofLiteral(ip), 0), 1);
      return true;
    } catch (BindException e) {
      return false;
    }
  }

  private static void route(String verb, String cidr) throws IOException {
    String[] words = {"ip", "route", verb, "local", cidr, "dev", "lo"};
    String why;
    try {
      Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
      process.getOutputStream().close();
      why = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (process.waitFor() == 0) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      why = "interrupted";
    }
    throw new IOException("'" + String.join(" ", words) + "' must be run by root first: " + why);
  }

  private static int number(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (bytes.length != 4) {
      throw new IllegalArgumentException("only IPv4");
    }
    int number = 0;
    for (byte each : bytes) {
      number = number << 8 | (each & 0xff);
    }
    return number;
  }

  private static String text(int address) {
    return (address >>> 24)
        + "."
        + (address >>> 16 & 0xff)
        + "."
        + (address >>> 8 & 0xff)
        + "."
        + (address & 0xff);
  }

  @Override
  public String nodeIp() {
    return nodeIp;
  }

  @Override
  public String podCidr() {
    return cidr;
  }

  @Override
  public Optional<Path> resolvConf(String namespace) {
    return Optional.empty();
  }

  @Override
  public synchronized PodAddresses attach(String podUid, Set<Integer> containerPorts) {
    PodAddresses known = leases.get(podUid);
    if (known != null) {
      return known;
    }
    String podIp = takeIp();
    Map<Integer, Integer> ports = new HashMap<>();
    for (int containerPort : containerPorts) {
      ports.put(containerPort, programPorts.take());
    }
    PodAddresses lease = new PodAddresses(podIp, "127.0.0.1", ports, Optional.empty());
    leases.put(podUid, lease);
    return lease;
  }

  private String takeIp() {
    int pods = size - 3; // not the range itself, the node's, and the last
    for (int tried = 0; tried < pods; tried++) {
      String ip = text(base + 2 + next);
      next = (next + 1) % pods;
      if (used.add(ip)) {
        return ip;
      }
    }
    throw new IllegalStateException("no address is left in " + cidr);
  }

  @Override
  public synchronized void detach(String podUid) {
    PodAddresses lease = leases.remove(podUid);
    if (lease != null) {
      used.remove(lease.podIp());
      lease.ports().values().forEach(programPorts::giveBack);
    }
  }

  /** Takes the route away if it was made here. */
  @Override
  public void close() {
    if (routedByUs) {
      try {
        route("del", cidr);
      } catch (IOException e) {
        LOG.warn("the route to {} stays: {}", cidr, e.getMessage());
      }
    }
  }
}
