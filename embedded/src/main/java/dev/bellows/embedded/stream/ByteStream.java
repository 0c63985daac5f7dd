package dev.bellows.embedded.stream;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;

/**
 * One of a connection's streams, in both directions.
 *
 * @param headers what the client said of it, with names in lower case
 * @param input what the client sends; ends when it says so. Closing it drops what still comes.
 * @param output what the client is sent; writing waits until it takes more, and closing tells it
 *     that nothing more will come
 */
public record ByteStream(Map<String, String> headers, InputStream input, OutputStream output) {
  /** The header that says what a stream is for. */
  public static final String TYPE = "streamtype";

  public ByteStream {
    headers = Map.copyOf(headers);
  }

  /** What it is for: {@code stdin}, {@code error}, {@code data} … */
  public String type() {
    return headers.getOrDefault(TYPE, "");
  }
}
