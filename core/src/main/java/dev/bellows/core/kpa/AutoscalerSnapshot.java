package dev.bellows.core.kpa;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What an {@link Autoscaler} remembers, told by age.
 *
 * @param panickingFor since when it panics; empty while calm
 * @param maxPanicPods the most pods wanted in this panic
 * @param delay what the scale-down delay remembers, the oldest first, times rising, pods falling
 */
public record AutoscalerSnapshot(
    Optional<Duration> panickingFor, int maxPanicPods, List<Held> delay) {
  public AutoscalerSnapshot {
    delay = List.copyOf(delay);
    for (int i = 1; i < delay.size(); i++) {
      if (delay.get(i).age() >= delay.get(i - 1).age()
          || delay.get(i).pods() >= delay.get(i - 1).pods()) {
        throw new IllegalArgumentException("what a delay remembers is out of order: " + delay);
      }
    }
  }

  /**
   * What was wanted once.
   *
   * @param age in slots of two seconds
   * @param pods how many
   */
  public record Held(long age, int pods) {
    public Held {
      if (age < 0) {
        throw new IllegalArgumentException("wanted in the future: " + age);
      }
    }
  }
}
