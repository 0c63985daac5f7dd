package dev.bellows.controlplane.scrape;

import dev.bellows.core.stat.Stat;

/** Where one stat comes from. */
@FunctionalInterface
public interface StatSource {

  /** How the connection to a source is treated. */
  enum Connection {
    /** The next request to the same pod uses it again. */
    KEPT,
    /** It is closed, so that the next request to the same Service may reach another pod. */
    CLOSED
  }

  /**
   * Asks once and waits for the answer.
   *
   * @param authority {@code host:port}
   * @param connection what becomes of the connection
   * @throws ScrapeFailedException if no stat came, and why
   */
  Stat fetch(String authority, Connection connection)
      throws ScrapeFailedException, InterruptedException;
}
