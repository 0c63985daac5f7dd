package dev.bellows.controlplane.scaling;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WheelTest {
  private static final Instant START = Instant.parse("2026-11-21T10:00:00Z");

  private final Wheel<String> wheel = new Wheel<>(Duration.ofSeconds(2));
  private final List<String> turns = new ArrayList<>();

  @Test
  void givesEachPassengerItsTurnARoundAfterItGotOn() {
    wheel.add("early", START);
    wheel.add("late", START.plusMillis(700));
    assertThat(turnsAt(0)).isEmpty();
    assertThat(turnsAt(700)).isEmpty();
    assertThat(turnsAt(1990)).isEmpty();
    assertThat(turnsAt(2000)).containsExactly("early");
    assertThat(turnsAt(2690)).isEmpty();
    assertThat(turnsAt(2700)).containsExactly("late");
    assertThat(turnsAt(4000)).containsExactly("early");
  }

  @Test
  void saysWhenTheNextTurnIs() {
    wheel.add("one", START.plusMillis(500));
    assertThat(wheel.turn(START.plusMillis(600), turns::add)).isEqualTo(START.plusMillis(2500));
    assertThat(wheel.turn(START.plusMillis(2500), turns::add)).isEqualTo(START.plusMillis(4500));
  }

  @Test
  void looksAgainAfterARoundWhereNobodyIs() {
    assertThat(wheel.turn(START, turns::add)).isEqualTo(START.plusSeconds(2));
  }

  @Test
  void aLateTurnIsOneTurn() {
    wheel.add("a", START);
    wheel.add("b", START.plusMillis(500));
    assertThat(turnsAt(1000)).isEmpty();
    assertThat(turnsAt(60_100)).containsExactlyInAnyOrder("a", "b");
    assertThat(turnsAt(60_500)).containsExactly("b");
    assertThat(turnsAt(62_000)).containsExactly("a");
  }

  @Test
  void goesOnWhenTheClockIsSetBack() {
    wheel.add("a", START);
    assertThat(turnsAt(2000)).containsExactly("a");
    assertThat(turnsAt(-3_600_000)).isEmpty();
    assertThat(turnsAt(-3_600_000 + 2000)).containsExactly("a");
  }

  @Test
  void whoeverGetsOffGetsNoTurn() {
    Wheel.Seat<String> seat = wheel.add("a", START);
    wheel.remove(seat);
    assertThat(turnsAt(2000)).isEmpty();
  }

  private List<String> turnsAt(long millis) {
    turns.clear();
    wheel.turn(START.plusMillis(millis), turns::add);
    return List.copyOf(turns);
  }
}
