package dev.bellows.core.stat;

/** What it means that nothing was recorded for longer than the stable window. */
public enum Silence {
  /**
   * Nothing is known: pods are scraped, so there should have been something. No decision is made.
   */
  NO_DATA,
  /** There were no requests: only activators report, and only while there are some. */
  NO_REQUESTS;

  /**
   * The meaning for a Metric: without a scrape target only activators report (autoscaling spec §5,
   * query).
   */
  public static Silence of(String scrapeTarget) {
    return scrapeTarget.isEmpty() ? NO_REQUESTS : NO_DATA;
  }
}
