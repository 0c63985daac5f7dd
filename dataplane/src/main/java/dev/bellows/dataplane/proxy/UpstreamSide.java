package dev.bellows.dataplane.proxy;

/**
 * The side of an exchange that answers, as the exchange sees it: a connection of HTTP/1.1, which it
 * has to itself for a while, or a stream of HTTP/2. Used on its event loop only.
 */
interface UpstreamSide {
  /** Begins to carry an exchange, to which it tells what comes. */
  void carry(Exchange exchange);

  /** Whether its connection has carried another exchange before. */
  boolean reused();

  /** Writes the request's head, a piece of its body, or of what passes through a tunnel. */
  void write(Object content);

  void flush();

  /** Whether it takes more of the request without piling it up. */
  boolean isWritable();

  /** Reads on, or stops. */
  void setReading(boolean wanted);

  /** The exchange is gone: an answer to it would have nowhere to go. */
  void abandon();
}
