package dev.bellows.core.throttle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bellows.core.route.Address;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RevisionThrottlerTest {
  private static final String SELF = "10.9.0.1";

  private final Random random = new Random(42);

  @Test
  void aRequestWaitsWhileNoPodIsReady() {
    RevisionThrottler throttler = new RevisionThrottler(0, SELF);

    assertThat(throttler.acquire(random)).isNull();
    assertThat(throttler.assignment()).hasToString("Requests wait because no pod is ready.");

    throttler.useDestinations(pods(1));
    assertThat(throttler.acquire(random)).isNotNull();
    throttler.useDestinations(List.of());
    assertThat(throttler.acquire(random)).isNull();
  }

  @Test
  void aLowConcurrencyFillsTheLowestAddressFirst() {
    RevisionThrottler throttler = new RevisionThrottler(3, SELF);
    throttler.useDestinations(pods(5));

    assertThat(acquire(throttler, 4))
        .containsExactly("10.0.0.0:8012", "10.0.0.0:8012", "10.0.0.0:8012", "10.0.0.1:8012");
  }

  @Test
  void aHigherConcurrencyTakesPodsInTurn() {
    RevisionThrottler throttler = new RevisionThrottler(5, SELF);
    throttler.useDestinations(pods(3));

    assertThat(acquire(throttler, 4))
        .containsExactly("10.0.0.0:8012", "10.0.0.1:8012", "10.0.0.2:8012", "10.0.0.0:8012");
  }

  @Test
  void unlimitedConcurrencySpreadsNearlyEvenly() {
    RevisionThrottler throttler = new RevisionThrottler(0, SELF);
    throttler.useDestinations(pods(10));
    Map<String, Integer> perPod = new HashMap<>();

    acquire(throttler, 1000).forEach(pod -> perPod.merge(pod, 1, Integer::sum));

    assertThat(perPod).hasSize(10);
    assertThat(perPod.values()).allSatisfy(count -> assertThat(count).isBetween(95, 105));
  }

  @Test
  void requestsAtPodsThatAreGoneKeepNoPlaceAtTheNewOnes() {
    RevisionThrottler throttler = new RevisionThrottler(1, SELF);
    throttler.useDestinations(List.of(new Address("10.0.0.1", 8012)));
    PodTracker old = throttler.acquire(random);
    throttler.useDestinations(List.of(new Address("10.0.0.2", 8012)));

    assertThat(acquire(throttler, 1)).containsExactly("10.0.0.2:8012");
    throttler.release(old);
    assertThat(throttler.acquire(random)).isNull();
  }

  @Test
  void aPodThatStaysKeepsItsOpenRequestsAndOneThatComesBackStartsAfresh() {
    RevisionThrottler throttler = new RevisionThrottler(1, SELF);
    List<Address> both = pods(2);
    throttler.useDestinations(both);
    acquire(throttler, 2);

    throttler.useDestinations(both);
    assertThat(throttler.acquire(random)).isNull();

    throttler.useDestinations(both.subList(0, 1));
    throttler.useDestinations(both);
    assertThat(acquire(throttler, 1)).containsExactly("10.0.0.1:8012");
  }

  @Test
  void activatorsShareThePodsOfALimitedRevision() {
    RevisionThrottler throttler = new RevisionThrottler(10, SELF);
    throttler.useDestinations(pods(3));

    assertThat(throttler.useActivators(List.of("10.9.0.2", SELF)).capacity()).isEqualTo(20);
    assertThat(throttler.assignment())
        .hasToString("This activator, number 0 of 2, sends 20 requests at once to 2 of 3 pods.");
    assertThat(throttler.useActivators(List.of("10.9.0.0", SELF)).capacity()).isEqualTo(10);
  }

  @Test
  void aPublicServiceWithoutThisActivatorChangesNothing() {
    RevisionThrottler throttler = new RevisionThrottler(10, SELF);
    throttler.useDestinations(pods(3));

    assertThat(throttler.useActivators(List.of("10.0.0.0", "10.0.0.1")).selfIndex())
        .isEqualTo(OptionalInt.empty());
  }

  @Test
  void theWayThroughTheServiceIsLimitedByAllItsPods() {
    RevisionThrottler throttler = new RevisionThrottler(2, SELF);
    throttler.useActivators(List.of(SELF, "10.9.0.2"));
    throttler.useClusterIp(new Address("10.96.0.7", 80), 3);

    assertThat(acquire(throttler, 3)).containsOnly("10.96.0.7:80");
    assertThat(throttler.acquire(random)).isNull();
    assertThat(throttler.assignment())
        .hasToString(
            "This activator, number 0 of 2, sends 3 requests at once"
                + " through the Service at 10.96.0.7:80 to 3 pods.");
  }

  @Test
  void aPlaceThatComesBackTwiceIsABug() {
    RevisionThrottler throttler = new RevisionThrottler(1, SELF);
    throttler.useDestinations(pods(1));
    PodTracker place = throttler.acquire(random);
    throttler.release(place);

    assertThatThrownBy(() -> throttler.release(place)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void everyPodHasAnActivatorAndNoneHasTwoWhileThereAreEnough() {
    for (int size = 0; size < 40; size++) {
      List<Address> pods = pods(size);
      for (int activators = 1; activators <= Math.max(1, size); activators++) {
        List<Address> assigned = new ArrayList<>();
        for (int index = 0; index < activators; index++) {
          assigned.addAll(PodSubset.of(pods, OptionalInt.of(index), activators));
        }
        assertThat(assigned).containsExactlyInAnyOrderElementsOf(pods);
      }
    }
  }

  private List<String> acquire(RevisionThrottler throttler, int times) {
    return IntStream.range(0, times)
        .mapToObj(_ -> throttler.acquire(random).address().toString())
        .toList();
  }

  private static List<Address> pods(int count) {
    return IntStream.range(0, count).mapToObj(i -> new Address("10.0.0." + i, 8012)).toList();
  }
}
