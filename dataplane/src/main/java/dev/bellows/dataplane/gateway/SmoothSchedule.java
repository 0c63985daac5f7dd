package dev.bellows.dataplane.gateway;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Takes turns among several choices by weight, without chance and without runs: of 100 turns, a
 * choice of weight 20 gets every fifth. One round is laid out beforehand by smooth weighted round
 * robin (each turn goes to the highest credit; everyone earns their weight, the winner pays the
 * sum), so that a turn is one atomic increment. Safe to use from any thread.
 */
final class SmoothSchedule {
  private final int[] round;
  private final AtomicInteger turn = new AtomicInteger();

  /**
   * Lays out the round.
   *
   * @param weights of the choices, each at least 0, together at least 1
   */
  SmoothSchedule(List<Integer> weights) {
    int sum = weights.stream().mapToInt(Integer::intValue).sum();
    if (sum < 1 || weights.stream().anyMatch(weight -> weight < 0)) {
      throw new IllegalArgumentException("weights must be >= 0 and not all 0, got " + weights);
    }
    int divisor = weights.stream().reduce(0, SmoothSchedule::greatestCommonDivisor);
    round = new int[sum / divisor];
    int[] credit = new int[weights.size()];
    for (int i = 0; i < round.length; i++) {
      int highest = 0;
      for (int choice = 0; choice < credit.length; choice++) {
        credit[choice] += weights.get(choice);
        if (credit[choice] > credit[highest]) {
          highest = choice;
        }
      }
      credit[highest] -= sum;
      round[i] = highest;
    }
  }

  /** The index of the choice whose turn it is. */
  int next() {
    return round[Integer.remainderUnsigned(turn.getAndIncrement(), round.length)];
  }

  private static int greatestCommonDivisor(int a, int b) {
    return b == 0 ? a : greatestCommonDivisor(b, a % b);
  }
}
