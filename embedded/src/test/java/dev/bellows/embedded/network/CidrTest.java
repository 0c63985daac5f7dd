package dev.bellows.embedded.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class CidrTest {
  @Test
  void readsAndWritesTheUsualNotation() {
    Cidr cidr = Cidr.parse("10.131.0.0/16");
    assertThat(cidr).hasToString("10.131.0.0/16");
    assertThat(cidr.size()).isEqualTo(65_536);
    assertThat(cidr.at(1)).isEqualTo("10.131.0.1");
    assertThat(cidr.at(65_535)).isEqualTo("10.131.255.255");
    assertThat(cidr.half(0)).hasToString("10.131.0.0/17");
    assertThat(cidr.half(1)).hasToString("10.131.128.0/17");
    assertThat(Cidr.parse("192.168.1.7")).hasToString("192.168.1.7/32");
  }

  @Test
  void knowsWhatOverlaps() {
    Cidr cidr = Cidr.parse("10.131.0.0/16");
    assertThat(cidr.overlaps(Cidr.parse("10.0.0.0/8"))).isTrue();
    assertThat(cidr.overlaps(Cidr.parse("10.131.255.3"))).isTrue();
    assertThat(cidr.overlaps(Cidr.parse("0.0.0.0/0"))).isTrue();
    assertThat(cidr.overlaps(Cidr.parse("10.132.0.0/16"))).isFalse();
    assertThat(cidr.overlaps(Cidr.parse("11.131.0.0/16"))).isFalse();
  }

  @Test
  void refusesWhatIsNone() {
    for (String text : new String[] {"", "10.1", "10.1.2.3/33", "10.1.2.3/-1", "::1", "a/b"}) {
      assertThatThrownBy(() -> Cidr.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
