package dev.bellows.core.throttle;

/**
 * Counts who runs and who waits before a limited resource (data-plane spec §3.3): at most {@code
 * capacity} requests run, and at most {@code queueDepth + maxConcurrency} are here in all.
 *
 * <p>Pure arithmetic and nothing else: it neither holds the waiting requests nor wakes them. Its
 * owner keeps them in arrival order and starts as many as a call returns. It belongs to one thread
 * at a time (an event loop, or whoever holds the owner's lock), and no call allocates, except a
 * refusal for its reason.
 *
 * <p>Invariants: {@code running} exceeds {@code capacity} only after a lowering {@link #resize},
 * which interrupts nothing; while requests wait, no slot is free; every admitted request is
 * released once, every queued one leaves once.
 */
public final class Breaker {
  private final int maxConcurrency;
  private final long slots;
  private int capacity;
  private int running;
  private int waiting;

  /**
   * Starts with nobody running or waiting.
   *
   * @param queueDepth how many may wait while {@code maxConcurrency} run, at least 1
   * @param maxConcurrency the highest capacity it may ever be given, at least 0
   * @param initialCapacity how many may run now, 0 to {@code maxConcurrency}
   * @throws IllegalArgumentException if an argument is out of its range
   */
  public Breaker(int queueDepth, int maxConcurrency, int initialCapacity) {
    if (queueDepth < 1) {
      throw new IllegalArgumentException("queueDepth must be >= 1, got " + queueDepth);
    }
    if (maxConcurrency < 0) {
      throw new IllegalArgumentException("maxConcurrency must be >= 0, got " + maxConcurrency);
    }
    this.maxConcurrency = maxConcurrency;
    this.slots = (long) queueDepth + maxConcurrency;
    this.capacity = checkedCapacity(initialCapacity);
  }

  /** One more request asks to run, and will wait if it must. */
  public Admission admit() {
    if (inFlight() >= slots) {
      return new Admission.Rejected(running, waiting, slots);
    }
    if (running < capacity) {
      running++;
      return Admission.Admitted.INSTANCE;
    }
    waiting++;
    return Admission.Queued.INSTANCE;
  }

  /**
   * One more request asks to run, but will not wait.
   *
   * @return whether it runs; if so, {@link #release} is due once
   */
  public boolean reserve() {
    if (running >= capacity || inFlight() >= slots) {
      return false;
    }
    running++;
    return true;
  }

  /**
   * An admitted request has ended.
   *
   * @return how many of those who wait run from now on: 0 or 1
   * @throws IllegalStateException if nothing runs, which means a permit was given back twice
   */
  public int release() {
    if (running == 0) {
      throw new IllegalStateException("released, but nothing runs: a permit came back twice");
    }
    running--;
    return admitWaiting();
  }

  /**
   * One of those who wait has given up; it frees its place at once.
   *
   * @throws IllegalStateException if nobody waits
   */
  public void cancel() {
    if (waiting == 0) {
      throw new IllegalStateException("cancelled, but nobody waits");
    }
    waiting--;
  }

  /**
   * Changes how many may run. Raising it lets waiting requests run, lowering it interrupts nothing.
   *
   * @param newCapacity 0 to {@code maxConcurrency}
   * @return how many of those who wait run from now on
   */
  public int resize(int newCapacity) {
    capacity = checkedCapacity(newCapacity);
    return admitWaiting();
  }

  /** How many may run at once. */
  public int capacity() {
    return capacity;
  }

  /** How many run, those who reserved included. */
  public int running() {
    return running;
  }

  /** How many wait. */
  public int waiting() {
    return waiting;
  }

  /** How many are here, running or waiting; metric {@code kn.serving.queue.depth}. */
  public int inFlight() {
    return running + waiting;
  }

  /** Counts and limits, for logs. */
  @Override
  public String toString() {
    return "%d running of %d, %d waiting, %d slots".formatted(running, capacity, waiting, slots);
  }

  private int admitWaiting() {
    int admitted = Math.clamp((long) capacity - running, 0, waiting);
    running += admitted;
    waiting -= admitted;
    return admitted;
  }

  private int checkedCapacity(int value) {
    if (value < 0 || value > maxConcurrency) {
      throw new IllegalArgumentException(
          "capacity must be in 0.." + maxConcurrency + ", got " + value);
    }
    return value;
  }
}
