package dev.bellows.embedded.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.route.Address;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoopbackNetworkTest {
  @TempDir Path home;

  @Test
  void twoRunningDataDirectoriesHaveDifferentNetworks() throws IOException {
    try (LoopbackNetwork one = LoopbackNetwork.claim(home.resolve("one"));
        LoopbackNetwork two = LoopbackNetwork.claim(home.resolve("two"))) {
      assertThat(one.podCidr()).matches("127\\.\\d+\\.0\\.0/16").isNotEqualTo(two.podCidr());
      assertThat(one.nodeIp()).isEqualTo(one.podCidr().replace(".0/16", ".1"));
    }
  }

  @Test
  void aDataDirectoryKeepsItsNetworkUnlessSomebodyTookIt() throws IOException {
    String first;
    try (LoopbackNetwork network = LoopbackNetwork.claim(home)) {
      first = network.podCidr();
    }
    try (LoopbackNetwork network = LoopbackNetwork.claim(home)) {
      assertThat(network.podCidr()).isEqualTo(first);
    }
    try (ServerSocket other = new ServerSocket()) {
      other.bind(new InetSocketAddress(first.replace(".0/16", ".1"), LoopbackNetwork.CLAIM_PORT));
      try (LoopbackNetwork network = LoopbackNetwork.claim(home)) {
        assertThat(network.podCidr()).isNotEqualTo(first);
      }
    }
  }

  @Test
  void podsHaveAddressesAndPortsOfTheirOwn() throws IOException {
    try (LoopbackNetwork network = LoopbackNetwork.claim(home)) {
      Set<String> ips = new HashSet<>();
      Set<Integer> ports = new HashSet<>();
      for (int i = 0; i < 300; i++) {
        PodAddresses pod = network.attach("pod-" + i, Set.of(8080, 9000));
        ips.add(pod.podIp());
        ports.add(pod.port(8080));
        ports.add(pod.port(9000));
        assertThat(pod.port(8080)).isBetween(SharedPorts.FIRST_PORT, SharedPorts.LAST_PORT);
        assertThat(pod.port(1)).isEqualTo(1);
        assertThat(pod.program(8080)).isEqualTo(new Address("127.0.0.1", pod.port(8080)));
      }
      assertThat(ips).hasSize(300).doesNotContain(network.nodeIp());
      assertThat(ports).hasSize(600);
      assertThat(network.attach("pod-7", Set.of(8080)))
          .isEqualTo(network.attach("pod-7", Set.of()));
    }
  }

  @Test
  void aPortThatSomebodyListensOnIsNotGivenOut() throws IOException {
    try (LoopbackNetwork network = LoopbackNetwork.claim(home)) {
      int next = network.attach("a", Set.of(8080)).port(8080) + 1;
      try (ServerSocket taken = new ServerSocket()) {
        taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), next));
        assertThat(network.attach("b", Set.of(8080)).port(8080)).isNotEqualTo(next);
      }
    }
  }

  @Test
  void whatIsGivenBackIsNotGivenOutAtOnce() throws IOException {
    try (LoopbackNetwork network = LoopbackNetwork.claim(home)) {
      PodAddresses first = network.attach("a", Set.of(8080));
      network.detach("a");
      PodAddresses second = network.attach("b", Set.of(8080));
      assertThat(second.podIp()).isNotEqualTo(first.podIp());
      assertThat(second.port(8080)).isNotEqualTo(first.port(8080));
    }
  }
}
