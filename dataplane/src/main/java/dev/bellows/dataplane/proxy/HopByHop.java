package dev.bellows.dataplane.proxy;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Header rules of one hop (data-plane spec §2; RFC 9110 §7.6.1): what concerns a connection is
 * taken off, what concerns the message is left alone. {@code Transfer-Encoding} and {@code Trailer}
 * frame the message and are kept by whoever frames it anew.
 */
final class HopByHop {
  private static final AsciiString KEEP_ALIVE = AsciiString.cached("Keep-Alive");
  private static final AsciiString PROXY_CONNECTION = AsciiString.cached("Proxy-Connection");
  private static final List<AsciiString> CONNECTION_HEADERS =
      List.of(
          HeaderNames.CONNECTION,
          PROXY_CONNECTION,
          KEEP_ALIVE,
          HttpHeaderNames.PROXY_AUTHENTICATE,
          HttpHeaderNames.PROXY_AUTHORIZATION,
          HeaderNames.UPGRADE);

  private HopByHop() {}

  /** The protocol a message asks to switch to, or null if it does not. */
  static @Nullable String upgrade(HttpHeaders headers) {
    return headers.containsValue(HeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)
        ? headers.get(HeaderNames.UPGRADE)
        : null;
  }

  /** Removes what concerned the connection a message came by. */
  static void strip(HttpHeaders headers) {
    if (headers.contains(HeaderNames.CONNECTION)) {
      for (String value : headers.getAll(HeaderNames.CONNECTION)) {
        for (String named : value.split(",", -1)) {
          String name = named.trim();
          if (!name.isEmpty() && !framing(name)) {
            headers.remove(name);
          }
        }
      }
    }
    for (AsciiString name : CONNECTION_HEADERS) {
      headers.remove(name);
    }
    if (headers.contains(HeaderNames.TE)) {
      boolean trailers = headers.containsValue(HeaderNames.TE, HttpHeaderValues.TRAILERS, true);
      headers.remove(HeaderNames.TE);
      if (trailers) {
        headers.set(HeaderNames.TE, HttpHeaderValues.TRAILERS);
      }
    }
  }

  // "Connection: content-length" must not unframe a message that has been read by that length.
  private static boolean framing(String name) {
    return HeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name)
        || HeaderNames.TRANSFER_ENCODING.contentEqualsIgnoreCase(name)
        || HttpHeaderNames.TRAILER.contentEqualsIgnoreCase(name)
        || HeaderNames.TE.contentEqualsIgnoreCase(name)
        || HeaderNames.HOST.contentEqualsIgnoreCase(name);
  }

  /** Asks for, or agrees to, a switch to another protocol. */
  static void setUpgrade(HttpHeaders headers, String protocol) {
    headers.set(HeaderNames.CONNECTION, "Upgrade");
    headers.set(HeaderNames.UPGRADE, protocol);
  }

  /** Notes who the request came from, after all whom it passed before. */
  static void appendForwardedFor(HttpHeaders headers, String peerIp) {
    if (headers.contains(HeaderNames.X_FORWARDED_FOR)) {
      headers.set(
          HeaderNames.X_FORWARDED_FOR,
          String.join(", ", headers.getAll(HeaderNames.X_FORWARDED_FOR)) + ", " + peerIp);
    } else {
      headers.set(HeaderNames.X_FORWARDED_FOR, peerIp);
    }
  }
}
