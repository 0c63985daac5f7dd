package dev.bellows.dataplane.proxy;

import io.netty.util.AsciiString;

/**
 * Headers that the engine writes itself, in the spelling of the RFCs: names are compared without
 * regard to case, but people read them, and old programs do compare.
 */
public final class HeaderNames {
  public static final AsciiString CONNECTION = AsciiString.cached("Connection");
  public static final AsciiString CONTENT_LENGTH = AsciiString.cached("Content-Length");
  public static final AsciiString HOST = AsciiString.cached("Host");
  public static final AsciiString HTTP2_SETTINGS = AsciiString.cached("HTTP2-Settings");
  public static final AsciiString TE = AsciiString.cached("TE");
  public static final AsciiString TRANSFER_ENCODING = AsciiString.cached("Transfer-Encoding");
  public static final AsciiString UPGRADE = AsciiString.cached("Upgrade");
  public static final AsciiString USER_AGENT = AsciiString.cached("User-Agent");
  public static final AsciiString X_FORWARDED_FOR = AsciiString.cached("X-Forwarded-For");

  private HeaderNames() {}
}
