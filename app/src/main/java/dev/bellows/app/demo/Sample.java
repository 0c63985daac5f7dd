package dev.bellows.app.demo;

/**
 * What the demo saw at one moment.
 *
 * @param seconds since the load began; negative before
 * @param inFlight requests sent and not yet answered
 * @param readyPods pods of the Revision that are Ready
 * @param wantedPods replicas asked of the Deployment
 * @param mode whether the activator stands in the request path
 * @param panicking whether the autoscaler is in panic mode
 */
record Sample(
    double seconds, int inFlight, int readyPods, int wantedPods, Mode mode, boolean panicking) {

  /** Who receives requests first: the ServerlessService's mode. */
  enum Mode {
    /** Requests pass the activator, which can hold them. */
    PROXY,
    /** Requests go straight to the pods. */
    SERVE
  }
}
