package dev.bellows.controlplane.reconcile;

/**
 * How often one process asks the API server at most, in client-go's terms.
 *
 * @param qps calls a second in the long run; 0 = any number
 * @param burst calls at once after a while without any; at least 1
 */
public record ApiRate(double qps, int burst) {
  /** An API in the same process paces those who ask by itself. */
  public static final ApiRate UNLIMITED = new ApiRate(0, 1);

  /**
   * Some seven new Services a second, each of which takes some thirty calls. client-go grants 5 and
   * 10 to a controller by itself, and Knative's process of ten of them has 50 and 100 (ADR 0182).
   */
  public static final int USUAL_QPS = 200;

  /** As {@link #USUAL_QPS}, at once. */
  public static final int USUAL_BURST = 400;

  public ApiRate {
    if (!(qps >= 0) || Double.isInfinite(qps)) {
      throw new IllegalArgumentException("qps must be >= 0, got " + qps);
    }
    if (burst < 1) {
      throw new IllegalArgumentException("burst must be >= 1, got " + burst);
    }
  }
}
