package dev.bellows.core.stat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes protobuf fields in proto3 form: a zero value is left out. */
final class WireWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream(128);

  void string(int field, String value) {
    if (!value.isEmpty()) {
      bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }
  }

  /**
   * Negative zero counts as zero and is left out, as the original does (protobuf-java keeps it).
   */
  void fixedDouble(int field, double value) {
    if (value == 0) {
      return;
    }
    tag(field, WireReader.FIXED64);
    long bits = Double.doubleToRawLongBits(value);
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      out.write((int) (bits >>> shift));
    }
  }

  void integer(int field, long value) {
    if (value != 0) {
      tag(field, WireReader.VARINT);
      varint(value);
    }
  }

  /** A message or text within; written even if empty, for its presence says something. */
  void bytes(int field, byte[] value) {
    tag(field, WireReader.LENGTH_DELIMITED);
    varint(value.length);
    out.write(value, 0, value.length);
  }

  byte[] toByteArray() {
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
