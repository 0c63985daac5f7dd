package dev.bellows.embedded.network.namespace;

import dev.bellows.embedded.network.Cidr;
import dev.bellows.embedded.network.service.ResolvConf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Which networks this machine knows, and which it has no use for. */
final class HostNetworks {
  /** In the order of trying: private ones that few use, those between carriers, those for tests. */
  private static final List<Cidr> CANDIDATES =
      Stream.of(
              IntStream.rangeClosed(64, 254).mapToObj(second -> of(10, second)),
              IntStream.rangeClosed(64, 127).mapToObj(second -> of(100, second)),
              IntStream.rangeClosed(18, 19).mapToObj(second -> of(198, second)))
          .flatMap(each -> each)
          .toList();

  private HostNetworks() {}

  private static Cidr of(int first, int second) {
    return new Cidr((first << 24) | (second << 16), 16);
  }

  /**
   * Networks of 65,536 addresses that pods may be given.
   *
   * @param used networks and addresses that this machine needs
   * @param from says which comes first; the others follow in turn
   */
  static List<Cidr> candidates(Collection<Cidr> used, int from) {
    List<Cidr> free = new ArrayList<>();
    for (int i = 0; i < CANDIDATES.size(); i++) {
      Cidr candidate = CANDIDATES.get(Math.floorMod(from + i, CANDIDATES.size()));
      if (used.stream().noneMatch(candidate::overlaps)) {
        free.add(candidate);
      }
    }
    return free;
  }

  /**
   * What this machine needs: networks that it has routes to, its way to everything else aside, and
   * its name servers.
   */
  static List<Cidr> inUse() throws IOException {
    List<Cidr> used = new ArrayList<>();
    for (String server : ResolvConf.ofHost().servers()) {
      if (server.matches("[0-9.]+")) {
        used.add(Cidr.parse(server));
      }
    }
    for (String line : Files.readAllLines(Path.of("/proc/thread-self/net/route"))) {
      String[] fields = line.trim().split("\\s+", -1);
      if (fields.length > 7 && fields[1].matches("[0-9A-F]{8}")) {
        // As this machine has numbers in memory; the address begins with its first byte.
        int mask = Integer.parseUnsignedInt(fields[7], 16);
        int address = Integer.parseUnsignedInt(fields[1], 16);
        if (mask != 0) {
          used.add(new Cidr(Integer.reverseBytes(address), Integer.bitCount(mask)));
        }
      }
    }
    return used;
  }
}
