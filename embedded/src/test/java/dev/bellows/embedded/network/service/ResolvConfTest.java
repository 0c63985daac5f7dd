package dev.bellows.embedded.network.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ResolvConfTest {
  private static final ResolvConf HOST =
      ResolvConf.parse(
          List.of(
              "# made by hand",
              "domain old.example",
              "nameserver 192.0.2.53",
              "  nameserver   fe80::1",
              "search corp.example lab.example",
              "options edns0",
              "nameserver"));

  @Test
  void readsNameServersAndTheLastOfTheSearchLists() {
    assertThat(HOST.servers()).containsExactly("192.0.2.53", "fe80::1");
    assertThat(HOST.search()).containsExactly("corp.example", "lab.example");
  }

  @Test
  void aPodSearchesItsNamespaceTheClusterAndThenWhereTheMachineDoes() {
    assertThat(ResolvConf.ofPod("apps", "10.131.128.10", HOST))
        .isEqualTo(
            """
            search apps.svc.cluster.local svc.cluster.local cluster.local corp.example lab.example
            nameserver 10.131.128.10
            options ndots:5
            """);
  }
}
