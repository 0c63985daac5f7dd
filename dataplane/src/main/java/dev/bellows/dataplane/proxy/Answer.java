package dev.bellows.dataplane.proxy;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;

/** A response that a stage gives by itself; the two error styles are the original's. */
public final class Answer {
  private static final String TEXT = "text/plain; charset=utf-8";

  private final HttpResponseStatus status;
  private final HttpHeaders headers = new DefaultHttpHeaders();
  private final byte[] body;

  private Answer(int status, byte[] body) {
    this.status = HttpResponseStatus.valueOf(status);
    this.body = body;
  }

  /** Style E1 of the data-plane spec: text and a line feed, not to be sniffed. */
  public static Answer error(int status, String text) {
    return text(status, text + "\n").with("X-Content-Type-Options", "nosniff");
  }

  /** Style E2 of the data-plane spec, and plain text in general: nothing is added. */
  public static Answer text(int status, String text) {
    return bytes(status, TEXT, text.getBytes(StandardCharsets.UTF_8));
  }

  /** A body of some other type. */
  public static Answer bytes(int status, String contentType, byte[] body) {
    return new Answer(status, body.clone()).with("Content-Type", contentType);
  }

  /** A status without a body. */
  public static Answer empty(int status) {
    return new Answer(status, new byte[0]);
  }

  /** Adds a header to this answer, before it is given. */
  public Answer with(String name, String value) {
    headers.add(name, value);
    return this;
  }

  /** Whether the connection must end with this answer. */
  boolean closes() {
    return headers.contains(HeaderNames.CONNECTION, "close", true);
  }

  HttpResponseStatus status() {
    return status;
  }

  /** Its headers and the length of its body, for one response. */
  HttpHeaders framedHeaders() {
    HttpHeaders framed = new DefaultHttpHeaders();
    framed.add(headers);
    framed.set(HeaderNames.CONTENT_LENGTH, body.length);
    return framed;
  }

  byte[] body() {
    return body;
  }
}
