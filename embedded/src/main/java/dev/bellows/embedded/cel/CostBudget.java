package dev.bellows.embedded.cel;

import java.util.Locale;
import java.util.Optional;

/**
 * What evaluations may still cost together. A unit is about one step: a variable, a field, a call,
 * or ten characters looked at. Kubernetes counts in much the same way, and has the same limits.
 */
public final class CostBudget {
  /** Of one evaluation of one expression. */
  public static final long MAX_OF_ONE = 1_000_000;

  /** Of all rules that one object meets. */
  public static final long MAX_OF_OBJECT = 10_000_000;

  /** Of all conditions that one webhook has for one request. */
  public static final long MAX_OF_CONDITIONS = MAX_OF_OBJECT / 4;

  /** Of one evaluation, as it is guessed of a rule. */
  public static final long MAX_OF_ONE_GUESSED = 10_000_000;

  /** Of all rules of a definition together, as it is guessed. */
  public static final long MAX_OF_ALL_GUESSED = 100_000_000;

  /** More than anybody can count. */
  static final long ENDLESS = Long.MAX_VALUE;

  /** By how much a cost may exceed a limit before nobody counts any more. */
  private static final double MAX_FACTOR = 100;

  /** Below it, a factor is told to the last digit. */
  private static final double NEAR = 1.5;

  private long left;

  public CostBudget(long units) {
    this.left = units;
  }

  /** A sum of guesses, or {@link #ENDLESS}. */
  public static long plus(long a, long b) {
    long sum = a + b;
    return sum < 0 || a == ENDLESS || b == ENDLESS ? ENDLESS : sum;
  }

  /** A product of guesses, or {@link #ENDLESS}. */
  public static long times(long a, long b) {
    if (a == 0 || b == 0) {
      return 0;
    }
    return Math.multiplyHigh(a, b) != 0 || a * b < 0 ? ENDLESS : a * b;
  }

  /** By which factor a cost exceeds a limit, as Kubernetes says it; empty if it does not. */
  public static Optional<String> excess(long cost, long limit) {
    if (cost <= limit) {
      return Optional.empty();
    }
    double factor = (double) cost / limit;
    return Optional.of(
        factor > MAX_FACTOR
            ? "more than 100x"
            : String.format(Locale.ROOT, factor < NEAR ? "%.6fx" : "%.1fx", factor));
  }

  /** Whether nothing is left. */
  public boolean isSpent() {
    return left <= 0;
  }

  long left() {
    return left;
  }

  void take(long units) {
    left -= units;
  }
}
