package dev.bellows.embedded.network;

import java.net.InetAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A network of IPv4 addresses.
 *
 * @param address its first address, as an unsigned number
 * @param prefix how many leading bits all its addresses share
 */
public record Cidr(int address, int prefix) {
  private static final int BITS = 32;

  // Stricter than what a Java address may be written like: 10.1 is 10.0.0.1 there.
  private static final Pattern NOTATION =
      Pattern.compile("(\\d{1,3}(?:\\.\\d{1,3}){3})(?:/(\\d{1,2}))?");

  public Cidr {
    if (prefix < 0 || prefix > BITS) {
      throw new IllegalArgumentException("a prefix has 0 to 32 bits, got " + prefix);
    }
  }

  /**
   * From its notation, such as {@code 10.131.0.0/16}; one without prefix is a single address.
   *
   * @throws IllegalArgumentException if it is no such thing
   */
  public static Cidr parse(String text) {
    Matcher parts = NOTATION.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException("'" + text + "' is no network of IPv4");
    }
    int address = 0;
    for (byte each : InetAddress.ofLiteral(parts.group(1)).getAddress()) {
      address = (address << 8) | (each & 0xff);
    }
    return new Cidr(address, parts.group(2) == null ? BITS : Integer.parseInt(parts.group(2)));
  }

  /** Whether they have addresses in common. */
  public boolean overlaps(Cidr other) {
    int shared = Math.min(prefix, other.prefix);
    return shared == 0 || (address ^ other.address) >>> (BITS - shared) == 0;
  }

  /** How many addresses it has. */
  public long size() {
    return 1L << (BITS - prefix);
  }

  /** Its n-th address, counted from 0. */
  public String at(int n) {
    return literal(address + n);
  }

  /** Its lower (0) or upper (1) half. */
  public Cidr half(int which) {
    return new Cidr(address | (which << (BITS - 1 - prefix)), prefix + 1);
  }

  private static String literal(int ip) {
    return (ip >>> 24) + "." + ((ip >>> 16) & 0xff) + "." + ((ip >>> 8) & 0xff) + "." + (ip & 0xff);
  }

  @Override
  public String toString() {
    return literal(address) + "/" + prefix;
  }
}
