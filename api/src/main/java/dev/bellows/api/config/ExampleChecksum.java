package dev.bellows.api.config;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * The fingerprint of a ConfigMap's {@code _example}, by which an edit in the wrong place is noticed
 * (serving spec §9).
 */
public final class ExampleChecksum {
  /** The key that documents the settings. */
  public static final String KEY = "_example";

  /** The annotation with the fingerprint. */
  public static final String ANNOTATION = "knative.dev/example-checksum";

  private static final Pattern NEWLINES = Pattern.compile("[\r\n]+");

  private ExampleChecksum() {}

  /** Eight hex digits; white space around the text and the kind of line breaks do not count. */
  public static String of(String example) {
    CRC32 crc = new CRC32();
    String oneLine = NEWLINES.matcher(example.strip()).replaceAll("\\\\n");
    crc.update(oneLine.getBytes(StandardCharsets.UTF_8));
    return "%08x".formatted(crc.getValue());
  }
}
