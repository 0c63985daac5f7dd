package dev.bellows.embedded.cel;

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

  private long left;

  public CostBudget(long units) {
    this.left = units;
  }

  /** Whether anything is left. */
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
