package dev.bellows.dataplane.activator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.route.Address;
import dev.bellows.core.throttle.PodTracker;
import dev.bellows.core.throttle.RevisionThrottler;
import dev.bellows.dataplane.activator.WaitingLine.Position;
import dev.bellows.dataplane.activator.WaitingLine.Ticket;
import dev.bellows.dataplane.activator.WaitingLine.Waiter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WaitingLineTest {
  private final RevisionThrottler throttler = new RevisionThrottler(1, "10.9.0.1");
  private final Random random = new Random(7);
  private final WaitingLine line = new WaitingLine(throttler, () -> random);
  private final List<String> events = new ArrayList<>();
  private final List<PodTracker> places = new ArrayList<>();

  @Test
  void whoComesToAPodWithRoomPasses() {
    pods(1);

    assertThat(line.tryPass()).isNotNull();
    assertThat(line.tryPass()).isNull();
    assertThat(line.active()).isEqualTo(1);
  }

  @Test
  void thoseWhoWaitAreCalledInOrderWhenAPodComes() {
    join("a");
    join("b");
    join("c");
    assertThat(line.waiting()).isEqualTo(3);

    pods(2);
    assertThat(events).containsExactly("a called", "b called");
    line.release(places.getFirst());
    assertThat(events).endsWith("c called");
    assertThat(line.waiting()).isZero();
  }

  @Test
  void nobodyOvertakesThoseWhoWait() {
    join("a");
    throttler.useDestinations(List.of(new Address("10.0.0.1", 8012)));

    assertThat(line.tryPass()).as("a is first").isNull();
    line.callNext();
    assertThat(events).containsExactly("a called");
  }

  @Test
  void oneWhoLeavesIsNeverCalledAndFreesItsPlace() {
    Ticket first = join("a").orElseThrow();
    join("b");

    assertThat(line.leave(first)).isTrue();
    assertThat(line.waiting()).isEqualTo(1);
    pods(2);

    assertThat(events).containsExactly("b called");
    assertThat(line.leave(first)).isFalse();
    assertThat(line.tryPass()).as("the second pod is free").isNotNull();
  }

  @Test
  void oneWhoHasWaitedAlreadyGoesFirst() {
    join("a");
    line.join(waiter("again"), Position.FIRST);
    pods(1);

    assertThat(events).containsExactly("again called");
  }

  @Test
  void aFullLineTakesNobody() {
    for (int i = 0; i < WaitingLine.LIMIT; i++) {
      assertThat(join("w" + i)).isPresent();
    }

    assertThat(join("one more")).isEmpty();
    pods(1);
    assertThat(events).containsExactly("w0 called");
    assertThat(join("one more")).isPresent();
  }

  @Test
  void whenTheRevisionGoesAllAreToldAndSoIsWhoComesLater() {
    join("a");
    line.close();
    join("late");

    assertThat(events).containsExactly("a gone", "late gone");
    assertThat(line.tryPass()).isNull();
    assertThat(line.waiting()).isZero();
  }

  @Test
  void underContentionEveryoneIsServedOnceAndNoPlaceIsLost() throws InterruptedException {
    long seed = new Random().nextLong();
    int requests = 20_000;
    AtomicInteger served = new AtomicInteger();
    AtomicInteger left = new AtomicInteger();
    Queue<PodTracker> held = new ConcurrentLinkedQueue<>();
    Random chances = new Random(seed);
    boolean[] leaves = new boolean[requests];
    for (int i = 0; i < requests; i++) {
      leaves[i] = chances.nextInt(10) == 0;
    }
    WaitingLine shared = new WaitingLine(throttler, Random::new);
    throttler.useDestinations(addresses(3));
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int i = 0; i < requests; i++) {
        int request = i;
        threads.execute(() -> {
          PodTracker place = shared.tryPass();
          if (place != null) {
            served.incrementAndGet();
            held.add(place);
          } else {
            Optional<Ticket> ticket =
                shared.join(
                    new Waiter() {
                      @Override
                      public void onCalled(PodTracker called) {
                        served.incrementAndGet();
                        held.add(called);
                      }

                      @Override
                      public void onGone() {
                        throw new AssertionError("nothing closes this line");
                      }
                    },
                    Position.LAST);
            if (leaves[request] && shared.leave(ticket.orElseThrow())) {
              left.incrementAndGet();
            }
          }
          PodTracker done = held.poll();
          if (done != null) {
            shared.release(done);
          }
        });
      }
      threads.shutdown();
      assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
    }
    for (PodTracker place; (place = held.poll()) != null; ) {
      shared.release(place);
    }

    assertThat(served.get() + left.get()).as("seed %d", seed).isEqualTo(requests);
    assertThat(shared.waiting()).isZero();
    assertThat(shared.active()).isZero();
    assertThat(throttler.assignment().pods()).allMatch(pod -> pod.inFlight() == 0);
  }

  private void pods(int count) {
    throttler.useDestinations(addresses(count));
    line.callNext();
  }

  private static List<Address> addresses(int count) {
    return IntStream.rangeClosed(1, count).mapToObj(i -> new Address("10.0.0." + i, 8012)).toList();
  }

  private Optional<Ticket> join(String name) {
    return line.join(waiter(name), Position.LAST);
  }

  private Waiter waiter(String name) {
    return new Waiter() {
      @Override
      public void onCalled(PodTracker place) {
        events.add(name + " called");
        places.add(place);
      }

      @Override
      public void onGone() {
        events.add(name + " gone");
      }
    };
  }
}
