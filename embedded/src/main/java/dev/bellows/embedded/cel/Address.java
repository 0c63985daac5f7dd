package dev.bellows.embedded.cel;

import com.google.common.net.InetAddresses;
import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelEvaluationException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;

/** An IP address; one of IPv4 in the form of IPv6, or with a zone, is none here. */
record Address(InetAddress address) {
  static final CelType TYPE = OpaqueType.create("net.IP");
  private static final List<CelType> TEXT = List.of(SimpleType.STRING);
  private static final List<CelType> ONE = List.of(TYPE);

  static Functions functions() {
    return new Functions()
        .global("ip", TYPE, TEXT, a -> parse((String) a[0]))
        .global("isIP", SimpleType.BOOL, TEXT, a -> isAddress((String) a[0]))
        .global("ip.isCanonical", SimpleType.BOOL, TEXT, a -> isCanonical((String) a[0]))
        .global("string", SimpleType.STRING, ONE, a -> of(a[0]).text())
        .member("family", SimpleType.INT, ONE, a -> of(a[0]).isV4() ? 4L : 6L)
        .member("isUnspecified", SimpleType.BOOL, ONE, a -> of(a[0]).address.isAnyLocalAddress())
        .member("isLoopback", SimpleType.BOOL, ONE, a -> of(a[0]).address.isLoopbackAddress())
        .member("isLinkLocalMulticast", SimpleType.BOOL, ONE, a -> of(a[0]).address.isMCLinkLocal())
        .member(
            "isLinkLocalUnicast", SimpleType.BOOL, ONE, a -> of(a[0]).address.isLinkLocalAddress())
        .member("isGlobalUnicast", SimpleType.BOOL, ONE, a -> of(a[0]).isGlobalUnicast());
  }

  static Address parse(String text) throws CelEvaluationException {
    if (!isAddress(text)) {
      throw Functions.failure(
          "IP Address \""
              + text
              + "\" parse error during conversion from string: ParseAddr(\""
              + text
              + "\"): unable to parse IP");
    }
    return new Address(InetAddresses.forString(text));
  }

  static boolean isAddress(String text) {
    if (text.indexOf('%') >= 0 || !InetAddresses.isInetAddress(text)) {
      return false;
    }
    boolean mapped =
        text.indexOf(':') >= 0 && InetAddresses.forString(text) instanceof Inet4Address;
    return !mapped;
  }

  private static boolean isCanonical(String text) throws CelEvaluationException {
    return parse(text).text().equals(text);
  }

  private static Address of(Object value) {
    return (Address) value;
  }

  boolean isV4() {
    return address instanceof Inet4Address;
  }

  String text() {
    return InetAddresses.toAddrString(address);
  }

  private boolean isGlobalUnicast() {
    boolean broadcast = text().equals("255.255.255.255");
    return !broadcast
        && !address.isAnyLocalAddress()
        && !address.isLoopbackAddress()
        && !address.isMulticastAddress()
        && !address.isLinkLocalAddress();
  }
}
