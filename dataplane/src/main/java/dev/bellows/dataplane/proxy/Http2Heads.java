package dev.bellows.dataplane.proxy;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Heads and trailers of HTTP/2 as messages of the engine, and the reverse (RFC 9113 §8). The
 * engine's messages have the form of HTTP/1.1: the authority is the Host header, and a request
 * whose length is not told says that it comes in chunks.
 *
 * <p>Netty's decoder has refused by now what is malformed in HTTP/2's own terms (names in capitals,
 * headers of a connection, a body of another length than was told); here is refused what would be
 * read in another way after it has been written as HTTP/1.1: line ends in values above all.
 */
final class Http2Heads {
  static final HttpVersion HTTP_2 = new HttpVersion("HTTP", 2, 0, true);

  private static final AsciiString HTTP = AsciiString.cached("http");
  private static final AsciiString COOKIE_SEPARATOR = AsciiString.cached("; ");
  private static final AsciiString HTTP2_SETTINGS = AsciiString.cached("http2-settings");
  private static final AsciiString KEEP_ALIVE = AsciiString.cached("keep-alive");
  private static final AsciiString PROXY_CONNECTION = AsciiString.cached("proxy-connection");

  private Http2Heads() {}

  // ---- from HTTP/2

  /**
   * A request's head; one that is malformed has a failed decoder result.
   *
   * @param last whether it is the whole request
   */
  static HttpRequest request(Http2Headers from, boolean last) {
    try {
      String method = required(from.method(), ":method");
      String path = HttpMethod.CONNECT.name().equals(method) ? "" : path(from);
      HttpHeaders headers = headers(from);
      CharSequence authority = from.authority();
      if (authority != null) {
        oneHost(headers, authority);
      }
      if (!last && !headers.contains(HeaderNames.CONTENT_LENGTH)) {
        headers.set(HeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
      }
      return new DefaultHttpRequest(HTTP_2, HttpMethod.valueOf(method), path, headers);
    } catch (IllegalArgumentException malformed) {
      HttpRequest invalid = new DefaultHttpRequest(HTTP_2, HttpMethod.GET, "/bad-request");
      invalid.setDecoderResult(DecoderResult.failure(malformed));
      return invalid;
    }
  }

  private static String path(Http2Headers from) {
    required(from.scheme(), ":scheme");
    String path = required(from.path(), ":path");
    if (!path.startsWith("/") && !path.equals("*")) {
      throw new IllegalArgumentException("a path must begin with a slash");
    }
    return path;
  }

  private static String required(@Nullable CharSequence value, String name) {
    if (value == null || value.isEmpty()) {
      throw new IllegalArgumentException(name + " is missing");
    }
    return value.toString();
  }

  /** RFC 9113 §8.3.1 lets the authority win; two readings of one request are refused instead. */
  private static void oneHost(HttpHeaders headers, CharSequence authority) {
    String host = headers.get(HeaderNames.HOST);
    if (host != null && !host.contentEquals(authority)) {
      throw new IllegalArgumentException("authority and Host header differ");
    }
    headers.set(HeaderNames.HOST, authority);
  }

  /** A response's head; one that is malformed has a failed decoder result. */
  static HttpResponse response(Http2Headers from) {
    try {
      int status = Integer.parseInt(required(from.status(), ":status"));
      if (status < 100 || status > 999) {
        throw new IllegalArgumentException("no status: " + status);
      }
      return new DefaultHttpResponse(HTTP_2, HttpResponseStatus.valueOf(status), headers(from));
    } catch (IllegalArgumentException malformed) {
      HttpResponse invalid = new DefaultHttpResponse(HTTP_2, HttpResponseStatus.BAD_GATEWAY);
      invalid.setDecoderResult(DecoderResult.failure(malformed));
      return invalid;
    }
  }

  private static HttpHeaders headers(Http2Headers from) {
    HttpHeaders headers = new DefaultHttpHeaders();
    StringBuilder cookies = null;
    for (Map.Entry<CharSequence, CharSequence> each : from) {
      CharSequence name = each.getKey();
      if (name.charAt(0) == ':') {
        continue;
      }
      if (HttpHeaderNames.COOKIE.contentEquals(name)) {
        // RFC 9113 §8.2.3: crumbs of one cookie header, which HTTP/1.1 must see as one.
        cookies = cookies == null ? new StringBuilder() : cookies.append(COOKIE_SEPARATOR);
        cookies.append(each.getValue());
      } else {
        headers.add(name, each.getValue());
      }
    }
    if (cookies != null) {
      headers.add(HttpHeaderNames.COOKIE, cookies);
    }
    return headers;
  }

  /** The end of a body with its trailers; a failed decoder result if they are malformed. */
  static LastHttpContent lastContent(Http2Headers trailers) {
    LastHttpContent last = new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER);
    try {
      for (Map.Entry<CharSequence, CharSequence> each : trailers) {
        last.trailingHeaders().add(each.getKey(), each.getValue());
      }
    } catch (IllegalArgumentException malformed) {
      last.setDecoderResult(DecoderResult.failure(malformed));
    }
    return last;
  }

  // ---- to HTTP/2

  static Http2Headers request(HttpRequest from) {
    HttpHeaders headers = from.headers();
    Http2Headers to = new DefaultHttp2Headers(false, headers.size() + 4);
    to.method(from.method().asciiName());
    to.scheme(HTTP);
    String host = headers.get(HeaderNames.HOST);
    if (host != null) {
      to.authority(host);
    }
    to.path(from.uri());
    add(headers, to);
    return to;
  }

  static Http2Headers response(HttpResponseStatus status, HttpHeaders headers) {
    Http2Headers to = new DefaultHttp2Headers(false, headers.size() + 1);
    to.status(status.codeAsText());
    add(headers, to);
    return to;
  }

  static Http2Headers trailers(HttpHeaders trailers) {
    Http2Headers to = new DefaultHttp2Headers(false, trailers.size());
    add(trailers, to);
    return to;
  }

  private static void add(HttpHeaders headers, Http2Headers to) {
    Iterator<Map.Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> each = all.next();
      AsciiString name = AsciiString.of(each.getKey()).toLowerCase();
      if (!ofConnection(name)) {
        to.add(name, Objects.requireNonNull(each.getValue()));
      }
    }
  }

  /** What HTTP/2 says by other means, or must not say (RFC 9113 §8.2.2). */
  private static boolean ofConnection(AsciiString name) {
    return switch (name.length()) {
      case 4 -> name.equals(HttpHeaderNames.HOST);
      case 7 -> name.equals(HttpHeaderNames.UPGRADE);
      case 10 -> name.equals(HttpHeaderNames.CONNECTION) || name.equals(KEEP_ALIVE);
      case 14 -> name.equals(HTTP2_SETTINGS);
      case 16 -> name.equals(PROXY_CONNECTION);
      case 17 -> name.equals(HttpHeaderNames.TRANSFER_ENCODING);
      default -> false;
    };
  }
}
