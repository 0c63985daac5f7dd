package dev.bellows.core.stat;

import java.util.List;

/**
 * How many pods of a Revision are asked for their statistics, and what their answers say about all
 * (autoscaling spec §6).
 */
public final class ScrapeSample {
  /** Who reports, in a stat that speaks for all pods. */
  public static final String POD_NAME = "service-scraper";

  /** Up to here every pod is asked. */
  private static final int ASKED_ENTIRELY = 3;

  /** z²·σ²/e² for 95 % confidence, a deviation of 10 and a margin of 5: 1.96²·100/5². */
  private static final double CONFIDENCE = 1.96 * 1.96 * 100 / 25;

  private ScrapeSample() {}

  /**
   * The sample size for a population, with the correction for a finite one; at most 16.
   *
   * @param pods how many there are, at least 0
   */
  public static int sizeFor(int pods) {
    if (pods <= ASKED_ENTIRELY) {
      return pods;
    }
    return (int) Math.ceil(pods * CONFIDENCE / (pods + CONFIDENCE - 1));
  }

  /**
   * What all pods report together, if the others are like those who answered.
   *
   * @param answers of the pods asked
   * @param sampleSize what the sum is divided by, at least 1
   * @param pods how many there are
   */
  public static Stat extrapolate(List<Stat> answers, int sampleSize, int pods) {
    if (sampleSize < 1) {
      throw new IllegalArgumentException("sampleSize must be >= 1, got " + sampleSize);
    }
    double concurrent = 0;
    double proxied = 0;
    double requests = 0;
    double proxiedRequests = 0;
    for (Stat answer : answers) {
      concurrent += answer.averageConcurrentRequests();
      proxied += answer.averageProxiedConcurrentRequests();
      requests += answer.requestCount();
      proxiedRequests += answer.proxiedRequestCount();
    }
    return new Stat(
        POD_NAME,
        concurrent / sampleSize * pods,
        proxied / sampleSize * pods,
        requests / sampleSize * pods,
        proxiedRequests / sampleSize * pods,
        0,
        0);
  }
}
