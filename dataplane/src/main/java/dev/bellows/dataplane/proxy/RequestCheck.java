package dev.bellows.dataplane.proxy;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a request must be before any stage sees it; the rest of RFC 9112 is the decoder's. */
final class RequestCheck {
  private RequestCheck() {}

  /**
   * Brings an absolute-form target into origin form and says why the request is refused.
   *
   * @return the refusal, or null if the request is in order
   */
  static @Nullable Answer refuse(HttpRequest request) {
    HttpVersion version = request.protocolVersion();
    if (!request.decoderResult().isFailure()
        && !version.equals(HttpVersion.HTTP_1_1)
        && !version.equals(HttpVersion.HTTP_1_0)) {
      return refusal(505, "unsupported protocol version " + version);
    }
    return refuseHead(request, version.equals(HttpVersion.HTTP_1_0));
  }

  /** Says why a request that came by HTTP/2 is refused; null if it is in order. */
  static @Nullable Answer refuseHttp2(HttpRequest request) {
    return refuseHead(request, false);
  }

  private static @Nullable Answer refuseHead(HttpRequest request, boolean mayLackHost) {
    if (request.decoderResult().isFailure()) {
      return malformed(request.decoderResult().cause());
    }
    if (HttpMethod.CONNECT.equals(request.method())) {
      return refusal(405, "CONNECT is not supported");
    }
    HttpHeaders headers = request.headers();
    List<String> hosts = headers.getAll(HeaderNames.HOST);
    if (hosts.size() > 1) {
      return refusal(400, "too many Host headers");
    }
    if (hosts.isEmpty() && !mayLackHost) {
      return refusal(400, "missing required Host header");
    }
    String host = hosts.isEmpty() ? "" : hosts.getFirst();
    if (!validHost(host)) {
      return refusal(400, "malformed Host header");
    }
    if (headers.contains(HttpHeaderNames.EXPECT)
        && !headers.contains(HttpHeaderNames.EXPECT, HttpHeaderValues.CONTINUE, true)) {
      return refusal(417, "unknown expectation");
    }
    if (refuseCoding(headers)) {
      return refusal(400, "unsupported transfer encoding");
    }
    if (refuseLength(headers)) {
      return refusal(400, "malformed Content-Length header");
    }
    return refuseTarget(request, host);
  }

  /**
   * Whether a body comes in another coding than the one that everybody knows, said once: readers
   * differ about which of two counts, and about codings they do not know (RFC 9112 §6.1).
   */
  private static boolean refuseCoding(HttpHeaders headers) {
    if (!headers.contains(HeaderNames.TRANSFER_ENCODING)) {
      return false;
    }
    List<String> codings = headers.getAll(HeaderNames.TRANSFER_ENCODING);
    return codings.size() != 1
        || !HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(codings.getFirst());
  }

  /** Whether a length is said twice, even alike, or not in digits alone (RFC 9112 §6.3). */
  private static boolean refuseLength(HttpHeaders headers) {
    if (!headers.contains(HeaderNames.CONTENT_LENGTH)) {
      return false;
    }
    List<String> lengths = headers.getAll(HeaderNames.CONTENT_LENGTH);
    String length = lengths.getFirst();
    for (int i = 0; i < length.length(); i++) {
      if (length.charAt(i) < '0' || length.charAt(i) > '9') {
        return true;
      }
    }
    return lengths.size() != 1 || length.isEmpty();
  }

  /** The answer to a request whose head or framing could not be read. */
  static Answer malformed(Throwable cause) {
    if (cause instanceof TooLongHttpHeaderException) {
      return refusal(431, "request head larger than " + Limits.HEAD_BYTES + " bytes");
    }
    if (cause instanceof TooLongHttpLineException) {
      return refusal(414, "request target larger than " + Limits.HEAD_BYTES + " bytes");
    }
    // Not the parser's own words: they quote the request.
    return refusal(400, "malformed request");
  }

  /** The answer to a request whose head is large while large heads take all that they may. */
  static Answer tooMuch() {
    return refusal(503, "too many large request heads");
  }

  private static Answer refusal(int status, String text) {
    return Answer.error(status, text).with("Connection", "close");
  }

  private static @Nullable Answer refuseTarget(HttpRequest request, String host) {
    String target = request.uri();
    for (int i = 0; i < target.length(); i++) {
      char c = target.charAt(i);
      if (c <= ' ' || c == 0x7f) {
        return refusal(400, "malformed request target");
      }
    }
    if (target.startsWith("/")) {
      return null;
    }
    if (target.equals("*")) {
      return HttpMethod.OPTIONS.equals(request.method())
          ? null
          : refusal(400, "malformed request target");
    }
    int authority = authorityStart(target);
    if (authority < 0) {
      return refusal(400, "malformed request target");
    }
    int end = authority;
    while (end < target.length() && "/?#".indexOf(target.charAt(end)) < 0) {
      end++;
    }
    // RFC 9112 §3.2.2 lets the target win; two readings of one request are refused instead.
    String targetHost = target.substring(authority, end);
    if (targetHost.isEmpty() || !validHost(targetHost)) {
      return refusal(400, "malformed request target");
    }
    if (!(host.isEmpty() || targetHost.equalsIgnoreCase(host))) {
      return refusal(400, "request target and Host header differ");
    }
    request.headers().set(HeaderNames.HOST, targetHost);
    String rest = target.substring(end);
    request.setUri(rest.startsWith("/") ? rest : "/" + rest);
    return null;
  }

  private static int authorityStart(String target) {
    String scheme = target.substring(0, Math.min(8, target.length())).toLowerCase(Locale.ROOT);
    if (scheme.startsWith("http://")) {
      return 7;
    }
    return scheme.equals("https://") ? 8 : -1;
  }

  // RFC 3986 §3.2.2 in the large: no delimiter that would let two readers find two hosts.
  private static boolean validHost(String host) {
    for (int i = 0; i < host.length(); i++) {
      char c = host.charAt(i);
      if (c <= ' ' || c >= 0x7f || "/?#@\\,\"<>^`{|}".indexOf(c) >= 0) {
        return false;
      }
    }
    return host.isEmpty() || nameAndPort(host);
  }

  /** Whether there is one name, and after its colon no more than a port. */
  private static boolean nameAndPort(String host) {
    int end = host.startsWith("[") ? host.indexOf(']') + 1 : host.indexOf(':');
    if (end < 0) {
      end = host.length();
    }
    if (end == 0 || host.indexOf('[', 1) >= 0 || host.indexOf(']') >= end) {
      return false;
    }
    for (int i = end; i < host.length(); i++) {
      char c = host.charAt(i);
      if (i == end ? c != ':' : c < '0' || c > '9') {
        return false;
      }
    }
    return true;
  }
}
