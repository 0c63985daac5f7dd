package dev.bellows.dataplane.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Makes streams of HTTP/1 requests, well formed at first and then damaged in a place or three. */
final class Http1Streams {
  /** The last request of each stream: whoever is still in step answers it and closes. */
  private static final String END = "GET /end HTTP/1.1\r\nHost: fuzz\r\nConnection: close\r\n\r\n";

  /** A body that would be a request if somebody lost count. */
  private static final String HIDDEN = "GET /hidden HTTP/1.1\r\nHost: fuzz\r\n\r\n";

  private static final String[] HEADERS = {
    "Content-Length: 5",
    "Content-Length: +5",
    "Content-Length: -1",
    "Content-Length: 5, 5",
    "Content-Length: 5,6",
    "Content-Length: 0x5",
    "Content-Length: 05",
    "Content-Length: 5 5",
    "Content-Length:",
    "Content-Length: 99999999999999999999",
    "Content-Length : 5",
    "Content-Length\t: 5",
    " Content-Length: 5",
    "content-length:5",
    "Content_Length: 5",
    "X: y\r\n Content-Length: 5",
    "X: y\rContent-Length: 5",
    "X: y\nContent-Length: 5",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding : chunked",
    "Transfer-Encoding:\u000bchunked",
    "Transfer-Encoding: \tchunked ",
    "Transfer-Encoding: Chunked",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: identity, chunked",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: chunked, chunked",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: \"chunked\"",
    "Transfer-Encoding:",
    "Transfer-Encoding: identity",
    "Transfer-Encoding:\r\n chunked",
    "X: y\r\n\tTransfer-Encoding: chunked",
    "Host: other",
    "Host: fuzz",
    "Host:",
    "Host : fuzz",
    "Host: fuzz/..",
    "Host: a@fuzz",
    "Connection: content-length",
    "Connection: transfer-encoding",
    "Connection: close",
    "Connection: keep-alive, host",
    "Expect: 100-continue",
    "Expect: 200-ok",
    "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
    "Upgrade: websocket\r\nConnection: Upgrade",
    "TE: trailers",
    "Trailer: Content-Length",
    ": empty",
    "NoColon",
    "X-Null: a\u0000b",
    "X-Long: " + "x".repeat(70_000),
  };

  private static final String[] SIZES = {
    "5;ext",
    "5;ext=\"\r\"",
    "05",
    "0x5",
    "+5",
    " 5",
    "5 ",
    "-5",
    "5\t",
    "",
    "g",
    "5;\n",
    "5\n",
    "FFFFFFFFFFFFFFFF5",
    "100000005",
    "80000005",
    "0",
    "00",
    "5;" + "x".repeat(5_000)
  };

  private static final String[] STARTS = {
    "GET /absolute HTTP/1.1",
    "GET http://fuzz/absolute HTTP/1.1",
    "GET http://other/absolute HTTP/1.1",
    "GET https://fuzz HTTP/1.1",
    "GET /a b HTTP/1.1",
    "GET  /two HTTP/1.1",
    "GET\t/tab HTTP/1.1",
    "GET /a",
    "GET /a HTTP/1.2",
    "GET /a HTTP/2.0",
    "GET /a HTTP/0.9",
    "GET /a HTTP/1.10",
    "GET /a http/1.1",
    "GET /a HTTP/1.1 ",
    " GET /a HTTP/1.1",
    "\r\nGET /a HTTP/1.1",
    "get /a HTTP/1.1",
    "G\u00e9T /a HTTP/1.1",
    "OPTIONS * HTTP/1.1",
    "GET * HTTP/1.1",
    "CONNECT fuzz:80 HTTP/1.1",
    "TRACE /a HTTP/1.1",
    "GET /\u00ff HTTP/1.1",
    "GET /%00 HTTP/1.1",
    "GET /../.. HTTP/1.1",
    "GET /a#b HTTP/1.1",
    "PRI * HTTP/2.0",
  };

  private static final int[] OCTETS = {
    '\r', '\n', ' ', '\t', 0, 0x0b, 0x0c, 0x7f, 0x80, 0xa0, 0xff, ':', ',', ';', '0', '5', 'a', '+',
    '-', '_', '"', '/', '%'
  };

