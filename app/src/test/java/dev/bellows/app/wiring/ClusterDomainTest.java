package dev.bellows.app.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClusterDomainTest {
  @Test
  void theVariableHasTheLastWord() {
    assertThat(ClusterDomain.of(Map.of("CLUSTER_DOMAIN", "k8s.test"))).isEqualTo("k8s.test");
  }

  @Test
  void aPodsResolverKnowsIt() {
    assertThat(
            ClusterDomain.searchedBy(
                List.of(
                    "nameserver 10.96.0.10",
                    "search knative-serving.svc.k8s.test svc.k8s.test. k8s.test",
                    "options ndots:5")))
        .isEqualTo("k8s.test");
  }

  @Test
  void elsewhereItIsTheUsualOne() {
    assertThat(ClusterDomain.searchedBy(List.of("nameserver 1.1.1.1", "search example.com", "")))
        .isEqualTo("cluster.local");
  }
}
