package dev.bellows.embedded.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bellows.embedded.store.DataFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Pods on loopback, for a machine where we have no privileges. The whole of 127/8 is loopback on
 * Linux, so each data directory takes a 127.x.0.0/16 of its own, records it, and each pod gets an
 * address from it. Programs listen on ports from a range outside the ephemeral one: they cannot be
 * told which address to bind, so they share the machine's ports.
 *
 * <p>A network is held by a socket bound to its address 127.x.0.1 and port {@value #CLAIM_PORT}: no
 * second running Bellows gets it, and it is free again however its holder ended.
 */
public final class LoopbackNetwork implements PodNetwork {
  /** The port that holds a network; the number is that of a real kubelet. */
  static final int CLAIM_PORT = 10250;

  // 127.0 is everybody's; 127.1 is what people type for 127.0.0.1.
  private static final int FIRST_NETWORK = 16;
  private static final int LAST_NETWORK = 254;

  private static final int ADDRESSES = 254 * 254;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final int network;
  private final ServerSocket claim;
  private final PodLeases leases;

  private LoopbackNetwork(int network, ServerSocket claim) {
    this.network = network;
    this.claim = claim;
    this.leases =
        new PodLeases(
            podCidr(),
            ADDRESSES,
            this::podIp,
            // Two networks begin at different ports, so that they seldom try for the same.
            new SharedPorts((network - FIRST_NETWORK) * 50));
  }

  /**
   * Takes the network that the data directory had before, or a free one.
   *
   * @throws IOException if none is free, or the choice cannot be recorded
   */
  public static LoopbackNetwork claim(Path dataDirectory) throws IOException {
    Path record = dataDirectory.resolve("network.json");
    int span = LAST_NETWORK - FIRST_NETWORK + 1;
    int first =
        recorded(record)
            .orElseGet(() ->
                FIRST_NETWORK
                    + Math.floorMod(dataDirectory.toAbsolutePath().toString().hashCode(), span));
    for (int i = 0; i < span; i++) {
      int network = FIRST_NETWORK + (first - FIRST_NETWORK + i) % span;
      ServerSocket claim = new ServerSocket();
      try {
        claim.bind(new InetSocketAddress(InetAddress.getByName(nodeIp(network)), CLAIM_PORT), 1);
      } catch (BindException e) {
        claim.close();
        continue;
      }
      DataFiles.ownerOnlyDirectory(dataDirectory);
      Files.write(record, JSON.writeValueAsBytes(Map.of("podCIDR", "127." + network + ".0.0/16")));
      return new LoopbackNetwork(network, claim);
    }
    throw new IOException(
        "no free network: tried 127."
            + FIRST_NETWORK
            + ".0.0/16 to 127."
            + LAST_NETWORK
            + ".0.0/16 (the process runtime needs Linux, where all of 127.0.0.0/8 is loopback)");
  }

  private static Optional<Integer> recorded(Path record) throws IOException {
    if (!Files.exists(record)) {
      return Optional.empty();
    }
    JsonNode cidr = JSON.readTree(record.toFile()).path("podCIDR");
    String[] parts = cidr.asText().split("\\.", -1);
    try {
      int network = parts.length == 4 ? Integer.parseInt(parts[1]) : 0;
      return network >= FIRST_NETWORK && network <= LAST_NETWORK
          ? Optional.of(network)
          : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static String nodeIp(int network) {
    return "127." + network + ".0.1";
  }

  @Override
  public String nodeIp() {
    return nodeIp(network);
  }

  @Override
  public String podCidr() {
    return "127." + network + ".0.0/16";
  }

  @Override
  public Optional<Path> resolvConf(String namespace) {
    return Optional.empty();
  }

  /** 127.x.1.1 to 127.x.254.254: 127.x.0.* is the node's. */
  private String podIp(int n) {
    return "127." + network + "." + (1 + n / 254) + "." + (1 + n % 254);
  }

  @Override
  public PodAddresses attach(String podUid, Set<Integer> containerPorts) {
    return leases.attach(podUid, containerPorts);
  }

  @Override
  public void detach(String podUid) {
    leases.detach(podUid);
  }

  @Override
  public void close() {
    try {
      claim.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
