package dev.bellows.embedded.network;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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

  private final Cidr cidr;
  private final String nodeIp;
  private final boolean routedByUs;
  private final PodLeases leases;

  private RoutedNetwork(Cidr cidr, String nodeIp, boolean routedByUs) {
    this.cidr = cidr;
    this.nodeIp = nodeIp;
    this.routedByUs = routedByUs;
    int pods = (int) cidr.size() - 3; // not the range itself, the node's, and the last
    this.leases = new PodLeases(cidr.toString(), pods, n -> cidr.at(2 + n), new SharedPorts(0));
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
    Cidr range = Cidr.parse(cidr);
    if (range.prefix() < LEAST_PREFIX || range.prefix() > MOST_PREFIX) {
      throw new IllegalArgumentException(
          "'" + cidr + "' must have a prefix from /" + LEAST_PREFIX + " to /" + MOST_PREFIX);
    }
    if ((range.address() & (range.size() - 1)) != 0) {
      throw new IllegalArgumentException("'" + cidr + "' does not begin where its prefix says");
    }
    String first = range.at(1);
    boolean ours = false;
    if (!isLocal(first)) {
      route("add", range);
      ours = true;
    }
    return new RoutedNetwork(range, nodeIp.orElse(first), ours);
  }

  private static boolean isLocal(String ip) throws IOException {
    try (ServerSocket probe = new ServerSocket()) {
      probe.bind(new InetSocketAddress(InetAddress.ofLiteral(ip), 0), 1);
      return true;
    } catch (BindException e) {
      return false;
    }
  }

  private static void route(String verb, Cidr cidr) throws IOException {
    String[] words = {"ip", "route", verb, "local", cidr.toString(), "dev", "lo"};
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

  @Override
  public String nodeIp() {
    return nodeIp;
  }

  @Override
  public String podCidr() {
    return cidr.toString();
  }

  @Override
  public Optional<Path> resolvConf(String namespace) {
    return Optional.empty();
  }

  @Override
  public PodAddresses attach(String podUid, Set<Integer> containerPorts) {
    return leases.attach(podUid, containerPorts);
  }

  @Override
  public void detach(String podUid) {
    leases.detach(podUid);
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
