package dev.bellows.controlplane.reconcile;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Names of objects made for another: the parent's with a suffix, made to fit (serving spec §0). */
public final class ChildName {
  private static final int LONGEST = 63;
  private static final int HASH_LENGTH = 32;
  private static final int HEAD = LONGEST - HASH_LENGTH;

  private ChildName() {}

  /**
   * {@code parent + suffix} if that has at most 63 characters, else a cut form with an MD5 hash of
   * what was cut, the same for the same arguments for ever.
   */
  public static String of(String parent, String suffix) {
    String plain = parent + suffix;
    if (plain.length() <= LONGEST) {
      return plain;
    }
    if (suffix.length() < HEAD) {
      return parent.substring(0, HEAD - suffix.length()) + md5(parent) + suffix;
    }
    // The suffix leaves no room for itself behind the hash.
    String head = parent.length() > HEAD ? parent.substring(0, HEAD) : parent;
    String name = head + md5(plain);
    int room = LONGEST - name.length();
    name += suffix.substring(0, Math.min(room, suffix.length()));
    int end = name.length();
    while (end > 0 && !isAlphanumeric(name.charAt(end - 1))) {
      end--;
    }
    return name.substring(0, end);
  }

  private static boolean isAlphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  private static String md5(String text) {
    try {
      byte[] hash = MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has MD5", e);
    }
  }
}
