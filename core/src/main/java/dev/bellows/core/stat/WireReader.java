package dev.bellows.core.stat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Reads one protobuf message field by field (protobuf encoding guide: tag = number · 8 + wire
 * type). Every read checks the bounds of this message, so that a length inside cannot reach out of
 * it.
 */
final class WireReader {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int LENGTH_DELIMITED = 2;
  private static final int GROUP_START = 3;
  private static final int GROUP_END = 4;
  private static final int FIXED32 = 5;

  /** Groups within groups in an unknown field; real senders use none. */
  private static final int MAX_GROUP_DEPTH = 32;

  private final byte[] bytes;
  private final int end;
  private int position;
  private int wireType;

  WireReader(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  private WireReader(byte[] bytes, int start, int end) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  boolean hasNext() {
    return position < end;
  }

  /** The next field's number; its value must be read or skipped next. */
  int field() {
    int start = position;
    long tag = varint();
    long number = tag >>> 3;
    wireType = (int) (tag & 7);
    if (number == 0 || number > 0x1fff_ffff) {
      throw new MalformedStatException(start, "field number " + Long.toUnsignedString(number));
    }
    return (int) number;
  }

  String string() {
    WireReader text = nested();
    return new String(bytes, text.position, text.end - text.position, StandardCharsets.UTF_8);
  }

  double fixedDouble() {
    expect(FIXED64);
    int at = advance(Double.BYTES);
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getDouble(at);
  }

  long integer() {
    expect(VARINT);
    return varint();
  }

  WireReader nested() {
    expect(LENGTH_DELIMITED);
    long length = varint();
    if (length < 0 || length > end - position) {
      throw truncated(Long.toUnsignedString(length));
    }
    int at = advance((int) length);
    return new WireReader(bytes, at, position);
  }

  /** Passes over the value of a field that this reader does not know. */
  void skip() {
    skip(0);
  }

  private void skip(int depth) {
    switch (wireType) {
      case VARINT -> varint();
      case FIXED64 -> advance(Long.BYTES);
      case LENGTH_DELIMITED -> nested();
      case GROUP_START -> skipGroup(depth);
      case FIXED32 -> advance(Integer.BYTES);
      default -> throw new MalformedStatException(position, "wire type " + wireType);
    }
  }

  private void skipGroup(int depth) {
    if (depth == MAX_GROUP_DEPTH) {
      throw new MalformedStatException(position, "more than " + depth + " nested groups");
    }
    while (true) {
      field();
      if (wireType == GROUP_END) {
        return;
      }
      skip(depth + 1);
    }
  }

  private void expect(int expected) {
    if (wireType != expected) {
      throw new MalformedStatException(
          position, "expected wire type " + expected + ", got " + wireType);
    }
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      byte next = bytes[advance(1)];
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new MalformedStatException(position, "an integer of more than ten bytes");
  }

  private int advance(int length) {
    if (length > end - position) {
      throw truncated(Integer.toString(length));
    }
    int at = position;
    position += length;
    return at;
  }

  private MalformedStatException truncated(String wanted) {
    return new MalformedStatException(
        position, "%s bytes wanted, %d left".formatted(wanted, end - position));
  }
}
