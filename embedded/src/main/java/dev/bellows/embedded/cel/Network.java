package dev.bellows.embedded.cel;

import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelEvaluationException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/**
 * A range of addresses.
 *
 * @param ip one of them, as it was written
 * @param length of the prefix that all have in common, in bits
 */
record Network(Address ip, int length) {
  private static final CelType TYPE = OpaqueType.create("net.CIDR");
  private static final List<CelType> TEXT = List.of(SimpleType.STRING);
  private static final List<CelType> ONE = List.of(TYPE);
  private static final List<CelType> AND_TEXT = List.of(TYPE, SimpleType.STRING);

  static Functions functions() {
    return new Functions()
        .global("cidr", TYPE, TEXT, a -> parse((String) a[0]))
        .global("isCIDR", SimpleType.BOOL, TEXT, a -> isNetwork((String) a[0]))
        .global("string", SimpleType.STRING, ONE, a -> of(a[0]).text())
        .member("ip", Address.TYPE, ONE, a -> of(a[0]).ip)
        .member("prefixLength", SimpleType.INT, ONE, a -> (long) of(a[0]).length)
        .member("masked", TYPE, ONE, a -> of(a[0]).masked())
        .member(
            "containsIP",
            SimpleType.BOOL,
            List.of(TYPE, Address.TYPE),
            a -> of(a[0]).contains((Address) a[1]))
        .member(
            "containsIP",
            SimpleType.BOOL,
            AND_TEXT,
            a -> of(a[0]).contains(Address.parse((String) a[1])))
        .member(
            "containsCIDR", SimpleType.BOOL, List.of(TYPE, TYPE), a -> of(a[0]).contains(of(a[1])))
        .member(
            "containsCIDR",
            SimpleType.BOOL,
            AND_TEXT,
            a -> of(a[0]).contains(parse((String) a[1])));
  }

  private static Network parse(String text) throws CelEvaluationException {
    int slash = text.indexOf('/');
    String digits = text.substring(slash + 1);
    boolean known =
        slash > 0
            && Address.isAddress(text.substring(0, slash))
            && digits.matches("0|[1-9][0-9]{0,2}");
    if (known) {
      Address ip = Address.parse(text.substring(0, slash));
      int length = Integer.parseInt(digits);
      if (length <= (ip.isV4() ? 32 : 128)) {
        return new Network(ip, length);
      }
    }
    throw Functions.failure(
        "network address parse error during conversion from string: netip.ParsePrefix(\""
            + text
            + "\"): no network");
  }

  private static boolean isNetwork(String text) {
    try {
      parse(text);
      return true;
    } catch (CelEvaluationException e) {
      return false;
    }
  }

  private static Network of(Object value) {
    return (Network) value;
  }

  private String text() {
    return ip.text() + "/" + length;
  }

  private Network masked() {
    byte[] bytes = ip.address().getAddress();
    for (int bit = length; bit < bytes.length * Byte.SIZE; bit++) {
      bytes[bit / Byte.SIZE] &= (byte) ~(0x80 >> (bit % Byte.SIZE));
    }
    try {
      return new Network(new Address(InetAddress.getByAddress(bytes)), length);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("of the length of an address", e);
    }
  }

  private boolean contains(Address other) {
    return other.isV4() == ip.isV4() && new Network(other, length).masked().ip.equals(masked().ip);
  }

  private boolean contains(Network other) {
    return other.length >= length && contains(other.ip);
  }
}
