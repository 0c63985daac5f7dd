package dev.bellows.embedded.apiserver;

import dev.bellows.embedded.stream.StreamConnection;
import dev.bellows.embedded.stream.StreamUpgrade;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * Writes JSON over several lines, for people who read it as it is.
 *
 * @param plain where it goes
 */
record PrettyAnswer(Answer plain) implements Answer {
  @Override
  public void send(int code, String contentType, byte[] body) {
    plain.send(code, contentType, contentType.contains("json") ? Json.pretty(body) : body);
  }

  @Override
  public void warn(String text) {
    plain.warn(text);
  }

  @Override
  public StreamConnection streams(StreamUpgrade.Purpose purpose) throws IOException {
    return plain.streams(purpose);
  }

  @Override
  public Stream passing(int code, Map<String, List<String>> headers) {
    return plain.passing(code, headers);
  }

  @Override
  public Stream stream(String contentType) {
    return plain.stream(contentType);
  }
}
