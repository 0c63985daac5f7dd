package dev.bellows.embedded.apiserver;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A request as it arrived, and where its answer goes.
 *
 * @param method {@code GET}, {@code POST}, …
 * @param path the decoded path, without the query
 * @param query the decoded query
 * @param rawQuery the query as it came, without its question mark
 * @param headers all header fields
 * @param body the whole body
 * @param user who asks, once known
 * @param answer where the answer goes
 */
record ApiRequest(
    String method,
    String path,
    Map<String, List<String>> query,
    String rawQuery,
    HttpHeaders headers,
    Body body,
    User user,
    Answer answer) {
  /** What came with the request. */
  static final class Body {
    private final byte[] bytes;

    Body(byte[] bytes) {
      this.bytes = bytes;
    }

    /** All of it; only to be read. */
    byte[] bytes() {
      return bytes;
    }

    int size() {
      return bytes.length;
    }

    boolean isEmpty() {
      return bytes.length == 0;
    }
  }

  /** More parameters than any client sends. */
  private static final int MAX_PARAMETERS = 64;

  static ApiRequest of(String method, String uri, HttpHeaders headers, byte[] body, Answer answer) {
    QueryStringDecoder decoder =
        new QueryStringDecoder(uri, StandardCharsets.UTF_8, true, MAX_PARAMETERS);
    return new ApiRequest(
        method,
        decoder.path(),
        decoder.parameters(),
        decoder.rawQuery(),
        headers,
        new Body(body),
        User.NOBODY,
        answer);
  }

  ApiRequest by(User who) {
    return new ApiRequest(method, path, query, rawQuery, headers, body, who, answer);
  }

  /** The same with the answer going another way. */
  ApiRequest answeredBy(Answer other) {
    return new ApiRequest(method, path, query, rawQuery, headers, body, user, other);
  }

  /** The same with one parameter more. */
  ApiRequest with(String name, String value) {
    Map<String, List<String>> more = new HashMap<>(query);
    more.put(name, List.of(value));
    return new ApiRequest(method, path, more, rawQuery, headers, body, user, answer);
  }

  /** A parameter, empty if it is not given. */
  String parameter(String name) {
    List<String> values = query.getOrDefault(name, List.of());
    return values.isEmpty() ? "" : values.getFirst();
  }

  /** A parameter that is on if it is {@code true} or {@code 1}. */
  boolean flag(String name) {
    String value = parameter(name);
    return value.equals("true") || value.equals("1");
  }

  /**
   * A parameter that is a number.
   *
   * @throws ApiException 400 if it is none
   */
  OptionalLong number(String name) {
    String value = parameter(name);
    if (value.isEmpty()) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Long.parseLong(value));
    } catch (NumberFormatException e) {
      throw ApiException.badRequest("strconv.ParseInt: parsing \"" + value + "\": invalid syntax");
    }
  }

  /** A header field, empty if it is not given. */
  String header(String name) {
    return Optional.ofNullable(headers.get(name)).orElse("");
  }
}
