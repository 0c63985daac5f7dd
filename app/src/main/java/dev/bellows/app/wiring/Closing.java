package dev.bellows.app.wiring;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What was opened, to be closed in the opposite order; one that fails does not keep the others. */
final class Closing implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Closing.class);

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  /** Remembers it and hands it back. */
  <T extends AutoCloseable> T add(T each) {
    opened.push(each);
    return each;
  }

  @Override
  public void close() {
    while (!opened.isEmpty()) {
      AutoCloseable each = opened.pop();
      try {
        each.close();
      } catch (Exception e) {
        log.warn("closing {} failed", each.getClass().getSimpleName(), e);
      }
    }
  }
}
