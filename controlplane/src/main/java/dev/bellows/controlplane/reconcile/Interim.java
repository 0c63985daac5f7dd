package dev.bellows.controlplane.reconcile;

import java.time.Duration;

/**
 * Lets writes wait that only tell how far something has come. On its way to ready an object goes
 * through states on which nobody acts; each would be a write, and a pass of all who look at it.
 * Within a pass of a {@link Controller} such a write may be left out: the key gets another pass in
 * time, and mostly there is something final to say before.
 */
public final class Interim {
  /**
   * How long what is only interim stays unwritten at most, from the first pass that left it out.
   */
  static final Duration LONGEST = Duration.ofSeconds(1);

  private static final ScopedValue<Interim> PASS = ScopedValue.newInstance();

  private final boolean mayWait;
  private boolean waiting;

  /**
   * @param mayWait whether this pass may leave something out
   */
  Interim(boolean mayWait) {
    this.mayWait = mayWait;
  }

  /**
   * Whether the pass on this thread leaves a write out for now, which it would do only to tell how
   * far something has come. Never outside of a controller's pass: nobody would come back to it.
   */
  public static boolean waits() {
    return PASS.isBound() && PASS.get().leaveOut();
  }

  private boolean leaveOut() {
    waiting = waiting || mayWait;
    return mayWait;
  }

  /** Runs a pass on this thread. */
  Outcome during(ScopedValue.CallableOp<Outcome, RuntimeException> pass) {
    return ScopedValue.where(PASS, this).call(pass);
  }

  /** Whether the pass has left something out. */
  boolean isWaiting() {
    return waiting;
  }
}
