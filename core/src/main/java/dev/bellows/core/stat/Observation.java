package dev.bellows.core.stat;

/** What the windows show of one Revision's load at one moment, or why they show nothing. */
public sealed interface Observation {

  /**
   * The load, summed over all pods.
   *
   * @param stable average over the stable window, in the metric's unit
   * @param panic average over the panic window, in the metric's unit
   */
  record Load(double stable, double panic) implements Observation {}

  /** Why there is no load to decide by. */
  enum Missing implements Observation {
    /** Nothing was recorded for longer than the stable window, though pods are scraped. */
    NO_DATA("no pod has reported for longer than the stable window"),
    /** Nobody collects statistics of the Revision. */
    NOT_COLLECTING("no statistics are collected"),
    /** How many pods are ready is not known. */
    PODS_UNKNOWN("it is not known how many pods are ready");

    private final String clause;

    Missing(String clause) {
      this.clause = clause;
    }

    /** A main clause, without capital and full stop. */
    @Override
    public String toString() {
      return clause;
    }
  }
}
