package dev.bellows.embedded.apiserver;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Walks over the fields of one protobuf message (protobuf.dev/programming-guides/encoding). */
final class ProtobufReader {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH = 2;
  private static final int FIXED32 = 5;
  private static final int MAX_VARINT_BYTES = 10;

  private final byte[] data;
  private final int end;
  private int at;
  private int tag;

  ProtobufReader(byte[] data, int start, int end) {
    this.data = data;
    this.at = start;
    this.end = end;
  }

  /** Goes to the next field; the value of the one before must have been read or skipped. */
  boolean next() throws IOException {
    if (at >= end) {
      return false;
    }
    tag = (int) varint();
    if (tag >>> 3 == 0) {
      throw new IOException("a field without a number");
    }
    return true;
  }

  /** The field's number. */
  int number() {
    return tag >>> 3;
  }

  /** The value as an integer. */
  long number64() throws IOException {
    return switch (tag & 7) {
      case VARINT -> varint();
      case FIXED64 -> fixed(Long.BYTES).getLong();
      case FIXED32 -> fixed(Integer.BYTES).getInt();
      default -> throw unexpected();
    };
  }

  /** The value as a floating-point number. */
  double fraction() throws IOException {
    return switch (tag & 7) {
      case FIXED64 -> fixed(Double.BYTES).getDouble();
      case FIXED32 -> fixed(Float.BYTES).getFloat();
      default -> throw unexpected();
    };
  }

  byte[] bytes() throws IOException {
    int length = length();
    byte[] bytes = Arrays.copyOfRange(data, at, at + length);
    at += length;
    return bytes;
  }

  String text() throws IOException {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  /** The value as a message of its own. */
  ProtobufReader message() throws IOException {
    int length = length();
    ProtobufReader inner = new ProtobufReader(data, at, at + length);
    at += length;
    return inner;
  }

  void skip() throws IOException {
    switch (tag & 7) {
      case VARINT -> varint();
      case FIXED64 -> fixed(Long.BYTES);
      case FIXED32 -> fixed(Integer.BYTES);
      case LENGTH -> {
        int length = length();
        at += length;
      }
      default -> throw unexpected();
    }
  }

  private int length() throws IOException {
    if ((tag & 7) != LENGTH) {
      throw unexpected();
    }
    long length = varint();
    if (length < 0 || length > end - at) {
      throw new IOException("a field that is longer than its message");
    }
    return (int) length;
  }

  private ByteBuffer fixed(int bytes) throws IOException {
    if (end - at < bytes) {
      throw new IOException("a message that ends within a field");
    }
    at += bytes;
    return ByteBuffer.wrap(data, at - bytes, bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private long varint() throws IOException {
    long value = 0;
    for (int i = 0; i < MAX_VARINT_BYTES; i++) {
      if (at >= end) {
        throw new IOException("a message that ends within a field");
      }
      byte b = data[at++];
      value |= (long) (b & 0x7f) << (7 * i);
      if (b >= 0) {
        return value;
      }
    }
    throw new IOException("a number that is too long");
  }

  private IOException unexpected() {
    return new IOException("field " + number() + " has wire type " + (tag & 7));
  }
}