  private final Random random;

  Http1Streams(Random random) {
    this.random = random;
  }

  /** The octets of one connection. */
  byte[] next() {
    List<String> requests = new ArrayList<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      requests.add(request("/r" + i));
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      int which = random.nextInt(requests.size());
      requests.set(which, damaged(requests.get(which)));
    }
    byte[] stream = (String.join("", requests) + END).getBytes(StandardCharsets.ISO_8859_1);
    for (int i = random.nextInt(3) - 1; i > 0; i--) {
      stream = withOtherOctet(stream);
    }
    return stream;
  }

  private String request(String path) {
    String body = random.nextBoolean() ? "hello" : HIDDEN;
    return switch (random.nextInt(6)) {
      case 0, 1 -> "GET " + path + " HTTP/1.1\r\nHost: fuzz\r\nX-A: b\r\n\r\n";
      case 2 ->
          "POST "
              + path
              + " HTTP/1.0\r\nHost: fuzz\r\nConnection: keep-alive\r\nContent-Length: "
              + body.length()
              + "\r\n\r\n"
              + body;
      case 3 ->
          "POST "
              + path
              + " HTTP/1.1\r\nHost: fuzz\r\nContent-Length: "
              + body.length()
              + "\r\n\r\n"
              + body;
      case 4 ->
          "PUT "
              + path
              + " HTTP/1.1\r\nHost: fuzz\r\nTransfer-Encoding: chunked\r\n\r\n"
              + Integer.toHexString(body.length())
              + "\r\n"
              + body
              + "\r\n0\r\n\r\n";
      default ->
          "POST "
              + path
              + " HTTP/1.1\r\nHost: fuzz\r\nTransfer-Encoding: chunked\r\n\r\n"
              + "5\r\nhello\r\n3;a=b\r\nyou\r\n0\r\nX-Trailer: t\r\n\r\n";
    };
  }

  private String damaged(String request) {
    int headEnd = request.indexOf("\r\n\r\n");
    if (headEnd < 0) {
      return request;
    }
    List<String> lines = new ArrayList<>(List.of(request.substring(0, headEnd).split("\r\n")));
    String rest = request.substring(headEnd);
    switch (random.nextInt(9)) {
      case 0, 1, 2 ->
          lines.add(1 + random.nextInt(lines.size()), HEADERS[random.nextInt(HEADERS.length)]);
      case 3 -> lines.set(0, STARTS[random.nextInt(STARTS.length)]);
      case 4 -> rest = rest.replaceFirst("\r\n5\r\n", "\r\n" + size() + "\r\n");
      case 5 -> {
        int line = random.nextInt(lines.size());
        lines.add(line, lines.get(line));
      }
      case 6 -> {
        if (lines.size() > 1) {
          lines.remove(1 + random.nextInt(lines.size() - 1));
        }
      }
      case 7 -> {
        return request.replace("\r\n", random.nextBoolean() ? "\n" : "\r");
      }
      default -> {
        int at = random.nextInt(request.length());
        int line = request.indexOf("\r\n", at);
        return line < 0 ? request : request.substring(0, line) + "\n" + request.substring(line + 2);
      }
    }
    return String.join("\r\n", lines) + rest;
  }

  private String size() {
    return SIZES[random.nextInt(SIZES.length)].replace("\\", "\\\\").replace("$", "\\$");
  }

  private byte[] withOtherOctet(byte[] stream) {
    int at = random.nextInt(stream.length);
    int octet = OCTETS[random.nextInt(OCTETS.length)];
    byte[] changed =
        switch (random.nextInt(3)) {
          case 0 -> stream.clone();
          case 1 -> new byte[stream.length + 1];
          default -> new byte[stream.length - 1];
        };
    int kept = Math.min(at, changed.length);
    System.arraycopy(stream, 0, changed, 0, kept);
    if (changed.length >= stream.length) {
      changed[at] = (byte) octet;
      int shift = changed.length - stream.length;
      System.arraycopy(stream, at + 1 - shift, changed, at + 1, changed.length - at - 1);
    } else {
      System.arraycopy(stream, at + 1, changed, at, changed.length - at);
    }
    return changed;
  }
}
