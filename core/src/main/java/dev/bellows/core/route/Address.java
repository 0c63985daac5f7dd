package dev.bellows.core.route;

/**
 * Where something listens. Addresses always travel as ip:port; nobody dials a port from memory.
 *
 * @param ip an IPv4 or IPv6 literal, without brackets
 * @param port 1 to 65535
 */
public record Address(String ip, int port) implements Comparable<Address> {
  public Address {
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("port of " + ip + " must be in 1..65535, got " + port);
    }
  }

  /**
   * Reads {@code ip:port}, with brackets around an IPv6 literal.
   *
   * @throws IllegalArgumentException if there is no port or it is not a number in 1..65535
   */
  public static Address parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon <= 0) {
      throw new IllegalArgumentException("expected ip:port, got '" + text + "'");
    }
    String ip = text.substring(0, colon);
    if (ip.startsWith("[") && ip.endsWith("]")) {
      ip = ip.substring(1, ip.length() - 1);
    }
    return new Address(ip, Integer.parseInt(text.substring(colon + 1)));
  }

  /** Orders by the text {@code ip:port}, as upstream sorts pods: 10.0.0.10 before 10.0.0.9. */
  @Override
  public int compareTo(Address other) {
    return toString().compareTo(other.toString());
  }

  /** {@code ip:port}, with brackets around an IPv6 literal. */
  @Override
  public String toString() {
    return ip.indexOf(':') >= 0 ? "[" + ip + "]:" + port : ip + ":" + port;
  }
}
