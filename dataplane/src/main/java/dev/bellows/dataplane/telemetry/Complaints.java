package dev.bellows.dataplane.telemetry;

import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;

/** Says once that a collector cannot be reached, and once that it can again. */
final class Complaints {
  private final Logger log;
  private final String what;
  private final AtomicBoolean failing = new AtomicBoolean();

  Complaints(Logger log, String what) {
    this.log = log;
    this.what = what;
  }

  void failed(Throwable cause) {
    if (!failing.getAndSet(true)) {
      Throwable told =
          cause instanceof CompletionException && cause.getCause() != null
              ? cause.getCause()
              : cause;
      log.warn("{} are not exported: {}", what, told.toString());
    }
  }

  void succeeded() {
    if (failing.getAndSet(false)) {
      log.info("{} are exported again", what);
    }
  }
}
