package dev.bellows.embedded.network.namespace;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.proxy.Sockets;
import dev.bellows.embedded.network.Cidr;
import dev.bellows.embedded.network.namespace.Kernel.KernelException;
import dev.bellows.embedded.network.namespace.NetworkNamespace.Home;
import io.netty.channel.Channel;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The network between pods and machine, in a namespace of its own. Every pod is connected to it by
 * a cable, and so is the machine; it passes packets on, and it is where Services have their
 * addresses.
 *
 * <p>The machine is given one device, one address and one route, all of which the kernel removes
 * with the router; nothing of the machine's own settings is changed. The device's name also is what
 * keeps two Bellows from taking the same network.
 */
final class Router implements AutoCloseable {
  private static final int UPLINK = 2;

  /** Numbers of pods' cables begin here. */
  private static final int FIRST_INDEX = 100;

  private static final int POD_DEVICE = 2;

  /** One that no Service has; it is the router's alone. */
  private static final int DIVERTED_PORT = 1;

  private final Home home;
  private final Cidr network;
  private final NetworkNamespace namespace;
  private final Netlink inside;
  private int nextIndex = FIRST_INDEX;

  private Router(Home home, Cidr network, NetworkNamespace namespace, Netlink inside) {
    this.home = home;
    this.network = network;
    this.namespace = namespace;
    this.inside = inside;
  }

  /**
   * Makes the router of a network.
   *
   * @throws KernelException with {@link Kernel#EEXIST} if somebody has that network
   */
  static Router open(Home home, Cidr network) throws IOException {
    Inet4Address machine = Netlink.ip(machineIp(network));
    NetworkNamespace namespace =
        NetworkNamespace.create(
            home,
            (inside, fd) ->
                inside
                    .up(Netlink.LOOPBACK_INDEX)
                    .pair(
                        new Netlink.End("machine", UPLINK),
                        new Netlink.End(device(network), 0),
                        home.fd())
                    .address(UPLINK, Netlink.ip(network.at(2)), 32)
                    .route(machine, 32, UPLINK)
                    .own(Netlink.ip(services(network).at(0)), services(network).prefix())
                    .forwarding(UPLINK)
                    .commit());
    try {
      home.onPlatformThread(() -> {
        try (Netlink outside = Netlink.open()) {
          int index = Kernel.deviceIndex(device(network));
          outside.up(index).address(index, machine, network.prefix()).commit();
        }
        return namespace;
      });
      return new Router(home, network, namespace, namespace.inside(Netlink::open));
    } catch (IOException | RuntimeException e) {
      namespace.close();
      throw e;
    }
  }

  /** The addresses that Services get: the upper half. */
  static Cidr services(Cidr network) {
    return network.half(1);
  }

  /** The machine's own address in the network. */
  static String machineIp(Cidr network) {
    return network.at(1);
  }

  /** Of at most 15 characters, as the kernel wants it. */
  private static String device(Cidr network) {
    String[] parts = network.at(0).split("\\.", 3);
    return "bellows" + parts[0] + "-" + parts[1];
  }

  /** Where connections arrive that were to go to other machines. */
  Address diverted() {
    return new Address(network.at(2), DIVERTED_PORT);
  }

  /**
   * Leads pods' connections to other machines to {@link #diverted}: from there this process can
   * carry them on as its own, so that the machine need neither forward packets nor change their
   * addresses.
   *
   * @return why not, if that is not to be had
   */
  Optional<String> divert() {
    Optional<Path> iptables =
        Stream.of(System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/sbin")
            .flatMap(path -> Stream.of(path.split(":", -1)))
            .map(directory -> Path.of(directory, "iptables"))
            .filter(Files::isExecutable)
            .findFirst();
    if (iptables.isEmpty()) {
      return Optional.of("iptables is not installed");
    }
    List<String> command =
        List.of(
            iptables.get().toString(),
            "-w",
            "-t",
            "nat",
            "-A",
            "PREROUTING",
            "-i",
            "pod+",
            "-p",
            "tcp",
            "!",
            "-d",
            network.toString(),
            "-j",
            "DNAT",
            "--to-destination",
            diverted().toString());
    try {
      // A program starts in the namespace of the thread that starts it.
      Process process =
          namespace.inside(() -> new ProcessBuilder(command).redirectErrorStream(true).start());
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int code = process.waitFor();
      return code == 0
          ? Optional.empty()
          : Optional.of("iptables failed: " + output.lines().findFirst().orElse("code " + code));
    } catch (IOException e) {
      return Optional.of("iptables failed: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of("interrupted");
    }
  }

  /** Where a connection that arrived at {@link #diverted} was to go. */
  static Address destination(Channel connection) throws IOException {
    if (!(connection instanceof UnixChannel unix)) {
      throw new IOException("only connections by epoll know where they were to go");
    }
    ByteBuffer address = ByteBuffer.wrap(Kernel.originalDestination(unix.fd().intValue()));
    int port = Short.toUnsignedInt(address.getShort(2));
    byte[] ip = new byte[4];
    address.get(4, ip);
    return new Address(InetAddress.getByAddress(ip).getHostAddress(), port);
  }

  /** Where sockets are opened that are to have a Service's address. */
  Sockets sockets() {
    return namespace;
  }

  /**
   * Makes a network for a pod, connected to this one.
   *
   * @param ip the pod's address
   */
  NetworkNamespace connect(String ip) throws IOException {
    Inet4Address address = Netlink.ip(ip);
    int index = takeIndex();
    NetworkNamespace pod =
        NetworkNamespace.create(
            home,
            (its, fd) ->
                its.up(Netlink.LOOPBACK_INDEX)
                    .pair(
                        new Netlink.End("eth0", POD_DEVICE),
                        new Netlink.End("pod" + index, index),
                        namespace.fd())
                    .address(POD_DEVICE, address, 32)
                    .route(Netlink.ip("0.0.0.0"), 0, POD_DEVICE)
                    .commit());
    try {
      synchronized (inside) {
        inside.forwarding(index).route(address, 32, index).commit();
      }
      return pod;
    } catch (IOException | RuntimeException e) {
      pod.close();
      throw e;
    }
  }

  private synchronized int takeIndex() {
    return nextIndex++;
  }

  /** Removes the machine's end now; without this the kernel does so a moment later. */
  @Override
  public void close() {
    try {
      synchronized (inside) {
        inside.delete(UPLINK).commit();
        inside.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      namespace.close();
    }
  }
}
