package dev.bellows.dataplane.activator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.activator.Reach.Way;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReachTest {
  private static final Address SERVICE = new Address("10.96.0.7", 80);

  private final Reach reach = new Reach(Addressing.DEFAULT);

  @Test
  void withoutAServiceAddressPodsAreAddressedInEveryMode() {
    for (MeshCompatibility mode : MeshCompatibility.values()) {
      reach.onAddressing(new Addressing(mode, false));
      assertThat(reach.way()).isEqualTo(Way.PODS);
      assertThat(reach.takeDue(0)).isEmpty();
    }
  }

  @Test
  void theFirstAnswerSettlesIt() {
    reach.onClusterIp(Optional.of(SERVICE));
    assertThat(reach.way()).isEqualTo(Way.NOT_KNOWN);
    reach.onPodAnswered();
    assertThat(reach.way()).isEqualTo(Way.PODS);
    reach.onServiceAsked(true, 1);
    assertThat(reach.way()).isEqualTo(Way.PODS);
  }

  @Test
  void theServiceIsAskedFiveTimesASecondUntilItAnswers() {
    reach.onClusterIp(Optional.of(SERVICE));
    assertThat(reach.takeDue(0)).contains(SERVICE);
    assertThat(reach.takeDue(1)).as("asked already").isEmpty();
    reach.onServiceAsked(false, 10);
    assertThat(reach.takeDue(9 + Reach.INTERVAL.toNanos())).isEmpty();
    assertThat(reach.takeDue(10 + Reach.INTERVAL.toNanos())).contains(SERVICE);
    reach.onServiceAsked(true, 20);
    assertThat(reach.way()).isEqualTo(Way.SERVICE);
    reach.onPodAnswered();
    assertThat(reach.way()).isEqualTo(Way.SERVICE);
  }

  @Test
  void theSettingsHaveTheFirstWordAndAChangeOfThemStartsAfresh() {
    reach.onClusterIp(Optional.of(SERVICE));
    reach.onPodAnswered();
    reach.onAddressing(new Addressing(MeshCompatibility.ENABLED, false));
    assertThat(reach.way()).isEqualTo(Way.SERVICE);
    reach.onAddressing(new Addressing(MeshCompatibility.DISABLED, false));
    assertThat(reach.way()).isEqualTo(Way.PODS);
    reach.onAddressing(new Addressing(MeshCompatibility.AUTO, false));
    assertThat(reach.way()).isEqualTo(Way.NOT_KNOWN);
  }

  @Test
  void aMeshThatLetsRequestsPassIsNeverAvoided() {
    reach.onClusterIp(Optional.of(new Address("10.96.0.1", 80)));
    for (MeshCompatibility mode : MeshCompatibility.values()) {
      reach.onAddressing(new Addressing(mode, true));
      assertThat(reach.way()).isEqualTo(Reach.Way.PODS);
    }
  }
}
