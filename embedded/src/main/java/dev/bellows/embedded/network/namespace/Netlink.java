package dev.bellows.embedded.network.namespace;

import dev.bellows.embedded.network.namespace.Kernel.KernelException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Asks the kernel to change one network namespace, by rtnetlink(7). Requests are collected and sent
 * together: a pod's network takes two system calls that way, not a dozen.
 *
 * <p>Numbers are those of {@code <linux/netlink.h>}, {@code <linux/rtnetlink.h>}, {@code
 * <linux/if_link.h>} and {@code <linux/veth.h>}. Used by one thread at a time.
 */
final class Netlink implements AutoCloseable {
  private static final int NLM_F_REQUEST = 1;
  private static final int NLM_F_ACK = 4;
  private static final int NLM_F_EXCL = 0x200;
  private static final int NLM_F_CREATE = 0x400;
  private static final int NLMSG_ERROR = 2;

  private static final int RTM_NEWLINK = 16;
  private static final int RTM_DELLINK = 17;
  private static final int RTM_SETLINK = 19;
  private static final int RTM_NEWADDR = 20;
  private static final int RTM_NEWROUTE = 24;

  private static final int IFLA_ADDRESS = 1;
  private static final int IFLA_IFNAME = 3;
  private static final int IFLA_MTU = 4;
  private static final int IFLA_LINKINFO = 18;
  private static final int IFLA_AF_SPEC = 26;
  private static final int IFLA_NET_NS_FD = 28;
  private static final int IFLA_NUM_TX_QUEUES = 31;
  private static final int IFLA_NUM_RX_QUEUES = 32;
  private static final int IFLA_INFO_KIND = 1;
  private static final int IFLA_INFO_DATA = 2;
  private static final int VETH_INFO_PEER = 1;
  private static final int IFLA_INET_CONF = 1;
  private static final int IPV4_DEVCONF_FORWARDING = 1;

  private static final int IFA_ADDRESS = 1;
  private static final int IFA_LOCAL = 2;
  private static final int RTA_DST = 1;
  private static final int RTA_OIF = 4;

  private static final int AF_UNSPEC = 0;
  private static final int AF_INET = 2;
  private static final int IFF_UP = 1;
  private static final int IFF_NOARP = 0x80;
  private static final int RT_TABLE_MAIN = 254;
  private static final int RT_TABLE_LOCAL = 255;
  private static final int RTPROT_STATIC = 4;
  private static final int RT_SCOPE_LINK = 253;
  private static final int RT_SCOPE_HOST = 254;
  private static final int RTN_UNICAST = 1;
  private static final int RTN_LOCAL = 2;

  private static final int NLA_F_NESTED = 0x8000;
  private static final int HEADER_BYTES = 16;
  private static final int BUFFER_BYTES = 4096;

  /**
   * A veth pair is a cable with two ends and nobody else on it. With the same hardware address at
   * both, and no ARP, a packet is for the other end without anybody asking for it first.
   */
  private static final byte[] BOTH_ENDS = {0x02, 'b', 'e', 'l', 'l', 'o'};

  /** As large as can be: no packet of a pod's leaves the machine. */
  private static final int MTU = 65_535;

  /** The number of the loopback device in every namespace. */
  static final int LOOPBACK_INDEX = 1;

  private final int fd;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory = arena.allocate(BUFFER_BYTES, 8);
  private final ByteBuffer out = memory.asByteBuffer().order(ByteOrder.nativeOrder());
  private final MemorySegment answers = arena.allocate(BUFFER_BYTES, 8);
  private final List<String> asked = new ArrayList<>();

  private Netlink(int fd) {
    this.fd = fd;
  }

  /** For the network namespace that the calling thread is in, whoever uses it later. */
  static Netlink open() throws IOException {
    return new Netlink(Kernel.netlinkSocket());
  }

  /**
   * One end of a veth pair.
   *
   * @param name as {@code ip link} shows it
   * @param index its number in its namespace, which must be free
   */
  record End(String name, int index) {}

  /** A device is to go up. */
  Netlink up(int index) {
    int start = link("up " + index, RTM_SETLINK, 0, index, IFF_UP, IFF_UP);
    return end(start);
  }

  /**
   * A veth pair: one end here, which is up, the other in the namespace of a file, where it is to be
   * brought up when the pair is there.
   */
  Netlink pair(End here, End there, int thereFd) {
    int flags = IFF_UP | IFF_NOARP;
    String what = "link " + here.name() + " to " + there.name();
    int start = link(what, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, here.index(), flags, flags);
    describe(here);
    int info = nest(IFLA_LINKINFO);
    put(IFLA_INFO_KIND, "veth".getBytes(StandardCharsets.US_ASCII));
    int data = nest(IFLA_INFO_DATA);
    int peer = nest(VETH_INFO_PEER);
    interfaceInfo(there.index(), IFF_NOARP, IFF_NOARP);
    describe(there);
    put(IFLA_NET_NS_FD, thereFd);
    endNest(peer);
    endNest(data);
    endNest(info);
    return end(start);
  }

