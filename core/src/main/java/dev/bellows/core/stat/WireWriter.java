package dev.bellows.core.stat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes protobuf fields in proto3 form: a zero value is left out. */
public final class WireWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream(128);

  /** A text; empty = left out. */
  public void string(int field, String value) {
    if (!value.isEmpty()) {
      bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }
  }

  /**
   * Negative zero counts as zero and is left out, as the original does (protobuf-java keeps it).
   */
  public void fixedDouble(int field, double value) {
    if (value == 0) {
      return;
    }
    presentFixed(field, Double.doubleToRawLongBits(value));
  }

  /** Eight bytes; zero = left out. */
  public void fixed(int field, long value) {
    if (value != 0) {
      presentFixed(field, value);
    }
  }

  /** Eight bytes, zero or not: that they are there says something. */
  public void presentFixed(int field, long value) {
    tag(field, WireReader.FIXED64);
    rawFixed(value);
  }

  /** Eight bytes of a list that is packed, without a tag. */
  public void rawFixed(long value) {
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      out.write((int) (value >>> shift));
    }
  }

  /** A whole number; zero = left out. */
  public void integer(int field, long value) {
    if (value != 0) {
      presentInteger(field, value);
    }
  }

  /** A whole number, zero or not: that it is there says something. */
  public void presentInteger(int field, long value) {
    tag(field, WireReader.VARINT);
    varint(value);
  }

  /** A message or text within; written even if empty, for its presence says something. */
  public void bytes(int field, byte[] value) {
    tag(field, WireReader.LENGTH_DELIMITED);
    varint(value.length);
    out.write(value, 0, value.length);
  }

  /** What has been written. */
  public byte[] toByteArray() {
    return out.toByteArray();
  }

  private void tag(int field, int wireType) {
    varint(((long) field << 3) | wireType);
  }

  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }
}
