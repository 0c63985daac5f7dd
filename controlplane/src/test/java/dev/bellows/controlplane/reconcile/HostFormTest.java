package dev.bellows.controlplane.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** URLs name the port, where it is not the one that everybody expects (ADR 0097). */
class HostFormTest {
  @Test
  void aUrlNamesThePortOfItsScheme() {
    HostForm form = form(OptionalInt.of(8080), OptionalInt.of(8443));
    assertThat(form.url("http", "shop.test")).isEqualTo("http://shop.test:8080");
    assertThat(form.url("https", "shop.test")).isEqualTo("https://shop.test:8443");
  }

  @Test
  void theUsualPortsNeedNoMention() {
    for (HostForm form :
        new HostForm[] {
          HostForm.of("cluster.local"), form(OptionalInt.of(80), OptionalInt.of(443))
        }) {
      assertThat(form.url("http", "shop.test")).isEqualTo("http://shop.test");
      assertThat(form.url("https", "shop.test")).isEqualTo("https://shop.test");
    }
  }

  @Test
  void thePortOfOneSchemeSaysNothingOfTheOther() {
    HostForm form = form(OptionalInt.of(443), OptionalInt.empty());
    assertThat(form.url("http", "shop.test")).isEqualTo("http://shop.test:443");
    assertThat(form.url("https", "shop.test")).isEqualTo("https://shop.test");
  }

  private static HostForm form(OptionalInt http, OptionalInt https) {
    return new HostForm("cluster.local", new PublicPorts(http, https));
  }
}