  private void describe(End end) {
    put(IFLA_IFNAME, (end.name() + "\0").getBytes(StandardCharsets.US_ASCII));
    put(IFLA_ADDRESS, BOTH_ENDS);
    put(IFLA_MTU, MTU);
    put(IFLA_NUM_TX_QUEUES, 1);
    put(IFLA_NUM_RX_QUEUES, 1);
  }

  /** A device is to go up, and packets that come in by it may go out by another. */
  Netlink forwarding(int index) {
    int start = link("forwarding " + index, RTM_SETLINK, 0, index, IFF_UP, IFF_UP);
    int families = nest(IFLA_AF_SPEC);
    int inet = nest(AF_INET);
    int conf = nest(IFLA_INET_CONF);
    put(IPV4_DEVCONF_FORWARDING, 1);
    endNest(conf);
    endNest(inet);
    endNest(families);
    return end(start);
  }

  /** A device is to go, and with a veth its other end. */
  Netlink delete(int index) {
    return end(link("delete " + index, RTM_DELLINK, 0, index, 0, 0));
  }

  /** A device has an address, and leads to the network that the prefix describes. */
  Netlink address(int index, Inet4Address ip, int prefix) {
    int start = begin("address " + ip.getHostAddress(), RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
    out.put((byte) AF_INET).put((byte) prefix).put((byte) 0).put((byte) 0).putInt(index);
    put(IFA_LOCAL, ip.getAddress());
    put(IFA_ADDRESS, ip.getAddress());
    return end(start);
  }

  /** What is for a network goes out by a device; prefix 0 is everything else. */
  Netlink route(Inet4Address network, int prefix, int index) {
    return route(network, prefix, index, RT_TABLE_MAIN, RT_SCOPE_LINK, RTN_UNICAST);
  }

  /** Every address of a network is one of this namespace's own. */
  Netlink own(Inet4Address network, int prefix) {
    return route(network, prefix, LOOPBACK_INDEX, RT_TABLE_LOCAL, RT_SCOPE_HOST, RTN_LOCAL);
  }

  private Netlink route(
      Inet4Address network, int prefix, int index, int table, int scope, int type) {
    int start =
        begin(
            "route " + network.getHostAddress() + "/" + prefix,
            RTM_NEWROUTE,
            NLM_F_CREATE | NLM_F_EXCL);
    out.put((byte) AF_INET).put((byte) prefix).put((byte) 0).put((byte) 0);
    out.put((byte) table).put((byte) RTPROT_STATIC).put((byte) scope).put((byte) type).putInt(0);
    if (prefix > 0) {
      put(RTA_DST, network.getAddress());
    }
    put(RTA_OIF, index);
    return end(start);
  }

  /**
   * Sends what was collected, and waits until it is done.
   *
   * @throws KernelException naming the first request that was refused; those after it may have been
   *     carried out
   */
  void commit() throws IOException {
    List<String> requests = List.copyOf(asked);
    int length = out.position();
    asked.clear();
    out.clear();
    Kernel.send(fd, memory.asSlice(0, length));
    KernelException refused = null;
    int answered = 0;
    while (answered < requests.size()) {
      int received = Kernel.receive(fd, answers);
      ByteBuffer in = answers.asByteBuffer().order(ByteOrder.nativeOrder()).limit(received);
      while (in.remaining() >= HEADER_BYTES) {
        int start = in.position();
        int size = in.getInt();
        if (in.getShort() == NLMSG_ERROR) {
          int errno = -in.getInt(start + HEADER_BYTES);
          if (errno != 0 && refused == null) {
            refused = new KernelException(requests.get(answered), errno);
          }
          answered++;
        }
        in.position(Math.min(received, start + align(size)));
      }
    }
    if (refused != null) {
      throw refused;
    }
  }

  private int link(String what, int type, int flags, int index, int state, int changed) {
    int start = begin(what, type, flags);
    interfaceInfo(index, state, changed);
    return start;
  }

  private void interfaceInfo(int index, int state, int changed) {
    out.put((byte) AF_UNSPEC).put((byte) 0).putShort((short) 0).putInt(index);
    out.putInt(state).putInt(changed);
  }

  private int begin(String what, int type, int flags) {
    asked.add(what);
    int start = out.position();
    out.putInt(0).putShort((short) type);
    out.putShort((short) (NLM_F_REQUEST | NLM_F_ACK | flags)).putInt(asked.size()).putInt(0);
    return start;
  }

  private Netlink end(int start) {
    out.putInt(start, out.position() - start);
    return this;
  }

  private void put(int type, int value) {
    out.putShort((short) 8).putShort((short) type).putInt(value);
  }

  private void put(int type, byte[] value) {
    out.putShort((short) (4 + value.length)).putShort((short) type).put(value);
    while (out.position() != align(out.position())) {
      out.put((byte) 0);
    }
  }

  private int nest(int type) {
    int start = out.position();
    out.putShort((short) 0).putShort((short) (type | NLA_F_NESTED));
    return start;
  }

  private void endNest(int start) {
    out.putShort(start, (short) (out.position() - start));
  }

  private static int align(int length) {
    return (length + 3) & ~3;
  }

  /** An address from its literal. */
  static Inet4Address ip(String literal) {
    return (Inet4Address) InetAddress.ofLiteral(literal);
  }

  @Override
  public void close() throws IOException {
    arena.close();
    Kernel.close(fd);
  }
}
