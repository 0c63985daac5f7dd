package dev.bellows.it.contract;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The fields of a protobuf message, read without knowing what they mean. */
final class ProtobufMessage {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH = 2;

  /** The value's bytes in Latin-1: a varint's are its decimal digits. */
  private record Field(int number, String value) {
    byte[] bytes() {
      return value.getBytes(ISO_8859_1);
    }
  }

  private final List<Field> fields = new ArrayList<>();

  ProtobufMessage(byte[] message) {
    ByteBuffer in = ByteBuffer.wrap(message);
    while (in.hasRemaining()) {
      long tag = varint(in);
      int number = (int) (tag >>> 3);
      switch ((int) (tag & 7)) {
        case VARINT -> fields.add(new Field(number, Long.toString(varint(in))));
        case FIXED64 -> fields.add(new Field(number, taken(in, Long.BYTES)));
        case LENGTH -> fields.add(new Field(number, taken(in, (int) varint(in))));
        default -> throw new AssertionError("a field of an unknown form: " + tag);
      }
    }
  }

  private static String taken(ByteBuffer in, int length) {
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, ISO_8859_1);
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    int shift = 0;
    byte next;
    do {
      next = in.get();
      value |= (long) (next & 0x7f) << shift;
      shift += 7;
    } while (next < 0);
    return value;
  }

  boolean has(int number) {
    return fields.stream().anyMatch(field -> field.number() == number);
  }

  List<String> texts(int number) {
    return fields.stream()
        .filter(field -> field.number() == number)
        .map(field -> new String(field.bytes(), UTF_8))
        .toList();
  }

  /** The only text of a field. */
  String text(int number) {
    return texts(number).stream()
        .findFirst()
        .orElseThrow(() -> new AssertionError("no field " + number));
  }

  List<ProtobufMessage> messages(int number) {
    return fields.stream()
        .filter(field -> field.number() == number)
        .map(field -> new ProtobufMessage(field.bytes()))
        .toList();
  }

  ProtobufMessage message(int number) {
    return messages(number).stream()
        .findFirst()
        .orElseThrow(() -> new AssertionError("no field " + number));
  }

  /** The value of a map's entry: maps are messages of a name (1) and a value (2) that repeat. */
  ProtobufMessage entry(int number, String name) {
    return messages(number).stream()
        .filter(entry -> entry.text(1).equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + name))
        .message(2);
  }
}
