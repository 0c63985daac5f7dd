package dev.bellows.dataplane.telemetry;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Which trace a request belongs to (W3C Trace Context, version 00).
 *
 * @param high the trace's id, its first 8 bytes
 * @param low and its last
 * @param parentId the span before, in whichever process; 0 = there is none
 * @param sampled whether those before have said that it is recorded
 * @param state {@code tracestate}, as it came; empty if there is none
 */
record TraceContext(long high, long low, long parentId, boolean sampled, String state) {
  private static final int LENGTH = 55;
  private static final int HEX = 16;

  /**
   * Reads the header {@code traceparent}.
   *
   * @return null if it is malformed, or of no use: then a trace begins here
   */
  static @Nullable TraceContext parse(@Nullable String traceparent, @Nullable String tracestate) {
    // A later version may be longer, and begins as this one does.
    if (traceparent == null
        || traceparent.length() < LENGTH
        || (traceparent.length() > LENGTH
            && (traceparent.startsWith("00") || traceparent.charAt(LENGTH) != '-'))
        || traceparent.startsWith("ff")
        || traceparent.charAt(2) != '-'
        || traceparent.charAt(35) != '-'
        || traceparent.charAt(52) != '-'
        || !lowerCaseHex(traceparent)) {
      return null;
    }
    long high = HexFormat.fromHexDigitsToLong(traceparent, 3, 19);
    long low = HexFormat.fromHexDigitsToLong(traceparent, 19, 35);
    long parent = HexFormat.fromHexDigitsToLong(traceparent, 36, 52);
    int flags = HexFormat.fromHexDigits(traceparent, 53, 55);
    return (high | low) == 0 || parent == 0
        ? null
        : new TraceContext(
            high, low, parent, (flags & 1) == 1, tracestate == null ? "" : tracestate);
  }

  private static boolean lowerCaseHex(String traceparent) {
    for (int i = 0; i < LENGTH; i++) {
      char c = traceparent.charAt(i);
      boolean dash = i == 2 || i == 35 || i == 52;
      if (!dash && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) {
        return false;
      }
    }
    return true;
  }

  /** The header {@code traceparent} for whoever comes after a span. */
  static String traceparent(TraceContext context, long span, boolean sampled) {
    StringBuilder header = new StringBuilder(LENGTH).append("00-");
    hex(header, context.high);
    hex(header, context.low);
    header.append('-');
    hex(header, span);
    return header.append(sampled ? "-01" : "-00").toString();
  }

  private static void hex(StringBuilder to, long value) {
    for (int shift = Long.SIZE - 4; shift >= 0; shift -= 4) {
      to.append(Character.forDigit((int) (value >>> shift) & 0xf, HEX));
    }
  }

  byte[] traceIdBytes() {
    return ByteBuffer.allocate(2 * Long.BYTES).putLong(high).putLong(low).array();
  }

  String traceIdHex() {
    StringBuilder id = new StringBuilder(2 * HEX);
    hex(id, high);
    hex(id, low);
    return id.toString();
  }

  static String hex(long id) {
    StringBuilder text = new StringBuilder(HEX);
    hex(text, id);
    return text.toString();
  }

  static byte[] bytes(long id) {
    return ByteBuffer.allocate(Long.BYTES).putLong(id).array();
  }
}
