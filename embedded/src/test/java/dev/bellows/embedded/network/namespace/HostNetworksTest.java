package dev.bellows.embedded.network.namespace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.embedded.network.Cidr;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class HostNetworksTest {
  @Test
  void offersNothingThatTheMachineNeeds() {
    List<Cidr> used = List.of(Cidr.parse("10.0.0.0/8"), Cidr.parse("100.64.3.53"));
    assertThat(HostNetworks.candidates(used, 0))
        .startsWith(Cidr.parse("100.65.0.0/16"))
        .endsWith(Cidr.parse("198.19.0.0/16"));
    assertThat(HostNetworks.candidates(List.of(Cidr.parse("0.0.0.0/1")), 0))
        .containsExactly(Cidr.parse("198.18.0.0/16"), Cidr.parse("198.19.0.0/16"));
  }

  @Test
  void everyoneBeginsElsewhereAndComesToAll() {
    List<Cidr> all = HostNetworks.candidates(List.of(), 0);
    List<Cidr> others = HostNetworks.candidates(List.of(), -12_345);
    assertThat(others.getFirst()).isNotEqualTo(all.getFirst());
    assertThat(others).containsExactlyInAnyOrderElementsOf(all);
  }

  @Test
  void readsTheRoutesOfThisMachine() throws IOException {
    assertThat(HostNetworks.inUse()).doesNotContain(Cidr.parse("0.0.0.0/0"));
  }
}
