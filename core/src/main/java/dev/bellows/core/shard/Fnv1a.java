package dev.bellows.core.shard;

import java.nio.charset.StandardCharsets;

/** The 64-bit FNV-1a hash (Fowler, Noll, Vo). */
final class Fnv1a {
  private static final long OFFSET_BASIS = 0xcbf29ce484222325L;
  private static final long PRIME = 0x100000001b3L;

  private Fnv1a() {}

  /** The hash of the text's UTF-8 bytes; unsigned. */
  static long hash(String text) {
    long hash = OFFSET_BASIS;
    for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
      hash ^= each & 0xff;
      hash *= PRIME;
    }
    return hash;
  }
}
